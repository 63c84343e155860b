import { timingSafeEqual } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { DeviceRegistration, DeviceRole } from '../../../contract/device.ts';
import type { DeviceId } from '../../../contract/ids.ts';
import { deviceSecretPurpose } from '../../secrets/purposes.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import { tokenHash } from '../../secrets/token-hash.ts';
import type { AccessTokenTable, CompanyTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { type Device, refuseRetired } from './devices.ts';

interface Registered {
  company: Selectable<CompanyTable>;
  role: DeviceRole;
}

/**
 * Registers a device whose signature was verified, or finds that it is registered already: the same key with the same
 * company and secret changes nothing and takes no place, whatever became of the token since. A key that comes back with
 * another secret is a clone or a lost vault and is refused rather than believed: records sealed under the old secret must stay
 * checkable. Such a device makes a new key.
 *
 * @throws Refusal `unknown-company`, `access-token-…`, `key-in-use`, `device-retired`.
 */
export async function registerDevice(
  { store, secrets }: Pick<Services, 'store' | 'secrets'>,
  device: DeviceId,
  registration: DeviceRegistration,
  atMs: number,
): Promise<Registered> {
  const company = await store
    .selectFrom('companies')
    .selectAll()
    .where('code', '=', registration.company)
    .executeTakeFirst();
  if (!company) throw new Refusal('unknown-company');
  return store.transaction().execute(async (transaction) => {
    const token = await takeToken(transaction, company.id, registration.accessToken);
    const existing = await transaction
      .selectFrom('devices')
      .selectAll()
      .where('id', '=', device)
      .executeTakeFirst();
    if (existing) {
      refuseOther(existing, secrets, company.id, registration);
      return { company, role: existing.role };
    }
    await refuseSpent(transaction, token, atMs);
    await insertDevice(transaction, secrets, device, registration, token, atMs);
    return { company, role: token.role };
  });
}

async function insertDevice(
  transaction: Store,
  secrets: Secrets,
  device: DeviceId,
  { publicKey: { kty, crv, x, y }, deviceSecret, name, clientVersion }: DeviceRegistration,
  token: AccessToken,
  atMs: number,
): Promise<void> {
  await transaction
    .insertInto('devices')
    .values({
      company: token.company,
      id: device,
      name,
      role: token.role,
      public_key: JSON.stringify({ kty, crv, x, y }),
      sealed_secret: secrets.seal(Buffer.from(deviceSecret, 'base64url'), deviceSecretPurpose(device)),
      access_token: token.id,
      client_version: clientVersion,
      registered_at: atMs,
      retired_at: null,
      last_seen_at: atMs,
    })
    .execute();
}

type AccessToken = Selectable<AccessTokenTable>;

/**
 * Finds the token and locks its row: of two registrations at the same moment the second counts the first one's device. It writes, and
 * comes first in the transaction, because a SQLite transaction that begins by reading cannot always go on to write.
 */
async function takeToken(transaction: Store, company: string, accessToken: string): Promise<AccessToken> {
  const token = await transaction
    .updateTable('access_tokens')
    .set((column) => ({ device_limit: column.ref('device_limit') }))
    .where('company', '=', company)
    .where('token_hash', '=', tokenHash(accessToken))
    .returningAll()
    .executeTakeFirst();
  if (!token) throw new Refusal('access-token-unknown');
  return token;
}

async function refuseSpent(transaction: Store, token: AccessToken, atMs: number): Promise<void> {
  if (token.revoked_at !== null) throw new Refusal('access-token-revoked');
  if (token.expires_at !== null && token.expires_at <= atMs) throw new Refusal('access-token-expired');
  const { devices } = await transaction
    .selectFrom('devices')
    .select(({ fn }) => fn.countAll().as('devices'))
    .where('company', '=', token.company)
    .where('access_token', '=', token.id)
    .where('retired_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(devices) >= token.device_limit) throw new Refusal('access-token-used-up');
}

function refuseOther(
  existing: Device,
  secrets: Secrets,
  company: string,
  { deviceSecret }: DeviceRegistration,
): void {
  if (existing.company !== company) throw new Refusal('key-in-use');
  refuseRetired(existing);
  const held = secrets.open(existing.sealed_secret, deviceSecretPurpose(existing.id));
  if (!timingSafeEqual(held, Buffer.from(deviceSecret, 'base64url'))) throw new Refusal('key-in-use');
}
