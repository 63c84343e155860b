import { bootId, type ClockReading } from '../../../contract/ids.ts';
import type { ClockReading as CoreClockReading } from '../../../native/addon/types.ts';

/** Where time and chance come from. */
export interface BridgeSources {
  /** The machine's real wall clock, milliseconds since 1970. */
  realNowMs(): number;
  /** Never goes back and knows nothing of the wall clock. */
  monotonicMs(): number;
  randomUuid(): string;
}

/** The PC's two clocks: the wall clock, which anybody may set, and the run since the last boot or resume, which nobody can. */
export class MachineClock {
  readonly #sources: BridgeSources;
  #bootId: string;
  #runBeganMs: number;
  /** How far the PC's wall clock is from the real one, in milliseconds. */
  offsetMs: number;

  constructor(sources: BridgeSources, offsetMs: number) {
    this.#sources = sources;
    this.offsetMs = offsetMs;
    this.#bootId = sources.randomUuid();
    this.#runBeganMs = sources.monotonicMs();
  }

  /** Begins a new run, as after every resume. */
  renew(): void {
    this.#bootId = this.#sources.randomUuid();
    this.#runBeganMs = this.#sources.monotonicMs();
  }

  wallMs(): number {
    return this.#sources.realNowMs() + this.offsetMs;
  }

  reading(): ClockReading {
    const uptimeMs = Math.max(0, Math.floor(this.#sources.monotonicMs() - this.#runBeganMs));
    return { bootId: bootId.parse(this.#bootId), uptimeMs };
  }

  /** Both clocks at once, as the logon core reads them. */
  moment(): CoreClockReading {
    return { wallMs: Math.trunc(this.wallMs()), ...this.reading() };
  }
}

/** An instant as the contract writes it. */
export const toInstant = (ms: number): string => new Date(ms).toISOString();
