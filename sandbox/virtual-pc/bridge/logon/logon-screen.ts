import {
  type ClockReading,
  CoreError,
  type DeskMachine,
  type LogonDesk,
} from '../../../../native/addon/types.ts';
import type { AuthMethod, AuthParams, AuthReply, AuthRequest, AuthResult } from '../auth-messages.ts';

export interface LogonScreenOptions {
  /** The desk, or the code that says why there is none (`authReply`). */
  desk: () => LogonDesk | string;
  now: () => ClockReading;
  /** A code or a password was refused, by the refusal's stable name. */
  onRefused: (sid: string, reason: string) => void;
  /** Something was tried: how accounts stand may have changed. */
  onTried: () => void;
  onFailure: (error: unknown) => void;
}

/** What a service of Windows would know of the machine. This PC's keys lie in a file: it has no TPM. */
const MACHINE: DeskMachine = {
  featureInstalled: true,
  recoveryFlag: false,
  crashBreaker: false,
  protocolCompatible: true,
  tpmAndBitlocker: false,
};

type Methods = { [M in AuthMethod]: (desk: LogonDesk, params: AuthParams<M>) => Promise<AuthResult<M>> };

/** Answers the logon screen by the core's desk. */
export class LogonScreen {
  readonly #options: LogonScreenOptions;
  readonly #methods: Methods;

  constructor(options: LogonScreenOptions) {
    this.#options = options;
    this.#methods = methods(options);
  }

  /** Never throws. */
  async answer({ method, params }: AuthRequest): Promise<AuthReply> {
    const { desk: find, onFailure } = this.#options;
    const desk = find();
    if (typeof desk === 'string') return { ok: false, code: desk };
    // One signature for every method: `params` was read by the schema of this very method.
    const serve = this.#methods[method] as (desk: LogonDesk, params: unknown) => Promise<unknown>;
    try {
      return { ok: true, result: await serve(desk, params) };
    } catch (error) {
      onFailure(error);
      return { ok: false, code: error instanceof CoreError ? error.code : 'internal-error' };
    }
  }
}

const methods = ({ now, onRefused, onTried }: LogonScreenOptions): Methods => ({
  question: (desk, { signIn }) => desk.question(signIn, MACHINE, now()),

  async answer(desk, { signIn, answers }) {
    const answered = await desk.answer(signIn, MACHINE, answers, now());
    if (!answered.granted) onRefused(signIn.attempt.sid, answered.refusal);
    onTried();
    return answered;
  },

  async 'password-accepted'(desk, { attempt, passwordToSeal }) {
    await desk.passwordAccepted(attempt, MACHINE, passwordToSeal, now());
    onTried();
    return {};
  },

  async 'password-rejected'(desk, { attempt }) {
    onRefused(attempt.sid, 'wrong-password');
    await desk.passwordRejected(attempt, now());
    onTried();
    return {};
  },

  'emergency-challenge': async (desk, { sid }) => ({ challenge: await desk.emergencyChallenge(sid, now()) }),
});
