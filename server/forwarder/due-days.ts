import type { Store } from '../store/store.ts';

/** One employee's workday. */
export interface Day {
  company: string;
  employee: string;
  date: string;
}

/** Asks for a day to be planned anew. Belongs into the transaction of what made that necessary, so that it is never forgotten. */
export async function markUnplanned(tx: Store, { company, employee, date }: Day): Promise<void> {
  await tx
    .insertInto('unplanned')
    .values({ company, employee, date })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Days that came out differently since they were planned, of companies that forward. */
export function changedDays(store: Store): Promise<Day[]> {
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
export async function dueDays(store: Store, now: number): Promise<Day[]> {
  return (
    store
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
      // Where an administrator has entered the time, the day's own punch is not sent.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('outbox as entered')
              .select('entered.id')
              .whereRef('entered.company', '=', 'punches.company')
              .whereRef('entered.employee', '=', 'punches.employee')
              .whereRef('entered.date', '=', 'punches.date')
              .whereRef('entered.kind', '=', 'punches.kind')
              .where('entered.hold', '=', 'entered')
              .where('entered.state', '<>', 'withdrawn'),
          ),
        ),
      )
      .orderBy('punches.date')
      .execute()
  );
}
