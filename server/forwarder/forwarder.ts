import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { createKingOfTimeClient } from '../king-of-time/client.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';
import { CompanyWorker } from './company-worker.ts';
import { createPlanning, type Planning } from './planning.ts';
import { abandonedRows, busyCompanies, settleRow } from './rows.ts';
import { type ForwardingFor, ordinaryTiming, type Timing } from './settings.ts';
import { interrupted, type Pause, pauseAfter } from './verdicts.ts';

/** Where the forwarder writes what an operator should know. */
export interface ForwarderLog {
  debug(what: object, message: string): void;
  warn(what: object, message: string): void;
  error(what: object, message: string): void;
}

export interface ForwarderOptions {
  store: Kysely<Database>;
  clock: Clock;
  /** Opens `attendance_services.sealed_token` with `tokenPurpose(company)`. */
  secrets: Secrets;
  fetch: typeof fetch;
  /** 0 ≤ random() < 1, for jitter. */
  random: () => number;
  log: ForwarderLog;
  /** The settings in force for an employee on a workday. */
  forwardingFor: ForwardingFor;
  timing?: Partial<Timing>;
}

/** Takes punches to the attendance service: never one twice, and none without a state that can be seen. */
export interface Forwarder extends Planning {
  /** To be called once at start, before anything else: what the last process left half sent becomes `unverified`. */
  recover(): Promise<void>;
  /**
   * Deals with all rows that are due, one request at a time for each company. Calls do not overlap.
   *
   * @returns when the next row is due (milliseconds since 1970), or null when none is left.
   */
  runDue(): Promise<number | null>;
}

/** Under which purpose a company's API token is sealed. */
export const tokenPurpose = (company: string): string => `attendance-token/${company}`;

/**
 * The forwarder of one server. Several may work on one store: a row is sent by the one that claims it.
 *
 * @example
 * await forwarder.recover();
 * // after a recomputation: await forwarder.plan(company, employee, dates);
 * // and every minute or when due: await forwarder.planDue(); next = await forwarder.runDue();
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { store, clock, log } = options;
  const timing = { ...ordinaryTiming, ...options.timing };
  const planning = createPlanning({ store, clock, forwardingFor: options.forwardingFor, timing, log });
  const pauses = new Map<string, Pause>();
  let running: Promise<unknown> = Promise.resolve();

  async function runAll(): Promise<number | null> {
    // Longer than any request may take, so that only what a dead worker left is taken from it.
    await giveUp(clock.now() - timing.requestTimeoutMs - timing.verifyAfterMs);
    const nexts = await Promise.all((await busyCompanies(store)).map(runCompany));
    const due = nexts.filter((next) => next !== null);
    return due.length > 0 ? Math.min(...due) : null;
  }

  async function runCompany(company: string): Promise<number | null> {
    const pause = pauses.get(company) ?? null;
    try {
      const client = await clientOf(company);
      const { forwardingFor, random } = options;
      const worker = new CompanyWorker({
        company,
        store,
        clock,
        client,
        planning,
        forwardingFor,
        random,
        timing,
        pause,
      });
      const ran = await worker.run();
      remember(company, ran.pause);
      return ran.next;
    } catch (error) {
      // One company's trouble must not stop the others; its rows stay where they are.
      log.error({ company, err: error }, 'Forwarding stopped for a company; it is tried again later');
      const rest = pauseAfter({
        now: clock.now(),
        random: options.random,
        timing,
        failures: pause?.failures ?? 0,
      });
      remember(company, rest);
      return rest.until;
    }
  }

  function remember(company: string, pause: Pause | null): void {
    if (pause) pauses.set(company, pause);
    else pauses.delete(company);
  }

  async function clientOf(company: string) {
    const service = await store
      .selectFrom('attendance_services')
      .select(['base_url', 'sealed_token'])
      .where('company', '=', company)
      .executeTakeFirstOrThrow();
    const token = Buffer.from(options.secrets.open(service.sealed_token, tokenPurpose(company))).toString(
      'utf8',
    );
    return createKingOfTimeClient({
      baseUrl: service.base_url,
      token,
      fetch: options.fetch,
      clock,
      timeoutMs: timing.requestTimeoutMs,
      log,
    });
  }

  async function giveUp(changedBefore: number): Promise<void> {
    for (const row of await abandonedRows(store, changedBefore)) {
      const now = clock.now();
      await settleRow(store, row, interrupted(now, timing), now);
      log.warn({ company: row.company, row: row.id }, 'A punch was left half sent; it will be looked for');
    }
  }

  return {
    ...planning,
    recover: () => giveUp(Number.MAX_SAFE_INTEGER),
    runDue() {
      const run = running.then(runAll);
      running = run.catch(() => undefined);
      return run;
    },
  };
}
