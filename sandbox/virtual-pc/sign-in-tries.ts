import type { Sid } from '../../contract/ids.ts';
import type { SignInTry } from './bridge/auth-messages.ts';
import { type Machine, signIn } from './machine.ts';
import type { WindowsAccounts } from './windows-accounts.ts';

/** Windows counts processes in fours, and the console's session is the first. */
const FIRST_PROCESS = 644;
const PROCESS_STEP = 4;
const CONSOLE_SESSION = 1;

/**
 * Describes each try to sign in as Windows would. Windows draws the logon screen by a process and starts another whenever the screen was
 * left, so whoever tries again at one stay is the same attempt, and whoever comes back is not.
 */
export class SignInTries {
  readonly #accounts: WindowsAccounts;
  readonly #nowMs: () => number;
  #processId = FIRST_PROCESS;
  #processStarted: number;

  /** @param nowMs a clock by which no process of before started at the same time. */
  constructor(accounts: WindowsAccounts, nowMs: () => number) {
    this.#accounts = accounts;
    this.#nowMs = nowMs;
    this.#processStarted = nowMs();
  }

  /** Something else is on the screen now. */
  screenLeft(): void {
    this.#processId += PROCESS_STEP;
    this.#processStarted = this.#nowMs();
  }

  /** One try; null when the user could not try that now. @param rehearsal from within the user's session. */
  describe(machine: Machine, sid: Sid, rehearsal: boolean): SignInTry | null {
    const user = this.#accounts.of(sid);
    const session = machine.sessions.find((one) => one.sid === sid);
    const inUse = machine.power === 'on' && session?.session === machine.console && !session?.locked;
    const possible = rehearsal ? session && inUse : signIn(machine, sid, NO_PROOF, '') !== null;
    if (!user || !possible) return null;
    return {
      scenario: session ? 'unlock' : 'logon',
      attempt: {
        processId: this.#processId,
        processStarted: this.#processStarted,
        sessionId: CONSOLE_SESSION,
        sid,
      },
      administrator: user.administrator ?? false,
      rehearsal,
    };
  }
}

const NO_PROOF = { authMethod: null, reason: null };
