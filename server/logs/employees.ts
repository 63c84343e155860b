import type { Store } from '../store/store.ts';
import type { DeviceScope } from './findings.ts';

/** Which employee each of these Windows accounts is on a device; unlinked ones are not in it. */
export async function linkedEmployees(
  tx: Store,
  { company, device }: DeviceScope,
  sids: readonly string[],
): Promise<Map<string, string>> {
  if (sids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('links')
    .select(['sid', 'employee'])
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', 'in', sids)
    .execute();
  return new Map(rows.map(({ sid, employee }) => [sid, employee]));
}

/** Everybody linked on a device: whom a startup or shutdown of it concerns. */
export async function employeesOf(tx: Store, { company, device }: DeviceScope): Promise<string[]> {
  const rows = await tx
    .selectFrom('links')
    .select('employee')
    .distinct()
    .where('company', '=', company)
    .where('device', '=', device)
    .execute();
  return rows.map(({ employee }) => employee);
}
