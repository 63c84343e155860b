/**
 * What the C++ core offers to TypeScript. Nothing here blocks the event loop, and nothing throws: a promise is refused with a
 * TypeError for an argument of the wrong type, with a CoreError for everything the core says. Bytes given to it are copied.
 */

import type { WindowsFunctions, WithoutWindows } from './windows-types.ts';

export * from './windows-types.ts';

export interface OtpParameters {
  algorithm: 'sha1' | 'sha256' | 'sha512';
  digits: 6 | 8;
  periodSeconds: 30 | 60;
}

/** The PC's clock as the bridge reads it (contract/event.ts). `bootId` is a UUID. */
export interface ClockReading {
  wallMs: number;
  bootId: string;
  uptimeMs: number;
}

export const SCENARIOS = [
  'logon',
  'unlock',
  'remote-logon',
  'remote-reconnect',
  'credential-prompt',
  'change-password',
  'pre-logon-access',
  'safe-mode',
] as const;
export type Scenario = (typeof SCENARIOS)[number];
export type Factor = 'password' | 'otp';

/** Names one try at the logon screen: process, session and account, as the system says it. */
export interface Attempt {
  processId: number;
  processStarted: number;
  sessionId: number;
  sid: string;
}

export interface SignIn {
  scenario: Scenario;
  attempt: Attempt;
  administrator: boolean;
  /** From within the session: password and code are asked for as if the account were enforced. */
  rehearsal: boolean;
}

export interface DeskMachine {
  featureInstalled: boolean;
  recoveryFlag: boolean;
  crashBreaker: boolean;
  protocolCompatible: boolean;
  tpmAndBitlocker: boolean;
}

/** What the screen is to show (native/core/policy.h, `Decision`, and logon_desk.h, `Question`). */
export interface Question {
  action: 'ask' | 'stand-aside' | 'wait' | 'deny';
  reason: string;
  factors: Factor[];
  alternative: Factor[];
  codeOptional: boolean;
  substitutesOnly: boolean;
  alarm: boolean;
  waitMs: number;
  recoveryCodesLeft: number;
  maySealPassword: boolean;
}

export interface Answers {
  hasPassword: boolean;
  code?: string;
  recoveryCode?: string;
  emergencyResponse?: string;
}

interface AnsweredCommon {
  /** Name of the code's verdict; empty when no code was looked at. */
  codeVerdict: string;
  waitMs: number;
  clockOffsetMs: number;
  resynchronised: boolean;
  recoveryCodesLeft: number;
}
export type Answered =
  | (AnsweredCommon & {
      granted: true;
      method: string;
      /** For OTP alone: what to give to Windows; null: what was typed. */
      password: string | null;
    })
  /** `refusal` is one of the stable names in logon_desk.h, `Answered::refusal`. */
  | (AnsweredCommon & { granted: false; refusal: string });

export interface SecretDue {
  sid: string;
  credential: string;
  enrolledHere: boolean;
}

export interface Standing {
  methods: 'password' | 'otp' | 'password+otp' | 'otp+password' | 'either';
  enrolment: 'none' | 'rehearsal-due' | 'probation' | 'enforced' | 'lapsed';
  secretHeld: boolean;
  codesDisabled: boolean;
  waitMs: number;
  recoveryCodesLeft: number;
  passwordSealed: boolean;
}

/** native/core/logon_desk.h. Calls may overlap; they are done one after another, in the order they were made. */
export interface LogonDesk {
  /** @returns whether it changed anything. */
  takePolicy(json: string, clock: ClockReading): Promise<boolean>;
  /** Empty for none. */
  policyVersion(): Promise<string>;
  secretsDue(): Promise<SecretDue[]>;
  takeSecret(sid: string, json: string, clock: ClockReading): Promise<void>;
  question(signIn: SignIn, machine: DeskMachine, clock: ClockReading): Promise<Question>;
  answer(signIn: SignIn, machine: DeskMachine, answers: Answers, clock: ClockReading): Promise<Answered>;
  passwordAccepted(
    attempt: Attempt,
    machine: DeskMachine,
    passwordToSeal: string | null,
    clock: ClockReading,
  ): Promise<void>;
  passwordRejected(attempt: Attempt, clock: ClockReading): Promise<void>;
  emergencyChallenge(sid: string, clock: ClockReading): Promise<string>;
  standing(sid: string, clock: ClockReading): Promise<Standing | null>;
  report(clock: ClockReading): Promise<string>;
  /** What was begun is finished; later calls are refused as `closed`. */
  close(): Promise<void>;
}

