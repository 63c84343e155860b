import type { BridgeResult } from '../../../../contract/bridge.ts';
import type { Sid } from '../../../../contract/ids.ts';
import type { AccountEnforcement } from '../../../../contract/logon.ts';
import { type ClockReading, CoreError, type LogonCore } from '../../../../native/addon/types.ts';
import type { AuthReply, AuthRequest } from '../auth-messages.ts';
import type { DeviceKey } from '../device-key.ts';
import type { DurableFiles } from '../durable-file.ts';
import type { LogonState } from '../hardware-messages.ts';
import { AuthFailures } from './auth-failures.ts';
import { DeskHolder } from './desk-holder.ts';
import { LogonScreen } from './logon-screen.ts';
import { type FetchOutcome, type LogonServer, LogonSync } from './logon-sync.ts';
import { RulesFile } from './rules-file.ts';

/** What the journal is told of logon. */
export type LogonEvent =
  | { kind: 'auth-failure'; sid: string; reason: string }
  | { kind: 'enrolment'; sid: string }
  | { kind: 'policy-change' };

export interface LogonOptions {
  /** Directory of the bridge. */
  directory: string;
  files: DurableFiles;
  key: DeviceKey;
  loadCore: () => Promise<LogonCore>;
  server: LogonServer;
  register: () => Promise<void>;
  /** SIDs of those who may use the PC. */
  sids: readonly Sid[];
  now: () => ClockReading;
  monotonicMs: () => number;
  record: (event: LogonEvent) => void;
  /** There may be something to tell the server. */
  onTried: () => void;
  /** `state` is another. */
  onState: () => void;
  onFailure: (error: unknown) => void;
}

/** Everything of the bridge that has to do with proving who one is: the core's desk, the screen it serves and the server it follows. */
export class Logon {
  readonly #options: LogonOptions;
  readonly #holder: DeskHolder;
  readonly #screen: LogonScreen;
  readonly #sync: LogonSync;
  #enforcement: Record<Sid, AccountEnforcement> = {};
  #policyVersion: string | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(options: LogonOptions) {
    this.#options = options;
    const holder = new DeskHolder(options);
    this.#holder = holder;
    const { monotonicMs, server, register, now, record, onTried, onFailure } = options;
    const failures = new AuthFailures({
      monotonicMs,
      record: (sid, reason) => record({ kind: 'auth-failure', sid, reason }),
    });
    this.#screen = new LogonScreen({
      desk: () => deskOrCode(holder.condition),
      now,
      onRefused: (sid, reason) => failures.refused(sid, reason),
      onTried: () => {
        onTried();
        void this.#look();
      },
      onFailure,
    });
    this.#sync = new LogonSync({
      server,
      register,
      now,
      desk: async () => {
        await holder.reopen();
        return holder.desk;
      },
      rules: new RulesFile(options.directory, options.files),
      onPolicyChange: () => record({ kind: 'policy-change' }),
      onEnrolment: (sid) => record({ kind: 'enrolment', sid }),
    });
  }

  /** Opens the desk if this machine has a core. Until then nobody is asked for anything. */
  async open(): Promise<void> {
    await this.#holder.open();
    await this.#look();
  }

  get state(): LogonState {
    const { condition } = this.#holder;
    return {
      core: condition.state,
      problem: condition.state === 'broken' ? condition.problem : null,
      policyVersion: this.#policyVersion,
      enforcement: this.#enforcement,
    };
  }

  /** Answers the logon screen. Never throws. */
  answer(request: AuthRequest): Promise<AuthReply> {
    return this.#screen.answer(request);
  }

  /** See `LogonSync.run`. A run the desk was closed under has told what it could; the rest is told after the next start. */
  async sync(): Promise<void> {
    try {
      await this.#sync.run();
    } catch (error) {
      if (!this.#closing || !(error instanceof CoreError)) throw error;
    } finally {
      await this.#look();
    }
  }

  /** How an account stands, for its owner (contract/bridge.ts). */
  async standing(sid: string): Promise<BridgeResult<'logon.standing'>['account']> {
    const standing = await this.#holder.desk?.standing(sid, this.#options.now());
    if (!standing) return null;
    const { enrolment: enforcement, ...rest } = standing;
    return { ...rest, enforcement };
  }

  /** See `LogonSync.fetch`. */
  async fetchSecret(sid: string, code: string | null): Promise<FetchOutcome> {
    return this.#sync.fetch(sid, code).finally(() => this.#look());
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#looking;
    await this.#holder.close();
  }

  /** Reads how everybody stands now, one look after another. What could not be read stays as it was known. */
  #look(): Promise<void> {
    const look = async () => {
      if (!this.#closing) await this.#readStandings();
    };
    this.#looking = this.#looking.then(look, look);
    return this.#looking;
  }

  async #readStandings(): Promise<void> {
    const { sids, now, onState, onFailure } = this.#options;
    const { desk } = this.#holder;
    try {
      const enforcement: Record<Sid, AccountEnforcement> = {};
      for (const sid of desk ? sids : []) {
        const standing = await desk?.standing(sid, now());
        if (standing) enforcement[sid] = standing.enrolment;
      }
      this.#policyVersion = (await desk?.policyVersion()) || null;
      this.#enforcement = enforcement;
    } catch (error) {
      onFailure(error);
    }
    onState();
  }
}

const deskOrCode = (condition: DeskHolder['condition']) => {
  if (condition.state === 'available') return condition.desk;
  return condition.state === 'missing' ? 'core-missing' : condition.problem;
};
