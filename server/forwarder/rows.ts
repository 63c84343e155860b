import { randomUUID } from 'node:crypto';
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { Outcome } from '../king-of-time/outcome.ts';
import type { Database, ForwardRunTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { type LedgerRow, ledgerRow } from './ledger.ts';
import { type RowVerdict, runOutcome } from './verdicts.ts';

/** An attempt for 連携ログ: one request to the attendance service. */
export interface Attempt {
  company: string;
  operation: 'register' | 'read' | 'check';
  employee: string | null;
  date: string | null;
  kind: string | null;
  startedAt: number;
  endedAt: number;
}

/**
 * How long until rows of an employee who waits to be computed are asked for again. New logs wake the worker by themselves; who cannot be
 * computed at all must not keep it awake.
 */
const UNCOMPUTED_WAIT_MS = 60_000;

/** Companies that forward and have something that is not finished. */
export async function busyCompanies(store: Store): Promise<string[]> {
  const rows = await store
    .selectFrom('attendance_services')
    .innerJoin('outbox', 'outbox.company', 'attendance_services.company')
    .select('attendance_services.company')
    .distinct()
    .where('enabled', '=', 1)
    .where('state', 'in', ['waiting', 'unverified', 'sending'])
    .execute();
  return rows.map(({ company }) => company);
}

/**
 * The row to deal with next: the one due longest, of each workday in the order of the punches. Null with `at` tells when
 * to look again, null without that nothing is left.
 */
export async function nextRow(
  store: Store,
  company: string,
  now: number,
): Promise<{ row: LedgerRow } | { row: null; at: number | null }> {
  const first = await ready(store, company)
    .select((eb) => isComputed(eb.ref('outbox.employee')).as('is_computed'))
    .selectAll('outbox')
    .orderBy('is_computed', 'desc')
    .orderBy('not_before')
    .orderBy('at')
    .orderBy('id')
    .executeTakeFirst();
  if (!first) return { row: null, at: null };
  const { is_computed, ...row } = first;
  if (row.not_before > now) return { row: null, at: row.not_before };
  // A day that is about to be computed anew may say something else in a moment.
  return is_computed ? { row: ledgerRow(row) } : { row: null, at: now + UNCOMPUTED_WAIT_MS };

  /** 1 while nothing of the employee waits to be computed, 0 otherwise. */
  function isComputed(employee: Expression<string>) {
    return sql<number>`case when exists (select 1 from dirty where dirty.company = ${company} and dirty.employee = ${employee}) then 0 else 1 end`;
  }
}

/** Rows that are not finished and have no earlier punch of their workday before them. */
function ready(store: Store, company: string) {
  return store
    .selectFrom('outbox')
    .where('company', '=', company)
    .where('state', 'in', ['waiting', 'unverified'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbox as earlier')
            .select('earlier.id')
            .where('earlier.company', '=', company)
            .where('earlier.state', 'in', ['waiting', 'sending', 'unverified'])
            .whereRef('earlier.employee', '=', 'outbox.employee')
            .whereRef('earlier.date', '=', 'outbox.date')
            .whereRef('earlier.at', '<', 'outbox.at'),
        ),
      ),
    );
}

/**
 * Marks a row as being sent, on disk before this returns. Only one worker gets it, only while the row is as it was
 * read, and only while no other request of the company is under way.
 *
 * @returns the row as marked, or null when somebody else was faster.
 */
export async function claim(store: Store, row: LedgerRow, now: number): Promise<LedgerRow | null> {
  const { numUpdatedRows } = await store
    .updateTable('outbox')
    .set({ state: 'sending', attempts: row.attempts + 1, changed_at: now })
    .where('company', '=', row.company)
    .where('id', '=', row.id)
    .where('state', '=', 'waiting')
    .where('at', '=', row.at)
    .where('attempts', '=', row.attempts)
    .where(noneSending(row.company))
    .executeTakeFirst();
  return numUpdatedRows === 1n
    ? { ...row, state: 'sending', attempts: row.attempts + 1, changedAt: now }
    : null;
}

const noneSending = (company: string) =>
  sql<SqlBool>`not exists (select 1 from outbox as other where other.company = ${company} and other.state = 'sending')`;

/** Whether a worker is in the middle of a request for this company. */
export async function isSending(store: Store, company: string): Promise<boolean> {
  const row = await store
    .selectFrom('outbox')
    .select('id')
    .where('company', '=', company)
    .where('state', '=', 'sending')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Writes what became of a row, if it is still where it was left.
 *
 * @returns false when it is not: somebody else has decided meanwhile.
 */
export async function settleRow(
  store: Store,
  row: LedgerRow,
  verdict: RowVerdict,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable('outbox')
    .set({
      state: verdict.state,
      not_before: verdict.notBefore,
      last_problem: verdict.lastProblem,
      changed_at: now,
      ...(verdict.hold && { hold: verdict.hold }),
      ...(verdict.verifiedAbsentAt !== undefined && { verified_absent_at: verdict.verifiedAbsentAt }),
    })
    .where('company', '=', row.company)
    .where('id', '=', row.id)
    // What was being sent may have been called unverified by another worker that took this one for dead.
    .where('state', 'in', row.state === 'sending' ? ['sending', 'unverified'] : [row.state])
    .where('attempts', '=', row.attempts)
    .where('at', '=', row.at)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Moves a row's turn; whatever else happened to it stays. */
export async function postpone(store: Store, row: LedgerRow, until: number): Promise<void> {
  await store
    .updateTable('outbox')
    .set({ not_before: until })
    .where('company', '=', row.company)
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .execute();
}

/** Rows left in the middle of a request before `changedBefore`, in all companies. */
export async function abandonedRows(store: Store, changedBefore: number): Promise<LedgerRow[]> {
  const rows = await store
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'sending')
    .where('changed_at', '<=', changedBefore)
    .execute();
  return rows.map(ledgerRow);
}

/** One row of 連携ログ. */
export async function recordRun(store: Store, attempt: Attempt, outcome: Outcome<unknown>): Promise<void> {
  const run: ForwardRunTable = {
    id: randomUUID(),
    company: attempt.company,
    operation: attempt.operation,
    employee: attempt.employee,
    date: attempt.date,
    kind: attempt.kind,
    started_at: attempt.startedAt,
    ended_at: attempt.endedAt,
    outcome: runOutcome(outcome.status),
    http_status: outcome.httpStatus,
    code: outcome.code,
    message: outcome.message,
  };
  await store.insertInto('forward_runs').values(run).execute();
}

/** When a workday ends; null while it is not computed (any more). */
export async function workdayEnd(store: Kysely<Database>, row: LedgerRow): Promise<number | null> {
  const workday = await store
    .selectFrom('workdays')
    .select('ends_at')
    .where('company', '=', row.company)
    .where('employee', '=', row.employee)
    .where('date', '=', row.date)
    .executeTakeFirst();
  return workday?.ends_at ?? null;
}