/** A record as it travels (contract/event.ts, `sealedEvent`); MACs in base64url. */
export interface JournalRecord {
  record: string;
  previousMac: string;
  mac: string;
}
export interface JournalPage {
  records: JournalRecord[];
  through: number;
  more: boolean;
}
/** A journal as it was when it was opened. */
interface Journal {
  readonly journal: string;
  readonly headSequence: number;
  readonly headMac: string;
  readonly firstSequence: number;
}
/** The bridge's journal, read without its lock: it may be read while the bridge writes it. */
export interface JournalReader extends Journal {
  /** Records after a sequence, oldest first; checks the seal of each. */
  read(after: number, limit: number): Promise<JournalPage>;
  /** Reads and checks everything: the number of records. */
  verify(): Promise<number>;
  close(): Promise<void>;
}
/** Writes a journal, and keeps its lock, until it is closed. */
export interface JournalWriter extends Journal {
  /** The JSON text of an event whose `sequence` is the next one. Resolves when the record is on the disk. */
  append(record: string): Promise<JournalRecord>;
  close(): Promise<void>;
}

export interface LogonCore {
  /** Of the addon, as package.json says. */
  readonly version: string;
  readonly windows: WindowsFunctions | WithoutWindows;
  hotp(secret: Uint8Array, parameters: OtpParameters, counter: number): Promise<string>;
  totp(secret: Uint8Array, parameters: OtpParameters, atMs: number): Promise<string>;
  /**
   * The last step from `first` to `last` (both included, at most 100,000 of them) whose code was typed; null for none. No rules of
   * use: see LogonDesk.
   */
  findStep(
    secret: Uint8Array,
    parameters: OtpParameters,
    typed: string,
    first: number,
    last: number,
  ): Promise<number | null>;
  otpauthUri(of: {
    issuer: string;
    account: string;
    secret: Uint8Array;
    parameters: OtpParameters;
  }): Promise<string>;
  recoveryHash(salt: Uint8Array, typed: string): Promise<Buffer>;
  emergencyResponse(deviceSecret: Uint8Array, sid: string, challenge: string): Promise<string>;
  /** Whether a record's seal fits: HMAC-SHA-256 under the journal's key over the record and the MAC before it. */
  checkSeal(deviceSecret: Uint8Array, journal: string, record: JournalRecord): Promise<boolean>;
  openJournal(folder: string, device: string, deviceSecret: Uint8Array): Promise<JournalReader>;
  /** Refused as `not-found` when there is none, and as `locked` while another process writes it. */
  openJournalWriter(folder: string, device: string, deviceSecret: Uint8Array): Promise<JournalWriter>;
  /** Begins a journal, named by a new UUID, in a folder that has none. */
  createJournal(
    folder: string,
    device: string,
    deviceSecret: Uint8Array,
    journal: string,
  ): Promise<JournalWriter>;
  /**
   * Refused as `locked` while another desk is open on the folder, in this process or another.
   *
   * @param folder is made if missing, its parent is not; its secret box is a key file in it (`native/platform/file_secret_box.h`) or, on Windows, DPAPI
   */
  openLogonDesk(
    folder: string,
    device: string,
    deviceSecret: Uint8Array,
    clock: ClockReading,
  ): Promise<LogonDesk>;
}

/** A failure of the core. `code` is one of native/core/base/error.h, such as `disk-full` or `damaged`, or a `BridgePipeCode`. */
export class CoreError extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'CoreError';
    this.code = code;
  }
}

/** There is no core for this machine. `message` says what was looked for and what to do; what needs it is off. */
export class CoreUnavailable extends Error {
  override readonly name = 'CoreUnavailable';
}
