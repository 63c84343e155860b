import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { tokenHash } from '../../secrets/token-hash.ts';
import type { SessionTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { type Device, refuseRetired } from '../devices/devices.ts';
import { Refusal } from '../refusal.ts';

/** How long a bearer token lives. */
export const SESSION_LIFE_MS = 15 * 60_000;

const BEARER = /^Bearer +([A-Za-z0-9_-]{32,256})$/i;

/** Makes a token for one account on one device; only its hash is kept. */
export async function openSession(
  store: Store,
  device: Device,
  { sid, clientVersion, atMs }: { sid: string; clientVersion: string; atMs: number },
): Promise<{ token: string; expiresAtMs: number }> {
  const token = randomBytes(32).toString('base64url');
  const expiresAtMs = atMs + SESSION_LIFE_MS;
  await store
    .insertInto('sessions')
    .values({
      company: device.company,
      token_hash: tokenHash(token),
      device: device.id,
      sid,
      client_version: clientVersion,
      created_at: atMs,
      expires_at: expiresAtMs,
    })
    .execute();
  return { token, expiresAtMs };
}

export interface OpenSession {
  session: Selectable<SessionTable>;
  device: Device;
}

/**
 * Whose an `Authorization` header is. Company and device come from the token's own row, so a token can only ever reach its
 * own company; a retired device's tokens end at once.
 *
 * @throws Refusal `token-missing`, `token-invalid`, `token-expired`, `device-retired`.
 */
export async function sessionOf(
  store: Store,
  authorization: string | undefined,
  atMs: number,
): Promise<OpenSession> {
  if (authorization === undefined) throw new Refusal('token-missing');
  const token = BEARER.exec(authorization)?.[1];
  if (!token) throw new Refusal('token-invalid');
  const session = await store
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', tokenHash(token))
    .executeTakeFirst();
  if (!session) throw new Refusal('token-invalid');
  if (session.expires_at <= atMs) throw new Refusal('token-expired');
  const device = await store
    .selectFrom('devices')
    .selectAll()
    .where('company', '=', session.company)
    .where('id', '=', session.device)
    .executeTakeFirst();
  if (!device) throw new Refusal('token-invalid');
  refuseRetired(device);
  return { session, device };
}
