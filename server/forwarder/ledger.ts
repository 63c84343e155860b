import type { Selectable } from 'kysely';
import type { PunchKind, HoldReason as ShownHoldReason } from '../../contract/me.ts';
import type { OutboxTable } from '../store/schema.ts';

/** Where a punch stands between us and KING OF TIME. */
export type LedgerState = 'waiting' | 'sending' | 'sent' | 'unverified' | 'held' | 'failed' | 'withdrawn';

/**
 * Why a row is (or was) 要確認. It stays on a row that an administrator released, so that the same reason does not
 * hold it again.
 */
export type HoldReason =
  | ShownHoldReason
  /** Not held at all: the time is the administrator's, and no longer the day's. */
  | 'entered';

export interface LedgerRow {
  company: string;
  id: string;
  employee: string;
  date: string;
  kind: PunchKind;
  /** Whole seconds: the attendance service knows nothing finer. Milliseconds since 1970. */
  at: number;
  state: LedgerState;
  hold: HoldReason | null;
  attempts: number;
  notBefore: number;
  lastProblem: string | null;
  verifiedAbsentAt: number | null;
  changedAt: number;
}

/** The row of the table, with the words it was written with. */
export const ledgerRow = (row: Selectable<OutboxTable>): LedgerRow => ({
  company: row.company,
  id: row.id,
  employee: row.employee,
  date: row.date,
  kind: row.kind,
  at: row.at,
  state: row.state as LedgerState,
  hold: row.hold as HoldReason | null,
  attempts: row.attempts,
  notBefore: row.not_before,
  lastProblem: row.last_problem,
  verifiedAbsentAt: row.verified_absent_at,
  changedAt: row.changed_at,
});

/** It stands in the attendance service, or may: nothing about it can be changed any more. */
export const isOut = ({ state }: Pick<LedgerRow, 'state'>): boolean =>
  state === 'sending' || state === 'sent' || state === 'unverified';

/** What the ledger counts in. */
export const wholeSecond = (at: number): number => at - (at % 1000);
