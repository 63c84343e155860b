/** Everything the client takes from its surroundings, so that a test can say what time it is and what chance brings. */
export interface Surroundings {
  clock: Clock;
  timers: Timers;
  /** A number in [0, 1), as `Math.random`. */
  random: () => number;
}

export interface Clock {
  /** Wall time in milliseconds since 1970. May jump; only ever shown or stored, never used to measure a duration. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
}

export interface Timers {
  /** Calls `run` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemSurroundings: Surroundings = {
  clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
  timers: {
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: () => Math.random(),
};
