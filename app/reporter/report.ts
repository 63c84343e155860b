import type { Me } from '../../contract/me.ts';
import { type EventVerdict, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '../../contract/upload.ts';
import { Alarm } from '../alarm.ts';
import { Backoff } from '../backoff.ts';
import type { BridgeConnection } from '../bridge/connection.ts';
import { BridgeError } from '../bridge/errors.ts';
import { QueueError } from '../queue/errors.ts';
import type { EventQueue } from '../queue/queue.ts';
import type { WaitingEvent } from '../queue/types.ts';
import { type StatusBoard, toInstant } from '../status/board.ts';
import { showCounts } from '../status/counts.ts';
import type { StepObserver } from '../steps.ts';
import type { Surroundings } from '../surroundings.ts';
import { deliver } from './deliver.ts';
import type { Failure, Outcome } from './failure.ts';
import { type Plan, planAfter, planAfterQueue, planAfterToday, type Wake } from './plan.ts';
import type { ServerApi } from './server-api.ts';
import type { ServerSession } from './server-session.ts';

/** The server the device is registered with, and the client's token there. */
export interface ServerAccess {
  api: ServerApi;
  session: ServerSession;
}

export interface ReportOptions extends Surroundings {
  queue: EventQueue;
  bridge: () => Pick<BridgeConnection, 'request'> | null;
  /** Fails with `closed` until the bridge was reached once, and with `not-registered` until the device is registered. */
  access: () => Outcome<ServerAccess>;
  /** The bridge may know a registration that its last `hello` did not: asks for a new one. */
  greetAgain: () => void;
  board: StatusBoard;
  onStep: StepObserver;
}

const RETRY = { baseMs: 2_000, capMs: 5 * 60_000, floorMs: 500 };
/** Not even new events end a wait sooner than this: a queue being filled rings for every page. */
const REST_MS = 5_000;
const TODAY_EVERY_MS = 5 * 60_000;
/**
 * The server computes the day, and forwards it, after it has taken an upload. The day is asked for again this much later and, while
 * a punch of it is on its way, ever more rarely.
 */
const TODAY_SETTLING_MS = 2_000;
/** The upload's own brackets and names beside its events, generously. */
const BATCH_BYTES = MAX_BATCH_BYTES - 4096;
const RECEIPT_REFUSED = ['receipt-invalid', 'unknown-journal', 'beyond-head', 'invalid-params'];

/**
 * Brings the queue's events to the server and the server's receipts to the bridge: one request at a time, and between failures
 * always a wait.
 */
export class Report {
  readonly #options: ReportOptions;
  readonly #alarm: Alarm<Wake>;
  readonly #backoff: Backoff;
  #todayDueMs: number;
  /** Until the day is asked for again; at most `TODAY_EVERY_MS`. */
  #todayPaceMs = TODAY_EVERY_MS;
  /** How often somebody wanted the day anew. */
  #todayWanted = 0;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.timers);
    this.#backoff = new Backoff(RETRY, options.random);
    this.#todayDueMs = options.clock.monotonicMs();
  }

  wake(reason: Wake): void {
    this.#alarm.ring(reason);
  }

  /** Asks for the day at once: the server would answer otherwise than before. */
  refreshToday(): void {
    this.#todayWanted++;
    this.#todayDueMs = this.#options.clock.monotonicMs();
    this.wake('now');
  }

  /** Reports until `signal` aborts. @throws QueueError `damaged`, and only that. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const plan = await this.#round(signal);
      if (signal.aborted) return;
      if (plan) await this.#waitOut(plan, signal);
      else await this.#rest(signal);
    }
  }

  /** Does all there is to do; null when that worked. */
  async #round(signal: AbortSignal): Promise<Plan | null> {
    const { queue, board } = this.#options;
    try {
      showCounts(queue, board);
      await this.#carryReceipts();
      const undelivered = await this.#uploadAll(signal);
      await this.#carryReceipts();
      if (undelivered) {
        if (undelivered.code === 'not-registered') await this.#compareRegistration();
        return planAfter(undelivered, this.#backoff);
      }
      const unasked = await this.#askToday(signal);
      return unasked && planAfterToday(unasked, this.#backoff);
    } catch (error) {
      if (!(error instanceof QueueError) || error.code === 'damaged') throw error;
      board.update({ queue: { problem: error.code } });
      return planAfterQueue(error.code, this.#backoff);
    }
  }

  async #uploadAll(signal: AbortSignal): Promise<Failure | null> {
    const { queue, clock, onStep, board } = this.#options;
    const access = this.#options.access();
    if (!access.ok) return access.failure;
    const { api, session } = access.value;
    for (;;) {
      const page = queue.waitingPage(MAX_BATCH_EVENTS, BATCH_BYTES);
      if (page.length === 0) return null;
      const failure = await deliver(page, {
        send: async (events) => {
          const sealed = events.map(({ event }) => event);
          const outcome = await session.use((token) => api.upload(token, sealed, signal), signal);
          if (outcome.ok) onStep('uploaded');
          return outcome;
        },
        commit: (events, { verdicts, receipts }) => {
          queue.settle(pair(events, verdicts), receipts, clock.now());
          onStep('verdicts-committed');
          board.update({ queue: { problem: null } });
          showCounts(queue, board);
          this.#worked();
          this.#todayDueMs = clock.monotonicMs();
          this.#todayPaceMs = TODAY_SETTLING_MS;
        },
      });
      if (failure || signal.aborted) return failure;
    }
  }

  /** Gives the bridge the server's receipts; those it cannot take now stay for the next round. */
  async #carryReceipts(): Promise<void> {
    const { queue, onStep } = this.#options;
    for (const receipt of queue.receipts()) {
      const bridge = this.#options.bridge();
      if (!bridge) return;
      try {
        await bridge.request('receipt', { receipt });
        onStep('receipt-carried');
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error;
        // The bridge will never take this one: it is not of its journal or device any more. The next upload brings a newer.
        if (!RECEIPT_REFUSED.includes(error.code)) return;
      }
      queue.dropReceipt(receipt);
      onStep('receipt-dropped');
    }
  }

  async #askToday(signal: AbortSignal): Promise<Failure | null> {
    const { clock, board, onStep } = this.#options;
    if (clock.monotonicMs() < this.#todayDueMs) return null;
    const access = this.#options.access();
    if (!access.ok) return access.failure;
    const { api, session } = access.value;
    const wanted = this.#todayWanted;
    const outcome: Outcome<Me> = await session.use((token) => api.me(token, signal), signal);
    if (!outcome.ok) return outcome.failure;
    onStep('today');
    this.#worked();
    // An answer that was on its way when somebody wanted a new one may be the old one still.
    if (wanted === this.#todayWanted) this.#todayDueMs = clock.monotonicMs() + this.#todayPaceMs;
    this.#todayPaceMs = isOnItsWay(outcome.value)
      ? Math.min(2 * this.#todayPaceMs, TODAY_EVERY_MS)
      : TODAY_EVERY_MS;
    board.update({ today: { me: outcome.value, askedAt: toInstant(clock.now()) } });
    return null;
  }

  #worked(): void {
    const { board, clock } = this.#options;
    this.#backoff.succeeded();
    board.update({
      server: {
        state: 'online',
        problem: null,
        lastSuccessAt: toInstant(clock.now()),
        nextAttemptAt: null,
      },
    });
  }

  /** The device may have been registered, or lost its registration, since the bridge said hello. */
  async #compareRegistration(): Promise<void> {
    try {
      const status = await this.#options.bridge()?.request('status', {});
      if (status && status.registered !== this.#options.access().ok) this.#options.greetAgain();
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
    }
  }

  /** Sleeps until there is something to do. */
  async #rest(signal: AbortSignal): Promise<void> {
    const untilTodayMs = Math.max(0, this.#todayDueMs - this.#options.clock.monotonicMs());
    await this.#alarm.sleep(untilTodayMs, ['events', 'bridge', 'now'], signal);
  }

  async #waitOut({ state, code, waitMs, wakes }: Plan, signal: AbortSignal): Promise<void> {
    const { board, clock } = this.#options;
    const now = clock.now();
    const problem = { code, at: toInstant(now) };
    board.update({ server: { state, problem, nextAttemptAt: toInstant(now + waitMs) } });
    const restMs = Math.min(waitMs, REST_MS);
    const early = wakes.filter((wake) => wake !== 'events');
    if (await this.#alarm.sleep(restMs, early, signal)) return;
    await this.#alarm.sleep(waitMs - restMs, wakes, signal);
  }
}

const pair = (events: readonly WaitingEvent[], verdicts: readonly EventVerdict[]) =>
  verdicts.flatMap((verdict, n) => {
    const position = events[n]?.position;
    return position === undefined ? [] : [{ position, verdict }];
  });

const isOnItsWay = ({ today }: Me): boolean =>
  today.punches.some(({ state }) => state === 'waiting' || state === 'unverified');
