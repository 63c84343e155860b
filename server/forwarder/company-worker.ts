import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { KingOfTimeClient } from '../king-of-time/client.ts';
import { forbiddenUntil } from '../king-of-time/forbidden-hours.ts';
import type { Outcome } from '../king-of-time/outcome.ts';
import { punchTime } from '../king-of-time/punch-time.ts';
import type { Database } from '../store/schema.ts';
import { markUnplanned } from './due-days.ts';
import { isOut, type LedgerRow } from './ledger.ts';
import type { Planning } from './planning.ts';
import {
  type Attempt,
  claim,
  isSending,
  nextRow,
  postpone,
  recordRun,
  settleRow,
  workdayEnd,
} from './rows.ts';
import { type ForwardingFor, type ForwardingSettings, sendsOutAtOnce, type Timing } from './settings.ts';
import {
  afterReading,
  afterRegistration,
  type Circumstances,
  hasIn,
  type Pause,
  pauseFor,
  problemOf,
  type RowVerdict,
} from './verdicts.ts';

export interface CompanyWorkerOptions {
  company: string;
  store: Kysely<Database>;
  clock: Clock;
  client: KingOfTimeClient;
  planning: Planning;
  forwardingFor: ForwardingFor;
  random: () => number;
  timing: Timing;
  /** The company's last pause, kept by the caller from run to run. */
  pause: Pause | null;
}

const HOUR_MS = 3_600_000;

/** One run through a company's due rows: one request at a time, until nothing is due or the service needs a rest. */
export class CompanyWorker {
  readonly #options: CompanyWorkerOptions;
  /** Which employees a workday is closed for, as read in this run. */
  readonly #closed = new Map<string, Set<string>>();
  #pause: Pause | null;

  constructor(options: CompanyWorkerOptions) {
    this.#options = options;
    this.#pause = options.pause;
  }

  /** @returns when to come back, null when nothing is left; and the pause to remember. */
  async run(): Promise<{ next: number | null; pause: Pause | null }> {
    const { store, company, clock } = this.#options;
    for (;;) {
      const now = clock.now();
      if (this.#pause && now < this.#pause.until) return { next: this.#pause.until, pause: this.#pause };
      // Another worker of this store is at it.
      if (await isSending(store, company)) return { next: now + 1_000, pause: this.#pause };
      const found = await nextRow(store, company, now);
      if (found.row === null) return { next: found.at, pause: this.#pause };
      await (found.row.state === 'unverified' ? this.#verify(found.row) : this.#send(found.row));
    }
  }

  async #send(row: LedgerRow): Promise<void> {
    const { store, clock, client, forwardingFor, company } = this.#options;
    const forwarding = await forwardingFor(company, row.employee, row.date);
    if (!(await this.#mayGo(row, forwarding))) return;
    const claimed = await claim(store, row, clock.now());
    if (!claimed) return;
    const outcome = await this.#asked('register', claimed, () =>
      client.registerPunch(row.employee, {
        date: row.date,
        kind: row.kind,
        time: punchTime(row.at, forwarding),
      }),
    );
    const isWritten = await this.#decide(claimed, afterRegistration(outcome, this.#circumstances()));
    // Nobody else may decide about a row that is being sent; if somebody did, both must not be believed.
    if (!isWritten) throw new Error(`Row ${row.id} was decided by somebody else while it was being sent`);
  }

  /** Asks what has to be known before sending. False when the row has been put aside. */
  async #mayGo(row: LedgerRow, forwarding: ForwardingSettings): Promise<boolean> {
    // Released by an administrator who knew.
    if (row.hold === 'closed-period' || row.hold === 'other-recorder') return true;
    const asksOthers = row.kind === 'in' && forwarding.otherRecorders;
    const asksClosing = await this.#isOld(row);
    if (!asksOthers && !asksClosing) return true;
    if (await this.#waitsForReading(row)) return false;
    if (asksClosing) {
      const closed = await this.#closedOn(row);
      if (!closed) return false;
      if (closed.has(row.employee)) return this.#hold(row, 'closed-period');
    }
    if (!asksOthers) return true;
    const outcome = await this.#read(row);
    if (outcome.status !== 'ok') return this.#putOff(row, outcome);
    return hasIn(outcome.value) ? this.#hold(row, 'other-recorder') : true;
  }

  async #verify(row: LedgerRow): Promise<void> {
    const { forwardingFor, clock, company } = this.#options;
    if (await this.#waitsForReading(row)) return;
    const outcome = await this.#read(row);
    if (outcome.status !== 'ok') {
      await this.#putOff(row, outcome);
      return;
    }
    const forwarding = await forwardingFor(company, row.employee, row.date);
    const now = clock.now();
    const verdict = afterReading(row, outcome.value, {
      time: punchTime(row.at, forwarding),
      isOverwriting: sendsOutAtOnce(forwarding),
      now,
    });
    await this.#decide(row, verdict);
  }

  /**
   * Writes what became of a row. What the day said while the row was out could not touch it: once it is not any more, it must
   * become what the day says before it goes again. The mark sees to that even if this process ends in between.
   *
   * @returns false when somebody else has decided meanwhile.
   */
  async #decide(row: LedgerRow, verdict: RowVerdict): Promise<boolean> {
    const { store, clock, planning } = this.#options;
    if (isOut(verdict)) return settleRow(store, row, verdict, clock.now());
    const { company, employee, date } = row;
    const isWritten = await store.transaction().execute(async (transaction) => {
      const isSettled = await settleRow(transaction, row, verdict, clock.now());
      if (isSettled) await markUnplanned(transaction, { company, employee, date });
      return isSettled;
    });
    if (isWritten) await planning.plan(company, employee, [date]);
    return isWritten;
  }

  async #isOld(row: LedgerRow): Promise<boolean> {
    const { store, clock, timing } = this.#options;
    const end = (await workdayEnd(store, row)) ?? Date.parse(`${row.date}T00:00:00Z`) + 48 * HOUR_MS;
    return clock.now() >= end + timing.closingCheckAfterMs;
  }

  async #closedOn(row: LedgerRow): Promise<Set<string> | null> {
    const known = this.#closed.get(row.date);
    if (known) return known;
    const outcome = await this.#asked('read', row, () => this.#options.client.readClosed(row.date));
    if (outcome.status !== 'ok') {
      await this.#putOff(row, outcome);
      return null;
    }
    this.#closed.set(row.date, outcome.value);
    return outcome.value;
  }

  async #hold(row: LedgerRow, hold: 'closed-period' | 'other-recorder'): Promise<false> {
    const now = this.#options.clock.now();
    await this.#decide(row, { state: 'held', hold, notBefore: now, lastProblem: hold });
    return false;
  }

