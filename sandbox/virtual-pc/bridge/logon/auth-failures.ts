import { RateLimit } from '../rate-limit.ts';

/** Refusals after which nothing was tried: something was left out, is no code at all, or the bridge itself could not judge. */
const NOT_A_TRY: ReadonlySet<string> = new Set([
  'password-missing',
  'code-missing',
  'one-answer-only',
  'not-asked',
  'waiting',
  'denied',
  'sealed-password-lost',
  'malformed',
  'recovery-malformed',
  'emergency-malformed',
  'unavailable',
  'recovery-unavailable',
  'emergency-unavailable',
]);

const BURST = 10;
const PER_SECOND = 10 / 60;

/**
 * Which refusals at the logon screen are recorded. Somebody hammering the tile must not be able to fill the journal, so of each account
 * ten are recorded at once and ten a minute after that. Those beyond are passed over and counted nowhere: what guards is the core's
 * own count of failures, and an unbroken row of ten a minute tells an administrator all there is to know.
 */
export class AuthFailures {
  readonly #monotonicMs: () => number;
  readonly #record: (sid: string, reason: string) => void;
  readonly #limits = new Map<string, RateLimit>();

  constructor(options: { monotonicMs: () => number; record: (sid: string, reason: string) => void }) {
    this.#monotonicMs = options.monotonicMs;
    this.#record = options.record;
  }

  /** @param reason the refusal's stable name. */
  refused(sid: string, reason: string): void {
    if (NOT_A_TRY.has(reason)) return;
    const limit = this.#limits.get(sid) ?? new RateLimit(BURST, PER_SECOND, this.#monotonicMs);
    this.#limits.set(sid, limit);
    if (limit.take()) this.#record(sid, reason);
  }
}
