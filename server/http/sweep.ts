import type { Clock } from '../clock.ts';
import { sweepLogon } from '../logon/sweep.ts';
import type { Store } from '../store/store.ts';

const EVERY_MS = 60_000;
/**
 * Rows outlive their time by this: a server clock set back by less cannot make a used nonce good again, and a client that
 * comes late hears that its token expired, not that it never was.
 */
export const KEPT_AFTER_EXPIRY_MS = 10 * 60_000;

/**
 * Deletes used nonces, sessions and what logon no longer needs when their time is long over. Called after every request, it works at most once a minute.
 */
export function createSweeper(store: Store, clock: Clock): () => Promise<void> {
  let sweptAtMs = 0;
  return async () => {
    const nowMs = clock.now();
    if (Math.abs(nowMs - sweptAtMs) < EVERY_MS) return;
    sweptAtMs = nowMs;
    const before = nowMs - KEPT_AFTER_EXPIRY_MS;
    await store.deleteFrom('used_nonces').where('expires_at', '<', before).execute();
    await store.deleteFrom('sessions').where('expires_at', '<', before).execute();
    await sweepLogon(store, before);
  };
}