  /** True when reading is shut and the row was moved behind it. */
  async #waitsForReading(row: LedgerRow): Promise<boolean> {
    const { store, clock } = this.#options;
    const until = forbiddenUntil(clock.now());
    if (until === null) return false;
    await postpone(store, row, until);
    return true;
  }

  /** A read failed: the row stays what it is, for later. */
  async #putOff(row: LedgerRow, outcome: Exclude<Outcome<unknown>, { status: 'ok' }>): Promise<false> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const notBefore = this.#notBefore(outcome, now);
    const isFinal = outcome.status === 'refused' && outcome.reason !== 'not-authorized';
    // What was never sent fails like a refused punch; what may have arrived stays unverified, and visible as such.
    const state = isFinal && row.state === 'waiting' ? 'failed' : row.state;
    // An unverified row keeps the reason why it is: the verdict depends on it.
    const lastProblem = row.state === 'unverified' ? row.lastProblem : problemOf(outcome);
    await settleRow(store, row, { state, notBefore, lastProblem }, now);
    return false;
  }

  #notBefore(outcome: Outcome<unknown>, now: number): number {
    if (outcome.status === 'deferred') return outcome.retryAt;
    return outcome.status === 'refused' ? now + this.#options.timing.backoffCapMs : now;
  }

  #read(row: LedgerRow): Promise<Outcome<{ time: string; code: string }[]>> {
    return this.#asked('read', row, () => this.#options.client.readPunches(row.employee, row.date));
  }

  /** Makes a request, enters it in 連携ログ, and remembers whether the service needs a rest. */
  async #asked<T>(
    operation: Attempt['operation'],
    row: LedgerRow,
    request: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const { store, clock, company } = this.#options;
    const startedAt = clock.now();
    const outcome = await request();
    const { employee, date, kind } = row;
    this.#pause = pauseFor(outcome, this.#circumstances());
    await recordRun(
      store,
      { company, operation, employee, date, kind, startedAt, endedAt: clock.now() },
      outcome,
    );
    return outcome;
  }

  #circumstances(): Circumstances {
    const { clock, random, timing } = this.#options;
    return { now: clock.now(), random, timing, failures: this.#pause?.failures ?? 0 };
  }
}
