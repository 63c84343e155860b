import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { punchTime } from '../king-of-time/punch-time.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { type HoldReason, ledgerRow, wholeSecond } from './ledger.ts';
import { type DayPlan, type DayToPlan, planDay } from './plan.ts';
import type { ForwardingFor, Timing } from './settings.ts';
import { settlementOf } from './settled.ts';

export interface PlanningOptions {
  store: Kysely<Database>;
  clock: Clock;
  forwardingFor: ForwardingFor;
  timing: Timing;
}

interface Day {
  company: string;
  employee: string;
  date: string;
}

/** Brings the ledger and the tasks in line with what the workdays say. */
export interface Planning {
  /** Plans these workdays anew. A company that does not forward is left alone. */
  plan(company: string, employee: string, dates: readonly string[]): Promise<void>;
  /** Plans every workday that changed since it was planned last, and every one that time alone may have made ready. */
  planDue(): Promise<void>;
}

/** Each day is planned in a transaction of its own: a crash leaves whole days. */
export function createPlanning({ store, clock, forwardingFor, timing }: PlanningOptions): Planning {
  async function plan(company: string, employee: string, dates: readonly string[]): Promise<void> {
    const service = await store
      .selectFrom('attendance_services')
      .select(['enabled', 'forward_from'])
      .where('company', '=', company)
      .executeTakeFirst();
    if (service?.enabled !== 1) return;
    for (const date of dates) {
      if (service.forward_from !== null && date < service.forward_from) continue;
      const day = { company, employee, date };
      const forwarding = await forwardingFor(company, employee, date);
      await store.transaction().execute(async (transaction) => {
        const now = clock.now();
        // First of all: a recomputation that commits from here on marks the day again.
        await transaction
          .deleteFrom('unplanned')
          .where('company', '=', company)
          .where('employee', '=', employee)
          .where('date', '=', date)
          .execute();
        const found = await readDay(transaction, day, now);
        const planned = planDay({
          ...found,
          inUndecidedUntil: forwarding.carryOver ? found.inUndecidedUntil : null,
          forwarding,
          written: (at) => punchTime(at, forwarding),
          now,
          debounceMs: timing.debounceMs,
        });
        await apply(transaction, day, planned, now);
      });
    }
  }

  return {
    plan,
    async planDue() {
      const days = [...(await changedDays(store)), ...(await dueDays(store, clock.now()))];
      for (const { company, employee, date } of days) {
        await plan(company, employee, [date]);
      }
    },
  };
}

type Found = Pick<
  DayToPlan,
  'punches' | 'ledger' | 'settlement' | 'inUndecidedUntil' | 'flags' | 'suggestedOut'
>;

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
  const ledger = await store
    .selectFrom('outbox')
    .selectAll()
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .execute();
  const flags = workday ? (JSON.parse(workday.flags) as string[]) : [];
  return {
    punches: punches.map(({ kind, at, hold }) => ({
      kind,
      at: wholeSecond(at),
      hold: hold as HoldReason | null,
    })),
    ledger: ledger.map(ledgerRow),
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

/** Days that came out differently, of companies that forward. */
function changedDays(store: Store): Promise<Day[]> {
  return store
    .selectFrom('unplanned')
    .innerJoin('attendance_services', 'attendance_services.company', 'unplanned.company')
    .select(['unplanned.company', 'unplanned.employee', 'unplanned.date'])
    .where('attendance_services.enabled', '=', 1)
    .where(({ or, eb, ref }) =>
      or([
        eb('attendance_services.forward_from', 'is', null),
        eb('unplanned.date', '>=', ref('attendance_services.forward_from')),
      ]),
    )
    .orderBy('unplanned.date')
    .execute();
}

/**
 * Days with a punch that has no row of its own yet (or a withdrawn one) and might get one now, and days held because
 * a source was silent.
 */
async function dueDays(store: Store, now: number): Promise<Day[]> {
  return store
    .selectFrom('punches')
    .innerJoin('attendance_services', (join) =>
      join
        .onRef('attendance_services.company', '=', 'punches.company')
        .on('attendance_services.enabled', '=', 1),
    )
    .innerJoin('workdays', (join) =>
      join
        .onRef('workdays.company', '=', 'punches.company')
        .onRef('workdays.employee', '=', 'punches.employee')
        .onRef('workdays.date', '=', 'punches.date'),
    )
    .leftJoin('outbox', (join) =>
      join
        .onRef('outbox.company', '=', 'punches.company')
        .onRef('outbox.employee', '=', 'punches.employee')
        .onRef('outbox.date', '=', 'punches.date')
        .onRef('outbox.kind', '=', 'punches.kind')
        .on((on) =>
          on.or([
            on('punches.kind', '=', 'in'),
            on('outbox.at', '=', on('punches.at', '-', on('punches.at', '%', 1000))),
          ]),
        ),
    )
    .select(['punches.company', 'punches.employee', 'punches.date'])
    .distinct()
    .where(({ or, eb }) => or([eb('punches.kind', '=', 'in'), eb('workdays.ends_at', '<=', now)]))
    .where(({ or, eb, ref }) =>
      or([
        eb('attendance_services.forward_from', 'is', null),
        eb('punches.date', '>=', ref('attendance_services.forward_from')),
      ]),
    )
    .where(({ or, and, eb }) =>
      or([
        eb('outbox.id', 'is', null),
        eb('outbox.state', '=', 'withdrawn'),
        and([eb('outbox.state', '=', 'held'), eb('outbox.hold', '=', 'unsettled')]),
      ]),
    )
    .orderBy('punches.date')
    .execute();
}
