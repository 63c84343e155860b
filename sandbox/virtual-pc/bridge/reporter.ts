import type { SealedEvent } from '../../../contract/event.ts';
import { toInstant } from './clock-run.ts';
import type { JournalRecord } from './journal-codec.ts';
import { ServerProblem } from './server-connection.ts';
import type { Timers } from './timers.ts';

/** After how long, in milliseconds, the bridge does by itself what a client would have done sooner. */
export interface ReportingDelays {
  /** What concerns the machine: no tray app reports it. */
  machineMs: number;
  /** After a session ended: its tray app is gone. */
  sessionEndMs: number;
  /** Everything else, if no receipt has covered it by then. */
  overdueMs: number;
  /** The longest silence: an anchor is sent even when there is nothing to report. */
  anchorMs: number;
  /** How often the server is asked what has changed for the logon screen. */
  logonMs: number;
  retryFirstMs: number;
  retryLongestMs: number;
}

export const REPORTING_DELAYS: ReportingDelays = {
  machineMs: 2_000,
  sessionEndMs: 1_500,
  overdueMs: 3 * 60_000,
  anchorMs: 60 * 60_000,
  // Short: in front of this PC sits somebody who changes something at the server and watches what becomes of it.
  logonMs: 60_000,
  retryFirstMs: 2_000,
  retryLongestMs: 5 * 60_000,
};

/** What the reporter asks of the bridge. */
export interface ReportSubject {
  /** Makes sure that the server knows the device. */
  register(): Promise<void>;
  /** To be called when the server says it does not. */
  forgetRegistration(): void;
  /** What no receipt covers yet, oldest first. */
  unreceived(): readonly JournalRecord[];
  /** Whether a record's own tray app is there and may still report it. */
  leftToTray(record: JournalRecord): boolean;
  /** Uploads one batch with an anchor and takes the receipts of the answer. */
  upload(events: readonly SealedEvent[]): Promise<void>;
  /** Sends what was saved of damaged journals; nothing to do in a sound one. */
  uploadDamaged(): Promise<void>;
  /** Tells what happened at the logon screen and learns what holds there from now on; comes after the journal. */
  syncLogon(): Promise<void>;
  wallMs(): number;
}

export type SyncOutcome = {
  reached: boolean;
  /** Code of what stood in the way; null when nothing did. */
  problem: string | null;
};

export interface ReporterOptions {
  subject: ReportSubject;
  timers: Timers;
  /** Never goes back; waiting is measured by it. */
  monotonicMs: () => number;
  delays: ReportingDelays;
  /** In [0, 1): spreads the retries of many PCs. */
  random: () => number;
  maxBatchEvents: number;
  maxBatchBytes: number;
  onOutcome: (outcome: SyncOutcome) => void;
  /** Told of what should not have happened. */
  onFailure: (error: unknown) => void;
}

/**
 * Sends the journal to the server by the bridge itself: what no tray app has reported in time, what concerns nobody's session, and
 * an anchor now and then. One run at a time; a run asked for meanwhile follows it.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  #cancelTimer: (() => void) | null = null;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #running: Promise<SyncOutcome> | null = null;
  /** Sequences the server has given any verdict on, in this process. A refusal is final and is not asked for again. */
  #answered = new Set<number>();
  #failures = 0;
  #stopped = false;
  lastSyncAt: string | null = null;
  lastProblem: string | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Asks for a run in at most `delayMs`. The earliest wish counts. */
  soon(delayMs: number): void {
    if (this.#stopped) return;
    const atMs = this.#options.monotonicMs() + delayMs;
    if (atMs >= this.#dueAtMs) return;
    this.#schedule(delayMs, atMs);
  }

  /** The network came back: no reason to wait for the next retry. */
  networkUp(): void {
    this.#failures = 0;
    this.soon(0);
  }

  /** Sends everything now, after a run under way. Never throws. */
  now(): Promise<SyncOutcome> {
    return this.#after(true);
  }

  /** @param all also what a tray app may still report. */
  async #after(all: boolean): Promise<SyncOutcome> {
    while (this.#running) await this.#running;
    this.#running = this.#run(all).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** No further runs; one under way goes on. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** While the PC sleeps nothing is sent. */
  pause(): void {
    this.#cancelTimer?.();
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  #schedule(delayMs: number, atMs: number): void {
    this.#cancelTimer?.();
    this.#dueAtMs = atMs;
    this.#cancelTimer = this.#options.timers.after(delayMs, () => {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      void this.#after(false);
    });
  }

  async #run(all: boolean): Promise<SyncOutcome> {
    const { subject, delays } = this.#options;
    const outcome = await this.#report(all);
    if (outcome.problem === null) {
      this.#failures = 0;
      this.lastSyncAt = toInstant(subject.wallMs());
      const silenceMs = this.#unanswered().length > 0 ? delays.overdueMs : delays.anchorMs;
      this.soon(Math.min(silenceMs, delays.logonMs));
    } else {
      this.soon(this.#retryDelayMs(outcome.retryAfterMs));
      this.#failures += 1;
    }
    this.lastProblem = outcome.problem;
    const { reached, problem } = outcome;
    this.#options.onOutcome({ reached, problem });
    return { reached, problem };
  }

  async #report(all: boolean): Promise<SyncOutcome & { retryAfterMs: number | null }> {
    const { subject } = this.#options;
    try {
      await subject.register();
      await subject.uploadDamaged();
      let batch = this.#nextBatch(all);
      do {
        await subject.upload(batch.map(({ sealed }) => sealed));
        for (const { event } of batch) this.#answered.add(event.sequence);
        batch = this.#nextBatch(all);
      } while (batch.length > 0 && !this.#stopped);
      await subject.syncLogon();
      return { reached: true, problem: null, retryAfterMs: null };
    } catch (error) {
      if (!(error instanceof ServerProblem)) {
        this.#options.onFailure(error);
        return { reached: false, problem: 'internal-error', retryAfterMs: null };
      }
      if (error.code === 'unknown-device') subject.forgetRegistration();
      const reached = error.code !== 'unreachable';
      return { reached, problem: error.code, retryAfterMs: error.retryAfterMs };
    }
  }

  #unanswered(): JournalRecord[] {
    const unreceived = this.#options.subject.unreceived();
    const first = unreceived[0]?.event.sequence ?? Number.POSITIVE_INFINITY;
    for (const sequence of this.#answered) if (sequence < first) this.#answered.delete(sequence);
    return unreceived.filter(({ event }) => !this.#answered.has(event.sequence));
  }

  #nextBatch(all: boolean): JournalRecord[] {
    const { subject, maxBatchEvents, maxBatchBytes } = this.#options;
    const batch: JournalRecord[] = [];
    let bytes = 0;
    for (const record of this.#unanswered()) {
      if (!all && subject.leftToTray(record)) continue;
      bytes += Buffer.byteLength(JSON.stringify(record.sealed)) + 1;
      if (batch.length > 0 && (batch.length >= maxBatchEvents || bytes > maxBatchBytes)) break;
      batch.push(record);
    }
    return batch;
  }

  /** Doubles from the first delay to the longest, spread over the upper half; never sooner than the server asks. */
  #retryDelayMs(retryAfterMs: number | null): number {
    const { delays, random } = this.#options;
    const fullMs = Math.min(delays.retryFirstMs * 2 ** Math.min(this.#failures, 20), delays.retryLongestMs);
    const spreadMs = fullMs / 2 + (fullMs / 2) * random();
    return Math.max(spreadMs, Math.min(retryAfterMs ?? 0, delays.retryLongestMs));
  }
}
