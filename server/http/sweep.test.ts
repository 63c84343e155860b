import { describe, expect, it } from 'vitest';
import { openStore } from '../store/store.ts';
import { createSweeper, KEPT_AFTER_EXPIRY_MS } from './sweep.ts';

async function withRows(...expiresAt: number[]) {
  const store = await openStore(':memory:');
  for (const at of expiresAt) {
    await store
      .insertInto('used_nonces')
      .values({ nonce: `n${at}`, expires_at: at })
      .execute();
    const session = { company: 'c', device: 'd', sid: 's', client_version: '1', created_at: 0 };
    await store
      .insertInto('sessions')
      .values({ ...session, token_hash: `t${at}`, expires_at: at })
      .execute();
  }
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const left = async () => ({
    nonces: (await store.selectFrom('used_nonces').select('nonce').execute()).map(({ nonce }) => nonce),
    sessions: (await store.selectFrom('sessions').select('token_hash').execute()).map((s) => s.token_hash),
  });
  return { store, clock, left };
}

const NOW = 1_780_000_000_000;

describe('sweeping', () => {
  it('deletes what is long over and keeps what is over since a moment', async () => {
    const last = NOW - KEPT_AFTER_EXPIRY_MS;
    const { store, clock, left } = await withRows(last - 1, last, NOW + 1);
    clock.nowMs = NOW;
    await createSweeper(store, clock)();
    expect(await left()).toEqual({
      nonces: [`n${last}`, `n${NOW + 1}`],
      sessions: [`t${last}`, `t${NOW + 1}`],
    });
  });

  it('happens at most once a minute', async () => {
    const { store, clock, left } = await withRows();
    clock.nowMs = NOW;
    const sweep = createSweeper(store, clock);
    await sweep();
    await store.insertInto('used_nonces').values({ nonce: 'old', expires_at: 1 }).execute();
    clock.nowMs += 59_999;
    await sweep();
    expect((await left()).nonces).toEqual(['old']);
    clock.nowMs += 1;
    await sweep();
    expect((await left()).nonces).toEqual([]);
  });
});
