/** What becomes of a row after the attendance service was asked or told something. Pure. */

import { PUNCH_CODE } from '../king-of-time/client.ts';
import { forbiddenUntil } from '../king-of-time/forbidden-hours.ts';
import type { Outcome, Said } from '../king-of-time/outcome.ts';
import type { HoldReason, LedgerRow, LedgerState } from './ledger.ts';
import type { Timing } from './settings.ts';
import { NOT_ARRIVED } from './tasks.ts';

/** What changes about a row. */
export interface RowVerdict {
  state: LedgerState;
  notBefore: number;
  lastProblem: string | null;
  hold?: HoldReason;
  verifiedAbsentAt?: number;
}

/** When a company may be tried again after failures in a row; nothing else of it is tried before. */
export interface Pause {
  until: number;
  failures: number;
}

export interface Circumstances {
  now: number;
  /** 0 ≤ random() < 1. */
  random: () => number;
  timing: Timing;
  /** The company's pause so far; `failures` 0 when the last call went well. */
  failures: number;
}

/** Exponential with full jitter, never longer than the cap, never earlier than the service asked for. */
export function pauseAfter(
  { now, random, timing, failures }: Circumstances,
  notBeforeMs: number | null = null,
): Pause {
  const ceiling = Math.min(timing.backoffCapMs, timing.backoffBaseMs * 2 ** Math.min(failures, 20));
  // At least a second: a jitter of nothing would be no pause.
  const jitter = Math.max(1_000, Math.floor(random() * ceiling));
  return { until: now + Math.max(jitter, notBeforeMs ?? 0), failures: failures + 1 };
}

/** What a failed call says about the company as a whole: null when the next punch may go. */
export function pauseFor(outcome: Outcome<unknown>, circumstances: Circumstances): Pause | null {
  switch (outcome.status) {
    case 'slow-down':
      return pauseAfter(circumstances, outcome.retryAfterMs);
    case 'unavailable':
    case 'unknown':
      return pauseAfter(circumstances);
    case 'refused':
      // Address, token or permission: no punch will fare better, and all of them will once it is put right.
      return outcome.reason === 'not-authorized' ? pauseAfter(circumstances) : null;
    case 'ok':
    case 'deferred':
    case 'already-punched':
      return null;
  }
}

/** After a registration was attempted. Only what is certain not to have been taken waits to be sent again. */
export function afterRegistration(outcome: Outcome<unknown>, { now, timing }: Circumstances): RowVerdict {
  const lastProblem = problemOf(outcome);
  switch (outcome.status) {
    case 'ok':
      return { state: 'sent', notBefore: now, lastProblem: null };
    case 'deferred':
      return { state: 'waiting', notBefore: outcome.retryAt, lastProblem };
    case 'slow-down':
    case 'unavailable':
      return { state: 'waiting', notBefore: now, lastProblem };
    case 'refused':
      return outcome.reason === 'not-authorized'
        ? { state: 'waiting', notBefore: now, lastProblem }
        : { state: 'failed', notBefore: now, lastProblem };
    case 'already-punched':
      return { state: 'unverified', notBefore: readableFrom(now), lastProblem: ALREADY_PUNCHED };
    case 'unknown':
      return { state: 'unverified', notBefore: readableFrom(now + timing.verifyAfterMs), lastProblem };
  }
}

/** `last_problem` of a punch that KING OF TIME would not take because one stands there. */
export const ALREADY_PUNCHED = 'already-punched';

/** A process died, or its answer was lost, between marking a row and recording what came of it. */
export const interrupted = (now: number, timing: Timing): RowVerdict => ({
  state: 'unverified',
  notBefore: readableFrom(now + timing.verifyAfterMs),
  lastProblem: 'interrupted',
});

/** The first moment from `at` on at which reading is open. */
const readableFrom = (at: number): number => forbiddenUntil(at) ?? at;

/** What stands in the attendance service for one employee and workday. */
export type Standing = readonly { time: string; code: string }[];

/**
 * After an unverified punch was looked for. Compared by the minute: whether the service keeps the seconds it is sent
 * is not known, and two punches of a kind within a minute are one to everybody who reads them.
 */
export function afterReading(
  row: Pick<LedgerRow, 'kind' | 'lastProblem' | 'verifiedAbsentAt'>,
  standing: Standing,
  { time, isOverwriting, now }: { time: string; isOverwriting: boolean; now: number },
): RowVerdict {
  const same = standing.filter(({ code }) => code === PUNCH_CODE[row.kind]);
  if (same.some((punch) => minuteOf(punch.time) === minuteOf(time))) {
    return { state: 'sent', notBefore: now, lastProblem: null };
  }
  // 退勤 that KING OF TIME has meanwhile replaced by a later one did its work.
  const isSuperseded = same.some((punch) => minuteOf(punch.time) > minuteOf(time));
  if (row.kind === 'out' && isOverwriting && isSuperseded) {
    return { state: 'sent', notBefore: now, lastProblem: null };
  }
  if (row.lastProblem === ALREADY_PUNCHED && same.length > 0) {
    return { state: 'held', hold: 'other-recorder', notBefore: now, lastProblem: ALREADY_PUNCHED };
  }
  if (row.verifiedAbsentAt !== null) return { state: 'failed', notBefore: now, lastProblem: NOT_ARRIVED };
  return { state: 'waiting', notBefore: now, lastProblem: row.lastProblem, verifiedAbsentAt: now };
}

/** Whether another recorder's 出勤 stands already. */
export const hasIn = (standing: Standing): boolean => standing.some(({ code }) => code === PUNCH_CODE.in);

/** Minutes since 1970, whatever precision the service answers in. */
const minuteOf = (time: string): number => Math.floor(Date.parse(time) / 60_000);

/** One line for `last_problem`: a word of ours, and what the service said. */
export function problemOf(outcome: Said & { status: string; reason?: string }): string {
  const said = [outcome.code, outcome.message].filter(Boolean).join(' ');
  return `${outcome.reason ?? outcome.status}${said ? `: ${said}` : ''}`.slice(0, 500);
}

/** How 連携ログ names an outcome. */
export function runOutcome(
  status: Outcome<unknown>['status'],
): 'success' | 'refused' | 'deferred' | 'unknown' {
  switch (status) {
    case 'ok':
      return 'success';
    case 'refused':
    case 'already-punched':
      return 'refused';
    case 'unknown':
      return 'unknown';
    case 'deferred':
    case 'slow-down':
    case 'unavailable':
      return 'deferred';
  }
}
