import type { EnrolmentGrantTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';
import type { AccountOnDevice } from './accounts.ts';

/** How long somebody who has proved themselves may take to enrol. */
export const GRANT_LIFE_MS = 60 * 60_000;
/** How far the clocks of two server processes may be apart. */
const SKEW_MS = 60_000;

/** Lets an account start enrolments for a while. `first` serves only while its employee has nothing enrolled. */
export async function grantEnrolment(
  tx: Store,
  { company, device, sid }: AccountOnDevice,
  employee: string,
  kind: EnrolmentGrantTable['kind'],
  nowMs: number,
): Promise<number> {
  const row = { employee, kind, expires_at: nowMs + GRANT_LIFE_MS };
  await tx
    .insertInto('enrolment_grants')
    .values({ company, device, sid, ...row })
    .onConflict((conflict) => conflict.columns(['company', 'device', 'sid']).doUpdateSet(row))
    .execute();
  return row.expires_at;
}

/** Until when the account may start an enrolment without a proof; null when it may not. */
export async function grantedUntil(
  store: Store,
  { company, device, sid }: AccountOnDevice,
  { employee, enrolled, nowMs }: { employee: string; enrolled: boolean; nowMs: number },
): Promise<number | null> {
  const grant = await store
    .selectFrom('enrolment_grants')
    .select(['kind', 'expires_at'])
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .where('employee', '=', employee)
    .executeTakeFirst();
  if (!grant || grant.expires_at <= nowMs) return null;
  // The clock was set back since. Better to ask for a proof again than to leave the door open.
  if (grant.expires_at > nowMs + GRANT_LIFE_MS + SKEW_MS) return null;
  return enrolled && grant.kind === 'first' ? null : grant.expires_at;
}

export async function endGrants(tx: Store, company: string, employee: string): Promise<void> {
  await tx
    .deleteFrom('enrolment_grants')
    .where('company', '=', company)
    .where('employee', '=', employee)
    .execute();
}
