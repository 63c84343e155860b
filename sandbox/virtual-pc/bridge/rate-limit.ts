/** A bucket that refills steadily: bursts are fine, floods are not. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #monotonicMs: () => number;
  #tokens: number;
  #countedAtMs: number;

  constructor(burst: number, perSecond: number, monotonicMs: () => number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#monotonicMs = monotonicMs;
    this.#tokens = burst;
    this.#countedAtMs = monotonicMs();
  }

  /** Whether one more is allowed now. */
  take(): boolean {
    const nowMs = this.#monotonicMs();
    const refilled = this.#tokens + ((nowMs - this.#countedAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, refilled);
    this.#countedAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
