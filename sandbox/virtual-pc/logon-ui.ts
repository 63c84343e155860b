import type { Sid } from '../../contract/ids.ts';
import type { Answered, Factor, Question } from '../../native/addon/types.ts';
import type { AuthMethod, AuthParams, AuthResult, SignInTry } from './bridge/auth-messages.ts';
import type { RulesWithoutBridge } from './bridge/logon/rules-file.ts';
import { AuthRefused, BridgeGone } from './bridge-process.ts';
import type { Credentials, SignInRefusal, Tile } from './tile-messages.ts';
import { NO_RULES, plainTile, tileWithoutBridge } from './tile-without-bridge.ts';
import type { WindowsAccounts } from './windows-accounts.ts';

/** The way to the bridge that only the logon screen has. */
export interface AuthPipe {
  /** @throws {BridgeGone} when nobody answers, {AuthRefused} when the bridge says that it cannot. */
  ask<M extends AuthMethod>(method: M, params: AuthParams<M>): Promise<AuthResult<M>>;
  /** How long there has been nobody to answer; null while there is. */
  readonly downForMs: number | null;
}

export interface LogonUiOptions {
  pipe: AuthPipe;
  accounts: WindowsAccounts;
  /** What the bridge left for the time it does not answer; null for nothing. */
  rules: () => Promise<RulesWithoutBridge | null>;
  /** How long the tile waits for a bridge. */
  patienceMs: number;
}

/** `reason` is recorded with the logon: why less was asked for than the company wants; null when nothing is to be said. */
export type Proof =
  | { proven: true; method: string; reason: string | null }
  | { proven: false; refusal: SignInRefusal };

/** What the screen shows, and who decided it: the core behind the bridge, or the screen alone. */
interface Decided {
  tile: Tile;
  /** To be recorded with a sign-in that it let happen. */
  alarm: boolean;
  byCore: boolean;
}

/**
 * The logon screen with our tile on it: asks the bridge what to ask for, hands it the codes, gives the password to Windows, and tells the
 * bridge what Windows said. Stands for LogonUI with the provider, which decide nothing themselves.
 */
export class LogonUi {
  readonly #options: LogonUiOptions;

  constructor(options: LogonUiOptions) {
    this.#options = options;
  }

  /** What the tile is to ask now. */
  async tile(signIn: SignInTry): Promise<Tile> {
    return (await this.#decide(signIn)).tile;
  }

  /** A challenge for an emergency answer; null when there is nobody to give one. */
  async emergencyChallenge(sid: Sid): Promise<string | null> {
    const { pipe } = this.#options;
    const given = await orFailure(pipe.ask('emergency-challenge', { sid }));
    return typeof given === 'string' ? null : given.challenge;
  }

  /** Whether somebody is who they say. The codes go first, then Windows judges the password, and both are told of each other. */
  async prove(signIn: SignInTry, credentials: Credentials): Promise<Proof> {
    const { tile, alarm, byCore } = await this.#decide(signIn);
    const asked = byCore && tile.action === 'ask';
    if (tile.action === 'wait') return refused('waiting');
    if (tile.action === 'deny') return refused('denied');
    // Nothing would be rehearsed by a password that Windows alone looks at.
    if (signIn.rehearsal && !asked) return refused('not-asked');
    const reason = alarm ? tile.reason : null;
    return asked
      ? this.#proveToBoth(signIn, credentials, reason)
      : this.#proveToWindows(signIn, credentials, reason);
  }

  #proveToWindows({ attempt }: SignInTry, { password }: Credentials, reason: string | null): Proof {
    if (!password) return refused('password-missing');
    const taken = this.#options.accounts.takes(attempt.sid, password);
    return taken ? { proven: true, method: 'password', reason } : refused('wrong-password');
  }

  async #proveToBoth(signIn: SignInTry, credentials: Credentials, reason: string | null): Promise<Proof> {
    const { pipe, accounts } = this.#options;
    const { attempt } = signIn;
    const answered = await orFailure(pipe.ask('answer', { signIn, answers: answersOf(credentials) }));
    // Whether the code counts as used is not known: nobody is let in on it, and the next one is a new one.
    if (typeof answered === 'string') return refused(answered);
    if (!answered.granted) return refused(answered.refusal, answered);
    const password = answered.password ?? credentials.password ?? '';
    if (!accounts.takes(attempt.sid, password)) {
      await orFailure(pipe.ask('password-rejected', { attempt }));
      return refused(answered.password === null ? 'wrong-password' : 'sealed-password-lost', answered);
    }
    const passwordToSeal = credentials.sealPassword && answered.password === null ? password : null;
    const told = await orFailure(pipe.ask('password-accepted', { attempt, passwordToSeal }));
    // Windows has let them in by now, whatever became of the bridge; but a rehearsal nobody remembers has not taken place.
    if (typeof told === 'string' && signIn.rehearsal) return refused(told, answered);
    return { proven: true, method: answered.method, reason };
  }

  async #decide(signIn: SignInTry): Promise<Decided> {
    const { pipe, patienceMs } = this.#options;
    const sid = signIn.attempt.sid;
    try {
      const question = await pipe.ask('question', { signIn });
      return { tile: tileOf(question), alarm: question.alarm, byCore: true };
    } catch (error) {
      if (error instanceof BridgeGone) {
        const waited = (pipe.downForMs ?? 0) >= patienceMs;
        return { ...tileWithoutBridge(sid, await this.#rules(), waited, null), byCore: false };
      }
      if (!(error instanceof AuthRefused)) throw error;
      if (error.code === 'core-missing') {
        return { tile: plainTile('windows', 'core-missing'), alarm: false, byCore: false };
      }
      return { ...tileWithoutBridge(sid, await this.#rules(), true, error.code), byCore: false };
    }
  }

  async #rules(): Promise<RulesWithoutBridge> {
    return (await this.#options.rules()) ?? NO_RULES;
  }
}

/** A refusal's name instead of the answer: there was nobody to give it, or the core could not. */
async function orFailure<T extends object>(asked: Promise<T>): Promise<T | 'waiting' | 'unavailable'> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof BridgeGone) return 'waiting';
    if (error instanceof AuthRefused) return 'unavailable';
    throw error;
  }
}

const fieldOf = (factor: Factor): Tile['fields'][number] => (factor === 'otp' ? 'code' : 'password');

function tileOf(question: Question): Tile {
  const { action, reason, factors, alternative, alarm: _told, ...rest } = question;
  if (action === 'stand-aside') return plainTile('windows', reason);
  return { action, reason, fields: factors.map(fieldOf), alternative: alternative.map(fieldOf), ...rest };
}

/** A field left empty is one that was not filled in. */
const answersOf = ({ password, code, recoveryCode, emergencyResponse }: Credentials) => ({
  hasPassword: Boolean(password),
  ...(code && { code }),
  ...(recoveryCode && { recoveryCode }),
  ...(emergencyResponse && { emergencyResponse }),
});

const refused = (reason: string, answered?: Answered): Proof => ({
  proven: false,
  refusal: {
    reason,
    waitMs: answered?.waitMs ?? 0,
    clockOffsetMs: answered?.clockOffsetMs ?? 0,
    recoveryCodesLeft: answered?.recoveryCodesLeft ?? 0,
  },
});
