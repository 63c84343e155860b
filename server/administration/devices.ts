import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';

/**
 * Retires a device: its signatures and tokens are refused from now on, its place under the token's limit is free again, its records stay.
 * Retiring again changes nothing.
 *
 * @throws AdministrationError `unknown-device`.
 */
export async function retireDevice(
  store: Store,
  company: string,
  device: string,
  atMs: number,
): Promise<void> {
  const { numUpdatedRows } = await store
    .updateTable('devices')
    .set(({ fn, val, ref }) => ({ retired_at: fn.coalesce(ref('retired_at'), val(atMs)) }))
    .where('company', '=', company)
    .where('id', '=', device)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw unknownDevice(device);
}

export const unknownDevice = (device: string): AdministrationError =>
  new AdministrationError('unknown-device', `The company has no device ${device}`);
