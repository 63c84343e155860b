/** What an administrator decides about punches. Each checks again under the write, so two clicks do one thing. */
import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { markUnplanned } from './due-days.ts';
import { isOut, ledgerRow, wholeSecond } from './ledger.ts';
import type { Planning } from './planning.ts';

const HOUR_MS = 3_600_000;

/** Why a decision cannot be carried out; nothing was changed. */
export type ActionRefusal =
  /** There is no such row or task, or it is not held, failed or open any more. */
  | 'not-there'
  /** A punch of this kind has been sent already: it can be corrected in the attendance service only. */
  | 'already-sent'
  /** The time is not one of this workday, or lies ahead. */
  | 'outside-workday'
  /** 退勤 must lie after 出勤. */
  | 'out-before-in';

/** What else belongs into the transaction of a decision; not called when it is refused. */
export type Also<T = void> = (transaction: Store, decided: T) => Promise<void>;

/** A row of the ledger, or a task, as it was decided about. */
export interface Decided {
  employee: string;
  date: string;
  kind: string;
}

export type ActionResult = { ok: true } | { ok: false; refusal: ActionRefusal };

export interface Actions {
  /** Sends a held punch in spite of what it is held for, or tries a failed one again. */
  release(company: string, row: string, also?: Also<Decided & { at: number }>): Promise<ActionResult>;
  /** Sets 出勤 or 退勤 of a workday to a time the administrator knows, and sends it. Milliseconds since 1970. */
  enterTime(company: string, entry: EnteredTime, also?: Also): Promise<ActionResult>;
  /** Closes a task as dealt with. The same trouble is not reported again. */
  dismissTask(company: string, task: string, also?: Also<Decided>): Promise<ActionResult>;
}

export interface EnteredTime {
  employee: string;
  date: string;
  kind: 'in' | 'out';
  at: number;
}

const done: ActionResult = { ok: true };
const refused = (refusal: ActionRefusal): ActionResult => ({ ok: false, refusal });

export function createActions({
  store,
  clock,
  planning,
}: {
  store: Kysely<Database>;
  clock: Clock;
  planning: Pick<Planning, 'plan'>;
}): Actions {
  return {
    async release(company, id, also) {
      const now = clock.now();
      const row = await store.transaction().execute(async (transaction) => {
        const released = await transaction
          .updateTable('outbox')
          .set({ state: 'waiting', not_before: now, changed_at: now })
          .where('company', '=', company)
          .where('id', '=', id)
          .where('state', 'in', ['held', 'failed'])
          .returning(['employee', 'date', 'kind', 'at'])
          .executeTakeFirst();
        if (!released) return null;
        await markUnplanned(transaction, { company, ...released });
        await also?.(transaction, released);
        return released;
      });
      if (!row) return refused('not-there');
      await planning.plan(company, row.employee, [row.date]);
      return done;
    },

    async enterTime(company, entry, also) {
      const now = clock.now();
      const at = wholeSecond(entry.at);
      const result = await store.transaction().execute(async (transaction) => {
        await holdDay(transaction, company, entry);
        const ofDay = transaction
          .selectFrom('outbox')
          .selectAll()
          .where('company', '=', company)
          .where('employee', '=', entry.employee)
          .where('date', '=', entry.date);
        const rows = (await ofDay.execute()).map(ledgerRow);
        const workday = await transaction
          .selectFrom('workdays')
          .select(['ends_at', 'in_at'])
          .where('company', '=', company)
          .where('employee', '=', entry.employee)
          .where('date', '=', entry.date)
          .executeTakeFirst();
        if (!workday) return refused('not-there');
        // A carried day may end up to 16 hours after its border.
        if (at > now || at < workday.ends_at - 25 * HOUR_MS || at > workday.ends_at + 16 * HOUR_MS) {
          return refused('outside-workday');
        }
        const same = rows.filter(({ kind }) => kind === entry.kind);
        if (same.some(isOut)) return refused('already-sent');
        const inAt = rows.find(({ kind }) => kind === 'in')?.at ?? workday.in_at;
        if (entry.kind === 'out' && inAt !== null && at <= inAt) return refused('out-before-in');
        for (const { id } of same) {
          await transaction
            .updateTable('outbox')
            .set({ state: 'withdrawn', hold: null, changed_at: now })
            .where('company', '=', company)
            .where('id', '=', id)
            .execute();
        }
        const given = {
          at,
          state: 'waiting',
          hold: 'entered',
          attempts: 0,
          not_before: now,
          last_problem: null,
          verified_absent_at: null,
          changed_at: now,
        };
        // 出勤 has one row a workday; 退勤 one for each instant.
        const reused = same.find((row) => row.kind === 'in' || row.at === at);
        if (reused) {
          await transaction
            .updateTable('outbox')
            .set(given)
            .where('company', '=', company)
            .where('id', '=', reused.id)
            .execute();
        } else {
          await transaction
            .insertInto('outbox')
            .values({
              ...given,
              company,
              id: randomUUID(),
              employee: entry.employee,
              date: entry.date,
              kind: entry.kind,
              created_at: now,
            })
            .execute();
        }
        await markUnplanned(transaction, { company, employee: entry.employee, date: entry.date });
        await also?.(transaction);
        return done;
      });
      if (result.ok) await planning.plan(company, entry.employee, [entry.date]);
      return result;
    },

    dismissTask(company, task, also) {
      return store.transaction().execute(async (transaction) => {
        const dismissed = await transaction
          .updateTable('tasks')
          .set({ closed_at: clock.now() })
          .where('company', '=', company)
          .where('id', '=', task)
          .where('closed_at', 'is', null)
          .returning(['employee', 'date', 'kind'])
          .executeTakeFirst();
        if (!dismissed) return refused('not-there');
        await also?.(transaction, dismissed);
        return done;
      });
    },
  };
}

/** Holds the day's rows. It writes, because a SQLite transaction that begins by reading cannot always go on to write. */
async function holdDay(tx: Store, company: string, { employee, date }: EnteredTime): Promise<void> {
  await tx
    .updateTable('outbox')
    .set(({ ref }) => ({ state: ref('state') }))
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .execute();
}
