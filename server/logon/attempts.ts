import type { AttemptTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';
import { refused, refusedFor, type Verdict } from './verdict.ts';

/** How wrong codes are slowed down. */
export interface Brake {
  /** The first failures cost nothing. */
  failuresBeforeWait: number;
  firstWaitMs: number;
  longestWaitMs: number;
  /** After so many in a row nothing is looked at until somebody forgives; null for never. */
  failuresBeforeOff: number | null;
  /** After so long without a failure they are forgotten; null for never. */
  forgottenAfterMs: number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An employee's codes typed on one device (design: 5 failures → 30 s doubling to 15 min, 50 in a row → off). */
const OTP_ON_DEVICE: Brake = {
  failuresBeforeWait: 5,
  firstWaitMs: 30_000,
  longestWaitMs: 15 * MINUTE_MS,
  failuresBeforeOff: 50,
  forgottenAfterMs: null,
};

/** An employee's codes over all devices. Never off: a single PC must not shut somebody out everywhere. */
const OTP_OVERALL: Brake = { ...OTP_ON_DEVICE, failuresBeforeWait: 20, failuresBeforeOff: null };

/** One-time codes from one device. */
const CODE_ON_DEVICE: Brake = { ...OTP_ON_DEVICE, failuresBeforeOff: null, forgottenAfterMs: 24 * HOUR_MS };

/** One-time codes in a whole company. Loose, because one hostile PC must not stop everybody's linking for long. */
const CODE_IN_COMPANY: Brake = { ...CODE_ON_DEVICE, failuresBeforeWait: 200, forgottenAfterMs: HOUR_MS };

/** Whose failures are counted together. */
interface Subject {
  brake: Brake;
  kind: AttemptTable['kind'];
  employee: string;
  device: string;
}

export interface Guesser {
  company: string;
  device: string;
}

export const otpSubjects = ({ device, employee }: Guesser & { employee: string }): Subject[] => [
  { brake: OTP_ON_DEVICE, kind: 'otp', employee, device },
  { brake: OTP_OVERALL, kind: 'otp', employee, device: '' },
];

export const codeSubjects = ({ device }: Guesser): Subject[] => [
  { brake: CODE_ON_DEVICE, kind: 'code', employee: '', device },
  { brake: CODE_IN_COMPANY, kind: 'code', employee: '', device: '' },
];

/** The wait that follows the n-th failure in a row. */
export function waitAfter(brake: Brake, failures: number): number {
  const doublings = failures - brake.failuresBeforeWait;
  if (doublings < 0) return 0;
  return Math.min(brake.longestWaitMs, brake.firstWaitMs * 2 ** Math.min(doublings, 30));
}

/**
 * Whether a code of these subjects is looked at now. Counted in the store, so it holds over restarts, connections and nodes; the caller's
 * transaction already holds the row that all guesses of the subject take first, so guesses come one after another.
 */
export async function refuseIfBraked(
  tx: Store,
  company: string,
  subjects: readonly Subject[],
  nowMs: number,
): Promise<Verdict<null>> {
  let waitMs = 0;
  for (const subject of subjects) {
    const row = await rowOf(tx, company, subject);
    if (!row) continue;
    if (row.off_at !== null) return refused('codes-off');
    waitMs = Math.max(waitMs, remainingWait(subject.brake, row, nowMs));
  }
  return waitMs > 0 ? refusedFor(waitMs) : { ok: true, value: null };
}

/** A clock that was set back makes a wait begin again: it never ends early and never lasts longer than it is. */
function remainingWait(
  brake: Brake,
  row: Pick<AttemptTable, 'failures' | 'failed_at'>,
  nowMs: number,
): number {
  const sinceMs = Math.max(0, nowMs - row.failed_at);
  if (brake.forgottenAfterMs !== null && sinceMs >= brake.forgottenAfterMs) return 0;
  return Math.max(0, waitAfter(brake, row.failures) - sinceMs);
}

/** @returns whether this failure was the one that switched codes off. */
export async function countFailure(
  tx: Store,
  company: string,
  subjects: readonly Subject[],
  nowMs: number,
): Promise<{ turnedOff: boolean }> {
  let turnedOff = false;
  for (const subject of subjects) {
    const { kind, employee, device, brake } = subject;
    const before = await rowOf(tx, company, subject);
    const { forgottenAfterMs, failuresBeforeOff } = brake;
    const forgotten = before && forgottenAfterMs !== null && nowMs - before.failed_at >= forgottenAfterMs;
    const failures = (before && !forgotten ? before.failures : 0) + 1;
    const off = failuresBeforeOff !== null && failures >= failuresBeforeOff;
    turnedOff ||= off && before?.off_at == null;
    const row = { failures, failed_at: nowMs, off_at: off ? (before?.off_at ?? nowMs) : null };
    await tx
      .insertInto('attempts')
      .values({ company, kind, employee, device, ...row })
      .onConflict((conflict) => conflict.columns(['company', 'kind', 'employee', 'device']).doUpdateSet(row))
      .execute();
  }
  return { turnedOff };
}

/** After a right code: the row is over. */
export async function clearFailures(tx: Store, company: string, subjects: readonly Subject[]): Promise<void> {
  for (const { kind, employee, device } of subjects) {
    await tx
      .deleteFrom('attempts')
      .where('company', '=', company)
      .where('kind', '=', kind)
      .where('employee', '=', employee)
      .where('device', '=', device)
      .execute();
  }
}

/** Forgives an employee's wrong codes on every device: after a recovery code, a new enrolment or an administrator's word. */
export async function forgiveOtpFailures(tx: Store, company: string, employee: string): Promise<void> {
  await tx
    .deleteFrom('attempts')
    .where('company', '=', company)
    .where('kind', '=', 'otp')
    .where('employee', '=', employee)
    .execute();
}

function rowOf(tx: Store, company: string, { kind, employee, device }: Subject) {
  return tx
    .selectFrom('attempts')
    .select(['failures', 'failed_at', 'off_at'])
    .where('company', '=', company)
    .where('kind', '=', kind)
    .where('employee', '=', employee)
    .where('device', '=', device)
    .executeTakeFirst();
}
