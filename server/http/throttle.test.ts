import { describe, expect, it } from 'vitest';
import { createThrottle } from './throttle.ts';

const start = (limit: number) => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  return { clock, throttle: createThrottle(clock, limit, 1000) };
};

describe('a throttle', () => {
  it('lets a key fail so many times, then makes it wait until the window has passed', () => {
    const { clock, throttle } = start(2);
    throttle.fail('a');
    expect(throttle.waitMs('a')).toBe(0);
    clock.nowMs = 400;
    throttle.fail('a');
    expect(throttle.waitMs('a')).toBe(600);
    clock.nowMs = 1000;
    expect(throttle.waitMs('a')).toBe(0);
  });

  it('counts each key by itself', () => {
    const { throttle } = start(1);
    throttle.fail('a');
    expect([throttle.waitMs('a'), throttle.waitMs('b')]).toEqual([1000, 0]);
  });

  it('does not shut anybody out for long when the clock is set back', () => {
    const { clock, throttle } = start(1);
    clock.nowMs = 1_000_000;
    throttle.fail('a');
    clock.nowMs = 5;
    expect(throttle.waitMs('a')).toBe(0);
  });

  it('forgets the oldest rather than grow without end', () => {
    const { throttle } = start(1);
    for (let i = 0; i <= 10_000; i++) throttle.fail(`k${i}`);
    expect([throttle.waitMs('k0'), throttle.waitMs('k1')]).toEqual([0, 1000]);
  });
});
