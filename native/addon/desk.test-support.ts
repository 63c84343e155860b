/** For tests of the desk: a PC with one enrolled account, a server that says what is due, and a clock moved by hand. */
import { createCipheriv, createHmac, hkdfSync } from 'node:crypto';
import { derivedKeyInfo } from '../../contract/event.ts';
import type { Sid } from '../../contract/ids.ts';
import {
  currentPolicy,
  emergencyInput,
  HUMAN_CODE_LENGTHS,
  humanCode,
  type LogonMethods,
  readHumanCode,
  releasedSecret,
  secretContext,
} from '../../contract/logon.ts';
import recovery from '../test/vectors/recovery.json' with { type: 'json' };
import type {
  Answered,
  Answers,
  Attempt,
  ClockReading,
  LogonCore,
  LogonDesk,
  OtpParameters,
  Question,
  SignIn,
} from './types.ts';

export const SID = 'S-1-5-21-1004336348-1177238915-682003330-1001' as Sid;
export const CREDENTIAL = '0d0f8b5e-6d2a-4f1e-9a53-6f1c9f4e7a53';
export const OTP: OtpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30 };
export const RECOVERY_CODES = recovery.codes.map(({ shown }) => shown);
export const MACHINE = {
  featureInstalled: true,
  recoveryFlag: false,
  crashBreaker: false,
  protocolCompatible: true,
  tpmAndBitlocker: true,
};

const DEVICE = 'JjpNvkFIj7hyFLADIznbufDI2hTBbfzxMIS_PCVS7KU';
const DEVICE_SECRET = Buffer.alloc(32, 5);
const OTP_SECRET = Buffer.alloc(20, 9);
const RECOVERY_SALT = Buffer.alloc(16, 3);
const BOOT = '6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11';
const BEGUN_MS = Date.UTC(2026, 10, 24, 0, 0, 0);
const STEP_MS = OTP.periodSeconds * 1000;

const deviceKey = (purpose: string) => Buffer.from(hkdfSync('sha256', DEVICE_SECRET, '', purpose, 32));

export class Pc {
  readonly #core: LogonCore;
  readonly #folder: string;
  readonly #desk: LogonDesk;
  #elapsedMs: number;
  #attempts = 0;

  private constructor(core: LogonCore, folder: string, desk: LogonDesk, elapsedMs: number) {
    this.#core = core;
    this.#folder = folder;
    this.#desk = desk;
    this.#elapsedMs = elapsedMs;
  }

  static async open(core: LogonCore, folder: string, elapsedMs = 0): Promise<Pc> {
    const desk = await core.openLogonDesk(folder, DEVICE, DEVICE_SECRET, clockAt(elapsedMs));
    return new Pc(core, folder, desk, elapsedMs);
  }

  /** With the policy and the secret of its account; nobody has signed in yet. */
  static async enrolled(core: LogonCore, folder: string, methods?: LogonMethods): Promise<Pc> {
    const pc = await Pc.open(core, folder);
    await pc.desk.takePolicy(await pc.policy(methods), pc.clock);
    await pc.desk.takeSecret(SID, pc.released(), pc.clock);
    return pc;
  }

  /** Rehearsed and signed in to: codes are asked for from now on. */
  static async enforced(core: LogonCore, folder: string, methods?: LogonMethods): Promise<Pc> {
    const pc = await Pc.enrolled(core, folder, methods);
    for (const rehearsal of [true, false]) {
      pc.pass(STEP_MS);
      await pc.signInByCode({ rehearsal });
    }
    pc.pass(STEP_MS);
    return pc;
  }

  get desk(): LogonDesk {
    return this.#desk;
  }

