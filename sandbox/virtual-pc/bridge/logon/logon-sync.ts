import type { DevicePolicy, ReleasedSecret } from '../../../../contract/logon.ts';
import { type ClockReading, CoreError, type LogonDesk } from '../../../../native/addon/types.ts';
import { ServerProblem } from '../server-connection.ts';
import { digestOfAsked, type RulesFile } from './rules-file.ts';

/** What the server does for the logon screen (contract/logon.ts). */
export interface LogonServer {
  policy(version: string): Promise<DevicePolicy>;
  otpSecret(of: { sid: string; code?: string }): Promise<ReleasedSecret>;
  logonReport(report: string): Promise<{ policyVersion: string }>;
}

export interface LogonSyncOptions {
  server: LogonServer;
  /** Makes sure that the server knows the device. */
  register: () => Promise<void>;
  /** The desk, opened if it can be; null while there is none. */
  desk: () => Promise<LogonDesk | null>;
  now: () => ClockReading;
  rules: Pick<RulesFile, 'read' | 'write'>;
  /** Another policy asks something else of people; not the first of a new PC while it is about nobody. */
  onPolicyChange: () => void;
  /** A secret was taken for an account. */
  onEnrolment: (sid: string) => void;
}

export type FetchOutcome = { held: true } | { held: false; problem: string };

/** Enough for a report that changes the policy, whose secret changes the report; what is left comes with the next run. */
const MOST_ROUNDS = 4;

/** Refusals that concern one account at this moment: the policy that comes next says what became of it. */
const OF_ONE_ACCOUNT: ReadonlySet<string> = new Set([
  'code-needed',
  'otp-wrong',
  'otp-used',
  'codes-off',
  'account-unlinked',
  'otp-not-enrolled',
]);

/**
 * Keeps desk and server of one mind: tells what was used up and how far accounts have come, takes the policy, and fetches the secrets of
 * accounts enrolled here. What there is to tell is a state the desk holds on its disk, so days offline or a crash lose nothing:
 * it is told as long as the server has not taken the very same, and once more after every start.
 */
export class LogonSync {
  readonly #options: LogonSyncOptions;
  /** The report the server has taken, in this process. */
  #taken: string | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LogonSyncOptions) {
    this.#options = options;
  }

  /**
   * Reports and asks until both sides know the same.
   * @throws {ServerProblem} when the server cannot be reached or refuses, {CoreError} when the desk could not keep what it was told.
   */
  run(): Promise<void> {
    return this.#inTurn(async () => {
      const desk = await this.#options.desk();
      if (desk) await this.#agree(desk);
    });
  }

  /**
   * Fetches the secret of one account, for a fresh code of its owner when it was enrolled elsewhere.
   * Refusals of the server are its codes; `algorithm-unsupported` while there is no desk.
   */
  fetch(sid: string, code: string | null): Promise<FetchOutcome> {
    return this.#inTurn(async (): Promise<FetchOutcome> => {
      const desk = await this.#options.desk();
      if (!desk) return { held: false, problem: 'algorithm-unsupported' };
      try {
        await this.#options.register();
        await this.#agree(desk);
        const standing = await desk.standing(sid, this.#options.now());
        // A code is not used up for what is there already.
        if (!standing?.secretHeld) await this.#fetch(desk, sid, code);
        return { held: true };
      } catch (error) {
        if (error instanceof ServerProblem) return { held: false, problem: error.code };
        // The enrolment it belongs to was replaced meanwhile.
        if (error instanceof CoreError && error.code === 'not-found') {
          return { held: false, problem: 'otp-not-enrolled' };
        }
        throw error;
      }
    });
  }

  async #agree(desk: LogonDesk): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const inForce = await this.#report(desk);
      const nothingNew = inForce === null || inForce === (await desk.policyVersion());
      // The first time the server is asked in any case: its answer also says what time it is.
      if (round > 0 && nothingNew) return;
      await this.#takePolicy(desk);
      await this.#fetchDue(desk);
    }
  }

  /** @returns the version of the policy in force; null when there was nothing to report. */
  async #report(desk: LogonDesk): Promise<string | null> {
    const report = await desk.report(this.#options.now());
    if (report === this.#taken) return null;
    const { policyVersion } = await this.#options.server.logonReport(report);
    this.#taken = report;
    return policyVersion;
  }

  async #takePolicy(desk: LogonDesk): Promise<void> {
    const { server, now, rules, onPolicyChange } = this.#options;
    const left = await rules.read();
    // Without the rules the policy is as good as not there: it is asked for whole.
    const policy = await server.policy(left ? await desk.policyVersion() : '');
    // Before the desk has it: what was cut off in between is asked for again.
    if (policy.status === 'current') await rules.write(policy.rules, left?.recorded ?? null);
    await desk.takePolicy(JSON.stringify(policy), now());
    if (policy.status === 'unchanged') return;
    const asked = digestOfAsked(policy);
    if (asked === left?.recorded) return;
    // The first one a new PC gets, about nobody and nothing: nobody was asked before, and nobody is now.
    const startsWithNothing = !left && !policy.rules.enforcement && policy.accounts.length === 0;
    if (!startsWithNothing) onPolicyChange();
    await rules.write(policy.rules, asked);
  }

  async #fetchDue(desk: LogonDesk): Promise<void> {
    const due = (await desk.secretsDue()).filter(({ enrolledHere }) => enrolledHere);
    for (const { sid } of due) {
      try {
        await this.#fetch(desk, sid, null);
      } catch (error) {
        const passes =
          (error instanceof ServerProblem && OF_ONE_ACCOUNT.has(error.code)) ||
          (error instanceof CoreError && error.code === 'not-found');
        if (!passes) throw error;
      }
    }
  }

  async #fetch(desk: LogonDesk, sid: string, code: string | null): Promise<void> {
    const { server, now, onEnrolment } = this.#options;
    const released = await server.otpSecret({ sid, ...(code !== null && { code }) });
    await desk.takeSecret(sid, JSON.stringify(released), now());
    onEnrolment(sid);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next;
    return next;
  }
}
