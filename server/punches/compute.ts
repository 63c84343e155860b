/** The punch rules: from an employee's logs to workdays (docs/punch-rules.md). */
import { gapsBetweenUses, isBreak } from './breaks.ts';
import type { SettingsHistory } from './calendar.ts';
import { carryOver } from './carry.ts';
import { type Day, DayBook } from './days.ts';
import { EVENT_KINDS, type Instant, inOrder, type Log, type PunchSource, punchSourceOf } from './logs.ts';
import { followUse, type Track } from './use.ts';

export type Flag = 'abnormal-end' | 'clock-corrected' | 'crosses-border' | 'no-clock-out' | 'time-unverified';

/** One punch 打刻, and the log it was made from. */
export interface Punch {
  readonly at: Instant;
  readonly logId: string;
  readonly kind: string;
  /** What the log does to use: 出勤 by one that ends it, or 退勤 by one that begins it, is held as 要確認. */
  readonly use: 'begins' | 'ends' | 'neither';
}

export interface Break {
  readonly start: Punch;
  readonly end: Punch;
}

export interface Workday {
  /** 勤務日, YYYY-MM-DD. */
  readonly date: string;
  readonly in: Punch;
  readonly out: Punch | null;
  /** In order, disjoint, each within [in, out]. */
  readonly breaks: readonly Break[];
  /** Sorted. */
  readonly flags: readonly Flag[];
  /** Reconciled logoffs behind `abnormal-end`, to be offered as a correction; never punches themselves. */
  readonly abnormalEnds: readonly { readonly at: Instant; readonly logId: string }[];
  /** Every log of the chosen source in this workday, in order: what the workday rests on. */
  readonly logIds: readonly string[];
  /**
   * With `carryOver`: the last instant at which a log yet to come may still be carried into this workday; null when
   * none may. Until then nothing after the border is to be sent as 出勤.
   */
  readonly carryOpenUntil: Instant | null;
}

/**
 * Computes the workdays of one employee, in order of date; a date without a counting log has none.
 *
 * Pure: the same logs in any order, repeated or not, give the same workdays. To be right about sessions over a
 * border, a part of an employee's logs must reach from a workday before the first date wanted to one after the last.
 */
export function computeWorkdays(logs: readonly Log[], history: SettingsHistory): Workday[] {
  const ordered = inOrder(logs);
  const { tracks, idle } = followUse(ordered);
  const book = new DayBook(ordered, history, idle);
  const { crossings, openUntil } = carryOver(tracks, book);
  const flags = new Flags();
  for (const { track, index } of crossings) flags.add(lastCounted(track, index, book), 'crosses-border');
  const abnormalEnds = flagAbnormalEnds(tracks, book, flags);
  const breaks = breaksByDay(tracks, book);

  return book.days.flatMap((day) => {
    const clockIn = book.clockIn(day);
    if (clockIn === undefined) return [];
    const last = day.logs.findLast((log) => book.counts(log)) ?? clockIn;
    const inOnly = day.span.settings.punches === 'in-only';
    const out = !inOnly && last.at > clockIn.at ? last : null;
    if (out === null && !inOnly) flags.add(day, 'no-clock-out');
    const evidence = day.logs.filter((log) => isEvidence(log, day.span.settings.source));
    for (const { trust } of evidence) {
      if (trust === 'corrected') flags.add(day, 'clock-corrected');
      if (trust === 'unverified') flags.add(day, 'time-unverified');
    }
    return {
      date: day.span.date,
      in: punch(clockIn),
      out: out === null ? null : punch(out),
      breaks: (breaks.get(day) ?? []).filter(
        ({ start, end }) => out !== null && start.at >= clockIn.at && end.at <= out.at,
      ),
      flags: flags.of(day),
      abnormalEnds: (abnormalEnds.get(day) ?? []).map((log) => ({ at: log.at, logId: log.id })),
      logIds: evidence.map((log) => log.id),
      carryOpenUntil: openUntil.get(day) ?? null,
    };
  });
}

class Flags {
  readonly #byDay = new Map<Day, Set<Flag>>();

  add(day: Day | null, flag: Flag): void {
    if (day === null) return;
    this.#byDay.set(day, (this.#byDay.get(day) ?? new Set()).add(flag));
  }

  of(day: Day): Flag[] {
    return [...(this.#byDay.get(day) ?? [])].sort();
  }
}

/**
 * The workday of the session's last counted log at or before `steps[index]`; null without one. Session numbers are
 * used again, so the search ends at the logon that began this session.
 */
function lastCounted(track: Track, index: number, book: DayBook): Day | null {
  for (let i = index; i >= 0; i--) {
    const log = track.steps[i]?.log;
    if (log === undefined) continue;
    if (book.counts(log)) return book.dayOf(log);
    if (log.kind === 'logon') return null;
  }
  return null;
}

function flagAbnormalEnds(tracks: readonly Track[], book: DayBook, flags: Flags): Map<Day, Log[]> {
  const found = new Map<Day, Log[]>();
  for (const track of tracks) {
    for (const [index, { log }] of track.steps.entries()) {
      if (log.source !== 'reconciled') continue;
      const day = lastCounted(track, index, book);
      if (day === null) continue;
      flags.add(day, 'abnormal-end');
      found.set(day, [...(found.get(day) ?? []), log]);
    }
  }
  return found;
}

function breaksByDay(tracks: readonly Track[], book: DayBook): Map<Day, Break[]> {
  const found = new Map<Day, Break[]>();
  for (const [source, ofSource] of Map.groupBy(tracks, (track) => track.source)) {
    for (const gap of gapsBetweenUses(ofSource)) {
      const day = book.dayOf(gap.start);
      const { settings } = day.span;
      if (settings.source !== source || !isBreak(gap, settings.breaks, book)) continue;
      found.set(day, [...(found.get(day) ?? []), { start: punch(gap.start), end: punch(gap.end) }]);
    }
  }
  return found;
}

function isEvidence(log: Log, source: PunchSource): boolean {
  return punchSourceOf(log.source) === source && (EVENT_KINDS as readonly string[]).includes(log.kind);
}

const USE_OF_KIND: Readonly<Record<string, Punch['use']>> = {
  logon: 'begins',
  unlock: 'begins',
  'remote-connect': 'begins',
  resume: 'begins',
  logoff: 'ends',
  lock: 'ends',
  'remote-disconnect': 'ends',
  suspend: 'ends',
  shutdown: 'ends',
};

function punch({ at, id, kind }: Log): Punch {
  return { at, logId: id, kind, use: USE_OF_KIND[kind] ?? 'neither' };
}
