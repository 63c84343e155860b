import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Store } from '../../store/store.ts';
import { Refusal } from '../refusal.ts';

/** How long a nonce may be used. */
export const NONCE_LIFE_MS = 60_000;
/** How far the clocks of two server processes may be apart. */
const SKEW_MS = 5_000;

const TIME_BYTES = 6;
const RANDOM_BYTES = 18;
const BODY_BYTES = TIME_BYTES + RANDOM_BYTES;
const MAC_BYTES = 32;
const FORM = new RegExp(`^[A-Za-z0-9_-]{${Math.ceil(((BODY_BYTES + MAC_BYTES) * 4) / 3)}}$`);

/** A nonce of this server that is still good; whether it was used before is for `burnNonce` to say. */
export interface FreshNonce {
  nonce: string;
  issuedAtMs: number;
  expiresAtMs: number;
}

export interface Nonces {
  issue(): FreshNonce;
  /** @returns null when it is not ours, or was not good at `atMs`. */
  read(nonce: string, atMs: number): FreshNonce | null;
}

/**
 * Challenges that need no memory until they are used: time, random bytes and a MAC over both. Every process with the same
 * key knows the nonces of all.
 */
export function createNonces(key: Uint8Array, clock: Clock): Nonces {
  const macOf = (body: Uint8Array) =>
    createHmac('sha256', key).update('systemlog/v1/nonce\n').update(body).digest();
  return {
    issue() {
      const issuedAtMs = clock.now();
      const body = Buffer.alloc(BODY_BYTES);
      body.writeUIntBE(issuedAtMs, 0, TIME_BYTES);
      randomBytes(RANDOM_BYTES).copy(body, TIME_BYTES);
      const nonce = Buffer.concat([body, macOf(body)]).toString('base64url');
      return { nonce, issuedAtMs, expiresAtMs: issuedAtMs + NONCE_LIFE_MS };
    },
    read(nonce, atMs) {
      if (!FORM.test(nonce)) return null;
      const bytes = Buffer.from(nonce, 'base64url');
      // One spelling only, or one nonce could be used once for each.
      if (bytes.toString('base64url') !== nonce) return null;
      const body = bytes.subarray(0, BODY_BYTES);
      if (!timingSafeEqual(bytes.subarray(BODY_BYTES), macOf(body))) return null;
      const issuedAtMs = body.readUIntBE(0, TIME_BYTES);
      const expiresAtMs = issuedAtMs + NONCE_LIFE_MS;
      return issuedAtMs - SKEW_MS <= atMs && atMs < expiresAtMs ? { nonce, issuedAtMs, expiresAtMs } : null;
    },
  };
}

/** @throws Refusal `nonce-stale`. */
export function freshNonce(nonces: Nonces, nonce: string, atMs: number): FreshNonce {
  const fresh = nonces.read(nonce, atMs);
  if (!fresh) throw new Refusal('nonce-stale');
  return fresh;
}

/**
 * Uses a nonce up, for every process on this store. To be called when the signature over it was verified, and not before:
 * otherwise anybody who sees a nonce could spoil it.
 *
 * @throws Refusal `nonce-used` when it was used before; of two at the same moment one gets this.
 */
export async function burnNonce(store: Store, { nonce, expiresAtMs }: FreshNonce): Promise<void> {
  const { numInsertedOrUpdatedRows } = await store
    .insertInto('used_nonces')
    .values({ nonce, expires_at: expiresAtMs })
    .onConflict((conflict) => conflict.column('nonce').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows !== 1n) throw new Refusal('nonce-used');
}