  get clock(): ClockReading {
    return clockAt(this.#elapsedMs);
  }

  pass(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** The service ends and starts again. */
  async restart(): Promise<Pc> {
    await this.#desk.close();
    return Pc.open(this.#core, this.#folder, this.#elapsedMs);
  }

  code(): Promise<string> {
    return this.#core.totp(OTP_SECRET, OTP, this.clock.wallMs);
  }

  /** A code of no step near the present one. */
  wrongCode(): Promise<string> {
    const daysMs = 30 * 86_400_000;
    return this.#core.totp(OTP_SECRET, OTP, this.clock.wallMs + daysMs);
  }

  /** A new try at the logon screen. */
  attempt(): Attempt {
    return { processId: 100, processStarted: ++this.#attempts, sessionId: 1, sid: SID };
  }

  question(signIn: Partial<SignIn> = {}): Promise<Question> {
    return this.#desk.question(this.#signIn(signIn), MACHINE, this.clock);
  }

  /** With a password, which Windows has not judged yet. */
  answer(answers: Omit<Answers, 'hasPassword'>, signIn: Partial<SignIn> = {}): Promise<Answered> {
    return this.#desk.answer(this.#signIn(signIn), MACHINE, { hasPassword: true, ...answers }, this.clock);
  }

  /** All the way in. @param passwordToSeal so that the code alone will do from now on */
  async signInByCode(signIn: Partial<SignIn> = {}, passwordToSeal: string | null = null): Promise<Answered> {
    const attempt = this.attempt();
    const answered = await this.answer({ code: await this.code() }, { ...signIn, attempt });
    if (answered.granted) await this.#desk.passwordAccepted(attempt, MACHINE, passwordToSeal, this.clock);
    return answered;
  }

  #signIn(of: Partial<SignIn>): SignIn {
    return { scenario: 'logon', attempt: this.attempt(), administrator: false, rehearsal: false, ...of };
  }

  /** What the server answers to `GET /v1/device/policy`. */
  async policy(methods: LogonMethods = 'password+otp'): Promise<string> {
    const hashes = RECOVERY_CODES.map((code) => this.#core.recoveryHash(RECOVERY_SALT, code));
    const codes = (await Promise.all(hashes)).map((hash) => ({
      id: hash.subarray(0, 16).toString('base64url'),
      hash: hash.toString('base64url'),
      used: false,
    }));
    return JSON.stringify(
      currentPolicy.parse({
        status: 'current',
        version: Buffer.alloc(32, methods).toString('base64url'),
        rules: {
          enforcement: true,
          probationDays: 14,
          whenBridgeDown: 'password-only',
          breakGlassSids: [],
          prompts: false,
          smartCards: false,
          sealedPassword: 'allowed',
        },
        accounts: [
          {
            sid: SID,
            employee: { code: '1001', lastName: '田中', firstName: '太郎' },
            methods,
            otp: {
              credential: CREDENTIAL,
              parameters: OTP,
              enrolledAt: this.#serverTime(),
              enrolledHere: true,
              lastAcceptedStep: null,
              recovery: { salt: RECOVERY_SALT.toString('base64url'), codes },
            },
            sealedPasswordEpoch: 0,
            forgivenEpoch: 0,
          },
        ],
        serverTime: this.#serverTime(),
      }),
    );
  }

  /** What the server answers to `POST /v1/device/otp-secret`. */
  released(): string {
    const algorithm = 'device-secret+hkdf-sha256+a256gcm';
    const iv = Buffer.alloc(12, 7);
    const cipher = createCipheriv('aes-256-gcm', deviceKey(derivedKeyInfo.vault()), iv);
    const context = secretContext({ device: DEVICE, sid: SID, credential: CREDENTIAL, algorithm });
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(OTP_SECRET), cipher.final(), cipher.getAuthTag()]);
    return JSON.stringify(
      releasedSecret.parse({
        credential: CREDENTIAL,
        parameters: OTP,
        algorithm,
        iv: iv.toString('base64url'),
        ciphertext: sealed.toString('base64url'),
        lastAcceptedStep: null,
        serverTime: this.#serverTime(),
      }),
    );
  }

  #serverTime = (): string => new Date(this.clock.wallMs).toISOString();
}

const clockAt = (elapsedMs: number): ClockReading => ({
  wallMs: BEGUN_MS + elapsedMs,
  bootId: BOOT,
  uptimeMs: elapsedMs,
});

/** What the console answers to a challenge that was read out. */
export function emergencyAnswerTo(shown: string): string {
  const challenge = readHumanCode(shown, HUMAN_CODE_LENGTHS.emergency) ?? '';
  const key = deviceKey(derivedKeyInfo.emergency());
  return humanCode(createHmac('sha256', key).update(emergencyInput(SID, challenge)).digest().subarray(0, 5));
}
