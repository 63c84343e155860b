import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const limits = { baseMs: 1000, capMs: 300_000, floorMs: 200 };

test('waits up to twice as long after each failure, and never longer than the cap', () => {
  const backoff = new Backoff(limits, () => 0.999999);
  const waits = Array.from({ length: 12 }, () => backoff.nextMs());
  expect(waits.slice(0, 4).map((ms) => Math.round(ms / 1000))).toEqual([1, 2, 4, 8]);
  expect(waits.at(-1)).toBeGreaterThan(299_000);
  expect(waits.at(-1)).toBeLessThanOrEqual(300_000);
});

test('begins anew after a success', () => {
  const backoff = new Backoff(limits, () => 0.999999);
  backoff.nextMs();
  backoff.nextMs();
  backoff.succeeded();
  expect(backoff.nextMs()).toBeLessThanOrEqual(1000);
});

test('whatever chance brings, a wait lies between floor and cap', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
      (luck) => {
        const draws = luck.values();
        const backoff = new Backoff(limits, () => draws.next().value ?? 0);
        for (const _ of luck) {
          const ms = backoff.nextMs();
          expect(ms).toBeGreaterThanOrEqual(limits.floorMs);
          expect(ms).toBeLessThanOrEqual(limits.capMs);
        }
      },
    ),
  );
});
