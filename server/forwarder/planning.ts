import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { punchTime } from '../king-of-time/punch-time.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { changedDays, type Day, dueDays } from './due-days.ts';
import { type HoldReason, type LedgerRow, ledgerRow, wholeSecond } from './ledger.ts';
import { nextLookAt, scheduleLook, wakeLaterDays } from './open-days.ts';
import { type DayPlan, type DayToPlan, planDay } from './plan.ts';
import type { ForwardingFor, ForwardingSettings, Timing } from './settings.ts';
import { awaitsComputation, settlementOf } from './settled.ts';

export interface PlanningOptions {
  store: Kysely<Database>;
  clock: Clock;
  forwardingFor: ForwardingFor;
  timing: Timing;
  log: { error(what: object, message: string): void };
}

/** Brings the ledger and the tasks in line with what the workdays say. */
export interface Planning {
  /** Plans these workdays anew. A company that does not forward is left alone. */
  plan(company: string, employee: string, dates: readonly string[]): Promise<void>;
  /** Plans every workday that changed since it was planned last, and every one that time alone may have made ready. */
  planDue(): Promise<void>;
}

/** Days planned in one transaction, so that closing many days does not wait for the disk for each. */
const DAYS_AT_ONCE = 100;

/** A day is planned whole or not at all: a crash leaves no half of one. */
export function createPlanning({ store, clock, forwardingFor, timing, log }: PlanningOptions): Planning {
  async function planDays(days: readonly Day[]): Promise<void> {
    // Asked for before the transaction begins: whoever answers may need the store as well.
    const withSettings: { day: Day; forwarding: ForwardingSettings }[] = [];
    for (const day of days) {
      withSettings.push({ day, forwarding: await forwardingFor(day.company, day.employee, day.date) });
    }
    await store.transaction().execute(async (transaction) => {
      const now = clock.now();
      for (const { day, forwarding } of withSettings) {
        if (await unmark(transaction, day)) await wakeLaterDays(transaction, day, now);
        const found = await readDay(transaction, day, now);
        const planned = planDay({
          ...found,
          forwarding,
          written: (at) => punchTime(at, forwarding),
          now,
          debounceMs: timing.debounceMs,
        });
        await apply(transaction, day, planned, now);
        await lookAgain(transaction, day, found, now);
      }
    });
  }

  /** One by one after a failure, so that a day that cannot be planned keeps back no other. */
  async function planDaysApart(days: readonly Day[]): Promise<void> {
    for (const day of days) {
      await planDays([day]).catch((error: unknown) =>
        log.error({ ...day, err: error }, 'A workday could not be planned; it is tried again later'),
      );
    }
  }

  async function planAll(days: readonly Day[]): Promise<void> {
    for (let begin = 0; begin < days.length; begin += DAYS_AT_ONCE) {
      const some = days.slice(begin, begin + DAYS_AT_ONCE);
      await planDays(some).catch(() => planDaysApart(some));
      // SQLite answers without ever going back to the event loop; requests must not wait for all the days.
      await setImmediate();
    }
  }

  return {
    async plan(company, employee, dates) {
      const service = await store
        .selectFrom('attendance_services')
        .select(['enabled', 'forward_from'])
        .where('company', '=', company)
        .executeTakeFirst();
      if (service?.enabled !== 1) return;
      const from = service.forward_from ?? '';
      await planDays(dates.filter((date) => date >= from).map((date) => ({ company, employee, date })));
    },
    async planDue() {
      // In this order: a day that changed may make others due.
      await planAll(await changedDays(store));
      await planAll(await dueDays(store, clock.now()));
    },
  };
}

/**
 * Done before the day is read: a recomputation that commits later marks the day again.
 *
 * @returns whether the day had changed
 */
