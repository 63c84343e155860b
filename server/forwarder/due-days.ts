import { sql } from 'kysely';
import type { Store } from '../store/store.ts';

/** One employee's workday. */
export interface Day {
  company: string;
  employee: string;
  date: string;
}

/** The first workday a company forwards, as text that sorts before all when it forwards all there are. */
const FORWARD_FROM = sql<string>`coalesce(attendance_services.forward_from, '')`;

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
    .where('unplanned.date', '>=', FORWARD_FROM)
    .orderBy('unplanned.date')
    .execute();
}

/**
 * Planned days whose time has come to be looked at again, of companies that forward. One planned in the future counts too:
 * the clock was set back since, and the time noted for it means nothing.
 */
export function dueDays(store: Store, now: number): Promise<Day[]> {
  return store
    .selectFrom('open_days')
    .innerJoin('attendance_services', 'attendance_services.company', 'open_days.company')
    .select(['open_days.company', 'open_days.employee', 'open_days.date'])
    .where('attendance_services.enabled', '=', 1)
    .where(({ or, eb }) => or([eb('open_days.look_at', '<=', now), eb('open_days.planned_at', '>', now)]))
    .where('open_days.date', '>=', FORWARD_FROM)
    .orderBy('open_days.date')
    .execute();
}
