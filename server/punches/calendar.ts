/** Workday borders: which workday an instant falls in, and with which settings. */
import { DateTime, IANAZone } from 'luxon';
import { HOUR_MS, type Instant, MINUTE_MS } from './logs.ts';
import { borderMinutes, checkedChanges, type GroupSettings, type SettingsChange } from './settings.ts';

/** A workday 勤務日: [start, end), named by the date of the border it begins with. */
export interface WorkdaySpan {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly start: Instant;
  readonly end: Instant;
  readonly settings: GroupSettings;
}

/**
 * A group's settings through time, and the workdays they cut. Share one among all employees of a group: borders are
 * remembered once computed.
 */
export interface SettingsHistory {
  /** The settings in force on a workday; before the first change, those of the first change. */
  settingsOn(date: string): GroupSettings;
  /** The workday an instant falls in. Workdays touch and never overlap. */
  workdayAt(instant: Instant): WorkdaySpan;
}

/**
 * Builds the history from its changes, in any order.
 *
 * A change takes effect from the next workday, so it never moves the end of the one that is running: the border that
 * opens workday D is read in the settings of the day before it.
 *
 * @throws SettingsError for an empty list or an impossible value.
 */
export function settingsHistory(changes: readonly SettingsChange[]): SettingsHistory {
  const ordered = checkedChanges(changes);
  const [first] = ordered;
  const starts = new Map<string, Instant | null>();

  const settingsOn = (date: string): GroupSettings =>
    (ordered.findLast(({ from }) => from === null || from <= date) ?? first).settings;

  const startOf = (date: string): Instant | null => {
    let start = starts.get(date);
    if (start === undefined) {
      const { timeZone, dayBorder } = settingsOn(shifted(date, -1));
      start = borderInstant(timeZone, date, dayBorder);
      starts.set(date, start);
    }
    return start;
  };

  const workdayAt = (instant: Instant): WorkdaySpan => {
    // No zone is further ahead of UTC than 14 hours, so no workday of a later date can have begun.
    let date = isoDate(DateTime.fromMillis(instant, { zone: 'utc' }).plus({ days: 1 }));
    let end = Number.POSITIVE_INFINITY;
    for (let ahead = 2; ahead > 0; ahead--) end = Math.min(end, startOf(shifted(date, ahead)) ?? end);
    for (;;) {
      const start = startOf(date);
      if (start !== null && start <= instant) return { date, start, end, settings: settingsOn(date) };
      end = Math.min(end, start ?? end);
      date = shifted(date, -1);
    }
  };

  return { settingsOn, workdayAt };
}

/**
 * The instant of a day border (`HH:MM`) on a date in a zone: in a gap of local time the first instant after it, where
 * the time occurs twice the first. Null for a date the zone skipped whole (Apia, 2011-12-30): such a date has no
 * workday, and the one before it runs on.
 */
export function borderInstant(timeZone: string, date: string, dayBorder: string): Instant | null {
  const zone = IANAZone.create(timeZone);
  const midnight = DateTime.fromISO(date, { zone: 'utc' }).toMillis();
  const start = firstInstantAt(zone, midnight);
  if (localTime(zone, start) >= midnight + 24 * HOUR_MS) return null;
  return firstInstantAt(zone, midnight + borderMinutes(dayBorder) * MINUTE_MS);
}

/** First instant whose local time is `local` or, in a gap, past it. `local` is written as if it were UTC. */
function firstInstantAt(zone: IANAZone, local: number): Instant {
  // UTC offsets lie between -12 and +14 hours: the instant must lie between these two.
  let before = local - 15 * HOUR_MS;
  let after = local + 15 * HOUR_MS;
  const candidates = [before, after]
    .map((instant) => local - zone.offset(instant) * MINUTE_MS)
    .filter((instant) => localTime(zone, instant) === local);
  if (candidates.length > 0) return Math.min(...candidates);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localTime(zone, middle) < local) before = middle;
    else after = middle;
  }
  return after;
}

function localTime(zone: IANAZone, instant: Instant): number {
  return instant + zone.offset(instant) * MINUTE_MS;
}

function shifted(date: string, days: number): string {
  return isoDate(DateTime.fromISO(date, { zone: 'utc' }).plus({ days }));
}

function isoDate(day: DateTime): string {
  const date = day.toISODate();
  if (date === null) throw new RangeError('An instant lies outside the calendar.');
  return date;
}
