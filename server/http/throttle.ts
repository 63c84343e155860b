import type { Clock } from '../clock.ts';

export interface Throttle {
  /** Milliseconds until this key may try again; 0 when it may now. */
  waitMs(key: string): number;
  /** Counts a failure. */
  fail(key: string): void;
}

/** Addresses remembered at most; beyond that the oldest are forgotten, so that memory stays bounded. */
const MAX_KEYS = 10_000;

/** Allows `limit` failures a key within `windowMs`, counted from its first one. Kept by this process alone. */
export function createThrottle(clock: Clock, limit: number, windowMs: number): Throttle {
  const failures = new Map<string, { count: number; sinceMs: number }>();
  const current = (key: string) => {
    const entry = failures.get(key);
    if (!entry || Math.abs(clock.now() - entry.sinceMs) >= windowMs) return null;
    return entry;
  };
  return {
    waitMs(key) {
      const entry = current(key);
      return entry && entry.count >= limit ? entry.sinceMs + windowMs - clock.now() : 0;
    },
    fail(key) {
      const entry = current(key) ?? { count: 0, sinceMs: clock.now() };
      failures.delete(key);
      failures.set(key, { ...entry, count: entry.count + 1 });
      const [oldest] = failures.keys();
      if (failures.size > MAX_KEYS && oldest !== undefined) failures.delete(oldest);
    },
  };
}
