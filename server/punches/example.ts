/** A short way to write employees' days down, for the tests of this folder only. */
import { DateTime } from 'luxon';
import { settingsHistory } from './calendar.ts';
import { computeWorkdays, type Workday } from './compute.ts';
import type { Instant, Log } from './logs.ts';
import type { GroupSettings } from './settings.ts';

export const TOKYO: GroupSettings = {
  timeZone: 'Asia/Tokyo',
  dayBorder: '05:00',
  breaks: { enabled: false },
  carryOver: false,
  source: 'client',
  punches: 'both',
};

/** An instant from `MM-DD HH:MM[:SS[.mmm]]` of 2026, or a whole ISO date-time, in a zone. */
export function instantOf(text: string, timeZone = TOKYO.timeZone): Instant {
  const iso = /^\d\d-/.test(text) ? `2026-${text.replace(' ', 'T')}` : text;
  const time = DateTime.fromISO(iso, { zone: timeZone });
  if (!time.isValid) throw new Error(`not an instant: ${text}`);
  return time.toMillis();
}

/** One log per line, `MM-DD HH:MM kind`, and after it whatever differs from a log of the user on PC-1. */
export function logsOf(lines: readonly (string | [line: string, Partial<Log>])[], timeZone?: string): Log[] {
  return lines.map((entry, index) => {
    const [line, differing] = typeof entry === 'string' ? [entry, {}] : entry;
    const [date, time, kind] = line.split(' ');
    return {
      id: `${index}`,
      device: 'PC-1',
      session: '1',
      sequence: index,
      kind: `${kind}`,
      initiator: 'user',
      source: 'bridge',
      at: instantOf(`${date} ${time}`, timeZone),
      trust: 'true',
      ...differing,
    };
  });
}

/** Workdays on one line each: `MM-DD: in–out [break–break] flags`; times past the workday's date carry theirs. */
export function workdaysOf(
  lines: Parameters<typeof logsOf>[0],
  settings: Partial<GroupSettings> = {},
): string[] {
  const inForce = { ...TOKYO, ...settings };
  const history = settingsHistory([{ from: null, settings: inForce }]);
  return computeWorkdays(logsOf(lines, inForce.timeZone), history).map((day) =>
    written(day, inForce.timeZone),
  );
}

export function written(day: Workday, timeZone: string): string {
  const time = (at: Instant): string => {
    const local = DateTime.fromMillis(at, { zone: timeZone });
    const exact = local.toFormat(at % 1000 ? 'HH:mm:ss.SSS' : at % 60_000 ? 'HH:mm:ss' : 'HH:mm');
    return local.toISODate() === day.date ? exact : `${local.toFormat('MM-dd')} ${exact}`;
  };
  const breaks = day.breaks.map(({ start, end }) => ` [${time(start.at)}–${time(end.at)}]`).join('');
  const out = day.out === null ? '' : time(day.out.at);
  return `${day.date.slice(5)}: ${time(day.in.at)}–${out}${breaks} ${day.flags.join(' ')}`.trim();
}