async function unmark(store: Store, { company, employee, date }: Day): Promise<boolean> {
  const { numDeletedRows } = await store
    .deleteFrom('unplanned')
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

type Found = Pick<
  DayToPlan,
  'punches' | 'ledger' | 'settlement' | 'inUndecidedUntil' | 'flags' | 'suggestedOut'
> & { endsAt: number | null };

async function readDay(store: Store, day: Day, now: number): Promise<Found> {
  const { company, employee, date } = day;
  const workday = await store
    .selectFrom('workdays')
    .select(['ends_at', 'flags'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .executeTakeFirst();
  const punches = await store
    .selectFrom('punches')
    .select(['kind', 'at', 'hold'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .orderBy('at')
    .execute();
  const ledger = await readLedger(store, day);
  const flags = workday ? (JSON.parse(workday.flags) as string[]) : [];
  return {
    punches: punches.map(({ kind, at, hold }) => ({
      kind,
      at: wholeSecond(at),
      hold: hold as HoldReason | null,
    })),
    ledger,
    endsAt: workday?.ends_at ?? null,
    // A day that vanished says for certain that none of its punches should stand.
    settlement: await settlementOf(
      store,
      { company, employee, endsAt: workday?.ends_at ?? Number.NEGATIVE_INFINITY },
      now,
    ),
    inUndecidedUntil: await undecidedUntil(store, day, now),
    flags,
    suggestedOut: flags.includes('abnormal-end') ? await deducedLogoff(store, day, workday?.ends_at) : null,
  };
}

async function readLedger(store: Store, { company, employee, date }: Day): Promise<LedgerRow[]> {
  const rows = await store
    .selectFrom('outbox')
    .selectAll()
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .execute();
  return rows.map(ledgerRow);
}

/** From the ledger as it is now and not as it was planned: a worker may have come between. */
async function lookAgain(store: Store, day: Day, found: Found, now: number): Promise<void> {
  const { company, employee } = day;
  const { endsAt, settlement } = found;
  const isToBeComputed =
    endsAt !== null &&
    settlement === 'open' &&
    (await awaitsComputation(store, { company, employee, endsAt }));
  const ledger = await readLedger(store, day);
  await scheduleLook(store, day, nextLookAt({ ...found, ledger, isToBeComputed, now }), now);
}

/**
 * Looks at the day before: the first moment at which no session of it can reach over the border any more; null when that
 * is so already.
 */
async function undecidedUntil(store: Store, day: Day, now: number): Promise<number | null> {
  const previous = await store
    .selectFrom('workdays')
    .select('carry_open_until')
    .where('company', '=', day.company)
    .where('employee', '=', day.employee)
    .where('date', '<', day.date)
    .orderBy('date', 'desc')
    .executeTakeFirst();
  const until = previous?.carry_open_until ?? null;
  return until !== null && until >= now ? until + 1 : null;
}

async function deducedLogoff(store: Store, day: Day, endsAt: number | undefined): Promise<number | null> {
  if (endsAt === undefined) return null;
  const log = await store
    .selectFrom('logs')
    .select('placed_at')
    .where('company', '=', day.company)
    .where('employee', '=', day.employee)
    .where('source', '=', 'reconciled')
    .where('placed_at', '<', endsAt)
    .where('placed_at', '>=', endsAt - 24 * 3_600_000)
    .orderBy('placed_at', 'desc')
    .executeTakeFirst();
  return log?.placed_at ?? null;
}

async function apply(store: Store, day: Day, plan: DayPlan, now: number): Promise<void> {
  for (const { kind, at, state, hold, notBefore } of plan.inserts) {
    await store
      .insertInto('outbox')
      .values({
        ...day,
        id: randomUUID(),
        kind,
        at,
        state,
        hold,
        attempts: 0,
        not_before: notBefore,
        last_problem: null,
        created_at: now,
        changed_at: now,
      })
      .execute();
  }
  for (const { id, from, fromAt, to } of plan.changes) {
    await store
      .updateTable('outbox')
      .set({
        at: to.at,
        state: to.state,
        hold: to.hold,
        not_before: to.notBefore,
        changed_at: now,
        ...(to.fresh && { attempts: 0, last_problem: null, verified_absent_at: null }),
      })
      .where('company', '=', day.company)
      .where('id', '=', id)
      // A worker may have taken the row meanwhile; then it is out, and planning again will say what follows.
      .where('state', '=', from)
      .where('at', '=', fromAt)
      .execute();
  }
  await applyTasks(store, day, plan, now);
}

/** Tasks that no longer hold vanish; one that was dismissed stays dismissed. */
async function applyTasks(store: Store, day: Day, { tasks }: DayPlan, now: number): Promise<void> {
  const known = await store
    .selectFrom('tasks')
    .select(['id', 'kind', 'detail', 'closed_at'])
    .where('company', '=', day.company)
    .where('employee', '=', day.employee)
    .where('date', '=', day.date)
    .execute();
  const same = (a: { kind: string; detail: string }, b: { kind: string; detail: string }) =>
    a.kind === b.kind && a.detail === b.detail;
  const obsolete = known.filter((old) => old.closed_at === null && !tasks.some((task) => same(old, task)));
  for (const { id } of obsolete) {
    await store.deleteFrom('tasks').where('company', '=', day.company).where('id', '=', id).execute();
  }
  for (const task of tasks.filter((one) => !known.some((old) => same(old, one)))) {
    await store
      .insertInto('tasks')
      .values({ ...day, ...task, id: randomUUID(), created_at: now, closed_at: null })
      .execute();
  }
}
