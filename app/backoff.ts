/** How long to wait after failures in a row. */
export interface BackoffLimits {
  /** Upper bound of the first wait; doubles with each failure. */
  baseMs: number;
  capMs: number;
  /** Never less than this, so that luck cannot make a hot loop. */
  floorMs: number;
}

/**
 * Exponential backoff with full jitter: each wait is drawn evenly between the floor and a bound that doubles, so that ten thousand
 * clients which lost the same server do not come back to it together.
 */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #failures = 0;

  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Counts one more failure and says how long to wait, in milliseconds. */
  nextMs(): number {
    const { baseMs, capMs, floorMs } = this.#limits;
    const bound = Math.min(capMs, baseMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    return floorMs + Math.floor(this.#random() * Math.max(0, bound - floorMs));
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
