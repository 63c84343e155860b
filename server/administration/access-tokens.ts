import { randomInt, randomUUID } from 'node:crypto';
import type { DeviceRole } from '../../contract/device.ts';
import { tokenHash } from '../secrets/token-hash.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';

const ALPHANUMERICS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TOKEN_LENGTH = 32;

export interface TokenTerms {
  role: DeviceRole;
  /** How many devices that are not retired it may have made at a time. */
  deviceLimit: number;
  /** Null: never. */
  expiresAtMs: number | null;
}

/** Issues an access token. Its text is in the answer and nowhere else: only the hash is kept. */
export async function issueToken(
  store: Store,
  company: string,
  terms: TokenTerms,
): Promise<{ id: string; token: string }> {
  const id = randomUUID();
  const letters = Array.from({ length: TOKEN_LENGTH }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]);
  const token = letters.join('');
  await store
    .insertInto('access_tokens')
    .values({
      company,
      id,
      token_hash: tokenHash(token),
      role: terms.role,
      expires_at: terms.expiresAtMs,
      device_limit: terms.deviceLimit,
      revoked_at: null,
    })
    .execute();
  return { id, token };
}

/**
 * Ends an access token; devices it made stay. Revoking again changes nothing.
 *
 * @throws AdministrationError `unknown-token`.
 */
export async function revokeToken(store: Store, company: string, id: string, atMs: number): Promise<void> {
  const { numUpdatedRows } = await store
    .updateTable('access_tokens')
    .set(({ fn, val, ref }) => ({ revoked_at: fn.coalesce(ref('revoked_at'), val(atMs)) }))
    .where('company', '=', company)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) {
    throw new AdministrationError('unknown-token', `The company has no access token with the id ${id}`);
  }
}

/** The company's access tokens with the number of devices that count against each one's limit. */
export async function listTokens(store: Store, company: string) {
  return store
    .selectFrom('access_tokens as token')
    .leftJoin('devices as device', (join) =>
      join
        .onRef('device.company', '=', 'token.company')
        .onRef('device.access_token', '=', 'token.id')
        .on('device.retired_at', 'is', null),
    )
    .where('token.company', '=', company)
    .groupBy(['token.id', 'token.role', 'token.device_limit', 'token.expires_at', 'token.revoked_at'])
    .select(['token.id', 'token.role', 'token.device_limit', 'token.expires_at', 'token.revoked_at'])
    .select(({ fn }) => fn.count<number>('device.id').as('devices'))
    .orderBy('token.id')
    .execute();
}
