import type { BridgeResult } from '../../contract/bridge.ts';
import type {
  CredentialId,
  EnrolmentConfirmed,
  EnrolmentProof,
  EnrolmentStarted,
  LinkAnswer,
  LogonState,
} from '../../contract/logon.ts';
import type { BridgeConnection } from '../bridge/connection.ts';
import { askBridge } from '../reporter/ask-bridge.ts';
import { type Failure, type Outcome, succeeded } from '../reporter/failure.ts';
import type { ServerAccess } from '../reporter/report.ts';
import type { ServerApi } from '../reporter/server-api.ts';
import type { Timers } from '../surroundings.ts';

/** Whether the PC's bridge has already heard of a change; if not, it hears of it when it next reaches the server. */
export interface PcTold {
  pcKnows: boolean;
}

/**
 * What a person does about their own logon. Each is asked once and never repeated by itself, but for a token the server no longer takes, which it
 * refuses before anything else. Nothing rejects; everything ends with the client. Answers hold secrets: whoever asked shows
 * them, and nobody keeps them.
 */
export interface Logon {
  /** How the account stands at the server, and what it may do next. */
  state(): Promise<Outcome<LogonState>>;
  /** How the account stands on this PC, as its bridge says. */
  standing(): Promise<Outcome<BridgeResult<'logon.standing'>>>;
  /** Links the account by the one-time code. After a lost answer, linking again with the same code gets it again. */
  link(code: string): Promise<Outcome<LinkAnswer & PcTold>>;
  /**
   * Begins an enrolment; one begun before is void. A proof is used up even when the answer is lost, but the server remembers it for a
   * while: when `state` then says `enrol`, begin again without one.
   */
  startEnrolment(proof: EnrolmentProof | null): Promise<Outcome<EnrolmentStarted>>;
  /**
   * Confirms an enrolment by its first code. The server forgets an enrolment when it is confirmed: asked again it says `enrolment-unknown`, and
   * it tells the recovery codes once. Where the answer is lost, or was the time before, the server is therefore asked what is in force:
   * if it is this enrolment, that is success with no recovery codes at all, and `newRecoveryCodes` is what to do next.
   */
  confirmEnrolment(credential: CredentialId, code: string): Promise<Outcome<EnrolmentConfirmed & PcTold>>;
  /** A new set for a current code; the set before is void, even when the answer is lost. Then it takes the next code to make another. */
  newRecoveryCodes(code: string): Promise<Outcome<EnrolmentConfirmed & PcTold>>;
  /** Has the bridge fetch the secret to this PC, for a fresh code when it was enrolled elsewhere. The code is used up by it. */
  fetchSecret(code: string | null): Promise<Outcome<BridgeResult<'logon.fetch-secret'>>>;
  /** Has the bridge open the rehearsal on this desktop. Whether it succeeded `standing` tells, and the journal that it is to be asked again. */
  rehearse(): Promise<Outcome<BridgeResult<'logon.rehearse'>>>;
}

export interface LogonOptions {
  access: () => Outcome<ServerAccess>;
  /** The bridge as it is now; null while it is away. */
  bridge: () => Pick<BridgeConnection, 'request'> | null;
  timers: Timers;
  /** The server may say otherwise than before who the account is. */
  onChange: () => void;
  /** Ends what is going on. */
  signal: AbortSignal;
}

/** How long somebody waits for their PC to hear of a change, in milliseconds. The bridge goes on without them. */
const TELL_PC_MS = 5_000;

export function createLogon({ access, bridge, timers, onChange, signal }: LogonOptions): Logon {
  async function askServer<T>(
    request: (api: ServerApi, token: string) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const server = access();
    if (!server.ok) return server;
    const { api, session } = server.value;
    return session.use((token) => request(api, token), signal);
  }

  const state = () => askServer((api, token) => api.logonState(token, signal));

  async function changed<T extends object>(value: T): Promise<Outcome<T & PcTold>> {
    onChange();
    return succeeded({ ...value, pcKnows: await tellPc() });
  }

  async function tellPc(): Promise<boolean> {
    const tooLate = Promise.withResolvers<boolean>();
    const cancel = timers.after(TELL_PC_MS, () => tooLate.resolve(false));
    const told = askBridge(bridge(), 'sync', {}).then((answer) => answer.ok && answer.value.reached);
    try {
      return await Promise.race([told, tooLate.promise]);
    } finally {
      cancel();
    }
  }

  return {
    state,

    standing: () => askBridge(bridge(), 'logon.standing', {}),

    async link(code) {
      const answer = await askServer((api, token) => api.link(token, code, signal));
      return answer.ok ? changed(answer.value) : answer;
    },

    startEnrolment: (proof) => askServer((api, token) => api.startEnrolment(token, proof, signal)),

    async confirmEnrolment(credential, code) {
      const answer = await askServer((api, token) =>
        api.confirmEnrolment(token, { credential, code }, signal),
      );
      if (answer.ok) return changed(answer.value);
      if (!mayBeConfirmed(answer.failure)) return answer;
      const now = await state();
      if (!now.ok || now.value.otp?.credential !== credential) return answer;
      return changed<EnrolmentConfirmed>({ credential, recoveryCodes: [], serverTime: now.value.serverTime });
    },

    async newRecoveryCodes(code) {
      const answer = await askServer((api, token) => api.newRecoveryCodes(token, code, signal));
      return answer.ok ? changed(answer.value) : answer;
    },

    async fetchSecret(code) {
      const answer = await askBridge(bridge(), 'logon.fetch-secret', { code });
      if (!answer.ok || !answer.value.held) return answer;
      return changed(answer.value);
    },

    rehearse: () => askBridge(bridge(), 'logon.rehearse', {}),
  };
}

const mayBeConfirmed = (failure: Failure): boolean =>
  failure.kind === 'unreachable' || failure.code === 'enrolment-unknown';
