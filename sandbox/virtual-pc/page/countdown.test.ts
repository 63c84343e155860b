import { expect, test } from 'vitest';
import { secondsLeft, stretchOf } from './countdown.ts';

test.each([
  { waitMs: 30_000, nowMs: 1_000, left: 30 },
  { waitMs: 30_000, nowMs: 1_001, left: 30 },
  { waitMs: 30_000, nowMs: 30_001, left: 1 },
  { waitMs: 30_000, nowMs: 30_999, left: 1 },
  { waitMs: 30_000, nowMs: 31_000, left: 0 },
  { waitMs: 30_000, nowMs: 90_000, left: 0 },
])('of $waitMs ms heard at 1000, $left s are left at $nowMs', ({ waitMs, nowMs, left }) => {
  expect(secondsLeft({ waitMs, heardAtMs: 1_000 }, nowMs)).toBe(left);
});

test('a wait is told in minutes only when there is a whole one', () => {
  expect(stretchOf(59)).toEqual({ key: 'countdown.seconds', values: { s: 59 } });
  expect(stretchOf(60)).toEqual({ key: 'countdown.minutes', values: { m: 1, s: 0 } });
  expect(stretchOf(899)).toEqual({ key: 'countdown.minutes', values: { m: 14, s: 59 } });
});
