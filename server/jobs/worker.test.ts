import pino from 'pino';
import { expect, test, vi } from 'vitest';
import { startWorker } from './worker.ts';

const quiet = pino({ level: 'silent' });

test('a poke during a round is answered by one more round', async () => {
  let rounds = 0;
  const gate = Promise.withResolvers<void>();
  const worker = startWorker(
    async () => {
      rounds += 1;
      if (rounds === 1) await gate.promise;
      return null;
    },
    { now: () => 0, pollMs: 60_000, log: quiet },
  );
  worker.poke();
  worker.poke();
  gate.resolve();
  await vi.waitFor(() => expect(rounds).toBe(2));
  await worker.stop();
  expect(rounds).toBe(2);
});

test('a round that fails is followed by another, and stopping waits for it', async () => {
  let calls = 0;
  const worker = startWorker(
    async () => {
      calls += 1;
      if (calls === 1) throw new Error('the disk is full');
      return null;
    },
    { now: () => 0, pollMs: 1, log: quiet },
  );
  await vi.waitFor(() => expect(calls).toBeGreaterThan(1));
  await worker.stop();
  const stoppedAt = calls;
  worker.poke();
  await Promise.resolve();
  expect(calls).toBe(stoppedAt);
});
