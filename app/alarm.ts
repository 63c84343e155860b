import type { Timers } from './surroundings.ts';

interface Sleeper<Reason> {
  reasons: readonly Reason[];
  wake: () => void;
}

/**
 * A sleep that ends early for a reason. A reason that comes while nobody sleeps is remembered, so that what happens between
 * "is there work?" and "then sleep" wakes the sleeper at once. One sleeper at a time.
 */
export class Alarm<Reason extends string> {
  readonly #timers: Timers;
  readonly #pending = new Set<Reason>();
  #sleeper: Sleeper<Reason> | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  ring(reason: Reason): void {
    this.#pending.add(reason);
    if (this.#sleeper?.reasons.includes(reason)) this.#sleeper.wake();
  }

  /**
   * Sleeps until `delayMs` are over, one of `reasons` rings, or `signal` aborts. Never rejects.
   *
   * @param delayMs null to sleep for as long as it takes.
   * @returns whether a reason ended it.
   */
  async sleep(delayMs: number | null, reasons: readonly Reason[], signal: AbortSignal): Promise<boolean> {
    const rung = () => reasons.some((reason) => this.#pending.has(reason));
    if (!rung() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          cancel();
          signal.removeEventListener('abort', wake);
          this.#sleeper = null;
          resolve();
        };
        const cancel = delayMs === null ? () => {} : this.#timers.after(delayMs, wake);
        signal.addEventListener('abort', wake);
        this.#sleeper = { reasons, wake };
      });
    }
    const woken = rung();
    for (const reason of reasons) this.#pending.delete(reason);
    return woken;
  }
}
