import type { Store } from '../store/store.ts';
import type { Day } from './due-days.ts';
import type { LedgerRow } from './ledger.ts';
import type { DerivedPunch, Settlement } from './plan.ts';
import { GRACE_MS } from './settled.ts';

const MINUTE_MS = 60_000;
/** How often a day is looked at whose sources are awaited: they do not say for which day they reported. */
const SHORTEST_LOOK_MS = MINUTE_MS;
const LONGEST_LOOK_MS = 5 * MINUTE_MS;
/** The wait until the next look, as a part of what was waited already. */
const LOOK_PART = 1 / 120;

/** A day as it is after it was planned. `at` of punches and rows is a whole second. */
export interface PlannedDay {
  punches: readonly Pick<DerivedPunch, 'kind' | 'at'>[];
  ledger: readonly Pick<LedgerRow, 'kind' | 'at' | 'state' | 'hold'>[];
  settlement: Settlement;
  /** The border that closes it; null when the workday vanished. */
  endsAt: number | null;
  inUndecidedUntil: number | null;
  /** Logs are in that it does not show yet. */
  isToBeComputed: boolean;
  now: number;
}

/**
 * When a planned day is to be planned again though nothing of it changed; null when time alone changes nothing about it any
 * more. Milliseconds since 1970, never before `now`; `now` itself asks for the next round.
 */
export function nextLookAt(day: PlannedDay): number | null {
  const { settlement, endsAt, now } = day;
  if (endsAt === null) return null;
  const lacking = day.punches.filter((punch) => !hasItsRow(day, punch));
  if (settlement !== 'open' && lacking.length === 0) return null;
  const looks: number[] = [];
  if (lacking.length > 0 && day.inUndecidedUntil !== null) looks.push(day.inUndecidedUntil);
  else if (lacking.some(({ kind }) => kind === 'in')) looks.push(now);
  if (settlement !== 'settled') looks.push(day.isToBeComputed ? Math.max(now, endsAt) : awaited(endsAt, now));
  // A worker had the row while it was planned.
  else if (lacking.some(({ kind }) => kind !== 'in')) looks.push(now);
  return looks.length === 0 ? null : Math.min(...looks);
}

/** First the border, then the sources, and the moment at which they are awaited no longer. */
function awaited(endsAt: number, now: number): number {
  if (now < endsAt) return endsAt;
  const waitMs = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, (now - endsAt) * LOOK_PART));
  const look = Math.ceil(now + waitMs);
  const graceEnds = endsAt + GRACE_MS;
  return now < graceEnds ? Math.min(look, graceEnds) : look;
}

/** Whether a punch has the row it will keep, or gets none because an administrator has entered the time. */
function hasItsRow({ ledger }: PlannedDay, { kind, at }: Pick<DerivedPunch, 'kind' | 'at'>): boolean {
  return ledger
    .filter((row) => row.kind === kind && row.state !== 'withdrawn')
    .some(
      (row) =>
        row.hold === 'entered' ||
        ((kind === 'in' || row.at === at) && !(row.state === 'held' && row.hold === 'unsettled')),
    );
}

/** Writes down when a day is looked at again. */
export async function scheduleLook(
  store: Store,
  day: Day,
  lookAt: number | null,
  now: number,
): Promise<void> {
  if (lookAt === null) {
    await store
      .deleteFrom('open_days')
      .where('company', '=', day.company)
      .where('employee', '=', day.employee)
      .where('date', '=', day.date)
      .execute();
    return;
  }
  const { company, employee, date } = day;
  await store
    .insertInto('open_days')
    .values({ company, employee, date, look_at: lookAt, planned_at: now })
    .onConflict((conflict) =>
      conflict.columns(['company', 'employee', 'date']).doUpdateSet({ look_at: lookAt, planned_at: now }),
    )
    .execute();
}

/** Whether a session is carried over a border shows in the day before: the employee's days after a changed one are looked at. */
export async function wakeLaterDays(store: Store, day: Day, now: number): Promise<void> {
  await store
    .updateTable('open_days')
    .set({ look_at: now })
    .where('company', '=', day.company)
    .where('employee', '=', day.employee)
    .where('date', '>', day.date)
    .where('look_at', '>', now)
    .execute();
}
