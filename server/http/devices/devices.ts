import type { Selectable } from 'kysely';
import type { DeviceTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { Refusal } from '../refusal.ts';

export type Device = Selectable<DeviceTable>;

/**
 * Finds a device by its id alone: the one place where a company is not named, because the device tells us which it is. Ids
 * are thumbprints and unique over all companies.
 *
 * @throws Refusal `unknown-device`.
 */
export async function deviceById(store: Store, id: string): Promise<Device> {
  const device = await store.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
  if (!device) throw new Refusal('unknown-device');
  return device;
}

/** @throws Refusal `device-retired`. To be asked after the signature, so that strangers learn nothing. */
export function refuseRetired(device: Pick<Device, 'retired_at'>): void {
  if (device.retired_at !== null) throw new Refusal('device-retired');
}

/** A device counts as seen again only after this long, so that not every request writes. */
const SEEN_EVERY_MS = 60_000;

/** Notes that the device was heard of, and which version it runs now. */
export async function noteSeen(
  store: Store,
  device: Device,
  atMs: number,
  clientVersion = device.client_version,
): Promise<void> {
  const recent = Math.abs(atMs - device.last_seen_at) < SEEN_EVERY_MS;
  if (recent && clientVersion === device.client_version) return;
  await store
    .updateTable('devices')
    .set({ last_seen_at: atMs, client_version: clientVersion })
    .where('company', '=', device.company)
    .where('id', '=', device.id)
    .execute();
}
