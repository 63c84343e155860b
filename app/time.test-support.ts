import type { Surroundings } from './surroundings.ts';

/** Surroundings a test holds in its hand: time passes when it says so, and chance always brings the same. */
export interface TestTime extends Surroundings {
  /** Lets time pass; what falls due runs in its order. */
  pass(ms: number): void;
  /** Moves only the wall clock, as a person would. */
  setWallClock(now: number): void;
  /** How many timers are set. */
  readonly pending: number;
}

export function testTime(start = Date.UTC(2026, 7, 3), chance = 0.5): TestTime {
  let monotonicMs = 1_000;
  let offset = start - monotonicMs;
  const timers = new Map<symbol, { at: number; run: () => void }>();
  return {
    clock: { now: () => monotonicMs + offset, monotonicMs: () => monotonicMs },
    timers: {
      after(delayMs, run) {
        const key = Symbol('timer');
        timers.set(key, { at: monotonicMs + delayMs, run });
        return () => timers.delete(key);
      },
    },
    random: () => chance,
    pass(ms) {
      const until = monotonicMs + ms;
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
        if (!next) break;
        const [key, { at, run }] = next;
        timers.delete(key);
        monotonicMs = Math.max(monotonicMs, at);
        run();
      }
      monotonicMs = until;
    },
    setWallClock(now) {
      offset = now - monotonicMs;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** How long real sockets and disks may take, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Waits for real sockets and disks to bring something about. @throws when they do not. */
export async function until(condition: () => boolean): Promise<void> {
  const startedMs = performance.now();
  while (!condition()) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`Never came true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
