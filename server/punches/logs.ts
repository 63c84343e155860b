/** What the punch rules know of a log: an event of the contract, reduced to the fields docs/punch-rules.md speaks of. */

import type { EVENT_SOURCES } from '../../contract/event.ts';

export { EVENT_KINDS, type EventKind } from '../../contract/event.ts';

/** Who recorded the event; `reconciled` is a logoff the bridge deduced after a crash. */
export type EventSource = (typeof EVENT_SOURCES)[number];

/** Where an employee's punches come from (group setting). */
export type PunchSource = 'client' | 'smarton' | 'lanscope' | 'malion' | 'senselink';

/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** The facts of a log apart from its time. */
export interface LogFacts {
  /** Unique over all devices; a second log with the same id is the same event delivered again. */
  readonly id: string;
  readonly device: string;
  /** Position in the device's own order of recording. */
  readonly sequence: number;
  /** Unique within the device. */
  readonly session: string;
  /** An {@link EventKind}; a kind this version does not know is ignored. */
  readonly kind: string;
  readonly initiator: 'user' | 'system';
  readonly source: EventSource;
}

/**
 * How far a log's instant may be trusted: `true` as recorded (within 2 minutes), `corrected` moved by more than
 * that to its true time, `unverified` only the PC's own clock, which nothing contradicts.
 */
export type Trust = 'true' | 'corrected' | 'unverified';

/** A log that stands at a true instant, as `place` returns it and `computeWorkdays` takes it. */
export interface Log extends LogFacts {
  readonly at: Instant;
  readonly trust: Trust;
}

/** The punch source a log speaks for: the client's bridge also deduces logoffs. */
export function punchSourceOf(source: EventSource): PunchSource {
  return source === 'bridge' || source === 'reconciled' ? 'client' : source;
}

/**
 * The one order of logs: by instant; at the same instant by the device's sequence. Device and id only make the order
 * total, so that no result depends on the order of arrival.
 */
export function compareLogs(a: Log, b: Log): number {
  return a.at - b.at || compareText(a.device, b.device) || a.sequence - b.sequence || compareText(a.id, b.id);
}

/** Orders by UTF-16 code units, the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The logs in order, each id once. Of two logs with one id the earlier stays. */
export function inOrder(logs: readonly Log[]): Log[] {
  const known = new Set<string>();
  return logs.toSorted(compareLogs).filter((log) => {
    if (known.has(log.id)) return false;
    known.add(log.id);
    return true;
  });
}
