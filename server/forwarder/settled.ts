import type { Store } from '../store/store.ts';
import type { Settlement } from './plan.ts';

const HOUR_MS = 3_600_000;
/** How long a day waits for its sources before an administrator is asked. */
export const GRACE_MS = 72 * HOUR_MS;
/** MaLion hands logoffs over days late; after this long nothing more is expected. */
const MALION_DELAY_MS = 48 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

interface Workday {
  company: string;
  employee: string;
  /** The border that closes the day. */
  endsAt: number;
}

/**
 * Whether all that can be known of a workday is known: its border has passed, every source of the employee has
 * reported past it, and what was reported has been computed.
 *
 * @param now milliseconds since 1970.
 */
export async function settlementOf(store: Store, day: Workday, now: number): Promise<Settlement> {
  if (now < day.endsAt || (await awaitsComputation(store, day))) return 'open';
  if (await hasReported(store, day, now)) return 'settled';
  return now >= day.endsAt + GRACE_MS ? 'overdue' : 'open';
}

/** Logs are in that the workday does not show yet. */
export async function awaitsComputation(store: Store, day: Workday): Promise<boolean> {
  const dirty = await store
    .selectFrom('dirty')
    .select('from_at')
    .where('company', '=', day.company)
    .where('employee', '=', day.employee)
    .where('from_at', '<', day.endsAt)
    .executeTakeFirst();
  return dirty !== undefined;
}

async function hasReported(store: Store, day: Workday, now: number): Promise<boolean> {
  const employee = await store
    .selectFrom('employees')
    .select('source')
    .where('company', '=', day.company)
    .where('id', '=', day.employee)
    .executeTakeFirst();
  switch (employee?.source) {
    case undefined:
    case 'client':
      return everyPcHasReported(store, day);
    case 'malion':
      return now >= day.endsAt + MALION_DELAY_MS;
    case 'lanscope':
      return batchHasArrived(store, day);
    default:
      return streamHasPassed(store, day, employee?.source ?? '');
  }
}

/**
 * Each PC linked to the employee has said, after the border, where its journal ends, and all up to there is held. A
 * retired PC has nothing more to say.
 */
async function everyPcHasReported(store: Store, day: Workday): Promise<boolean> {
  const silent = await store
    .selectFrom('links')
    .innerJoin('devices', (join) =>
      join.onRef('devices.company', '=', 'links.company').onRef('devices.id', '=', 'links.device'),
    )
    .select('devices.id')
    .where('links.company', '=', day.company)
    .where('links.employee', '=', day.employee)
    .where('devices.retired_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('journals')
            .select('journals.id')
            .whereRef('journals.company', '=', 'devices.company')
            .whereRef('journals.device', '=', 'devices.id')
            .where(({ or, and, eb, ref }) =>
              or([
                eb('journals.complete_at', '>=', day.endsAt),
                and([
                  eb('journals.stated_at', '>=', day.endsAt),
                  eb('journals.stated_sequence', '<=', ref('journals.contiguous_sequence')),
                ]),
              ]),
            ),
        ),
      ),
    )
    .executeTakeFirst();
  return silent === undefined;
}

/** LanScope delivers a day as one batch after its border, for the whole company. */
async function batchHasArrived(store: Store, day: Workday): Promise<boolean> {
  const log = await store
    .selectFrom('logs')
    .select('id')
    .where('company', '=', day.company)
    .where('source', '=', 'lanscope')
    .where('received_at', '>=', day.endsAt)
    .where('wall_at', '>=', day.endsAt - DAY_MS)
    .where('wall_at', '<', day.endsAt)
    .executeTakeFirst();
  return log !== undefined;
}

/** A source that reports in order has reported a day once it has reported anything after it. */
async function streamHasPassed(store: Store, day: Workday, source: string): Promise<boolean> {
  const log = await store
    .selectFrom('logs')
    .select('id')
    .where('company', '=', day.company)
    .where('source', '=', source)
    .where('wall_at', '>=', day.endsAt)
    .executeTakeFirst();
  return log !== undefined;
}
