import type { Store } from '../store/store.ts';
import type { DeviceScope } from './findings.ts';

/**
 * Makes this transaction the only one that changes the records of a device until it ends, on any node: it writes the
 * device's row first of all.
 *
 * @throws when the company has no such device: whoever calls has let somebody in who is not registered
 */
export async function lockDevice(
  tx: Store,
  { company, device }: DeviceScope,
  nowMs: number,
): Promise<{ registeredAtMs: number; sealedSecret: string }> {
  const row = await tx
    .updateTable('devices')
    .set({ last_seen_at: nowMs })
    .where('company', '=', company)
    .where('id', '=', device)
    .returning(['registered_at', 'sealed_secret'])
    .executeTakeFirst();
  if (!row) throw new Error('Records were brought for a device the company does not have');
  return { registeredAtMs: row.registered_at, sealedSecret: row.sealed_secret };
}
