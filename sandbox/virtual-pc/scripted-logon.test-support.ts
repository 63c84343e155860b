/** The part of the scripted server that knows accounts, OTP secrets and the rules of logon. */
import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { derivedKeyInfo } from '../../contract/event.ts';
import {
  credentialId,
  type DeviceRules,
  type LogonMethods,
  type LogonReport,
  logonReport,
  type SecretRequest,
  secretContext,
} from '../../contract/logon.ts';
import type { ProblemCode } from '../../contract/problem.ts';

const ALGORITHM = 'device-secret+hkdf-sha256+a256gcm';
const PARAMETERS = { algorithm: 'sha1', digits: 6, periodSeconds: 30 } as const;

interface ScriptedAccount {
  sid: string;
  methods: LogonMethods;
  /** Null: linked, but not enrolled. */
  otp: {
    credential: string;
    secret: Buffer;
    enrolledHere: boolean;
    /** The code for which the secret is released to a PC where it was not enrolled. */
    releasedFor: string;
  } | null;
}

export class ScriptedLogon {
  /** What PCs reported, oldest first. */
  readonly reports: LogonReport[] = [];
  rules: DeviceRules = {
    enforcement: false,
    probationDays: 14,
    whenBridgeDown: 'password-only',
    breakGlassSids: [],
    prompts: false,
    smartCards: false,
    sealedPassword: 'allowed',
  };
  /** Of everybody, as it was used elsewhere. */
  lastAcceptedStep: number | null = null;
  /** SIDs whose secrets are not released, whatever is asked. */
  readonly withheld = new Set<string>();
  #accounts: ScriptedAccount[] = [];

  /**
   * Links an account and, unless said otherwise, has it enrolled; the same account again replaces it.
   * @returns its OTP secret, for an authenticator.
   */
  link(
    sid: string,
    more: { methods?: LogonMethods; enrolled?: { here: boolean; releasedFor?: string } | null } = {},
  ): Uint8Array {
    const { methods = 'password+otp', enrolled = { here: true } } = more;
    const secret = randomBytes(20);
    const otp = enrolled && {
      credential: credentialId.parse(crypto.randomUUID()),
      secret,
      enrolledHere: enrolled.here,
      releasedFor: enrolled.releasedFor ?? '',
    };
    this.#accounts = [...this.#accounts.filter((one) => one.sid !== sid), { sid, methods, otp }];
    return secret;
  }

  unlink(sid: string): void {
    this.#accounts = this.#accounts.filter((one) => one.sid !== sid);
  }

  get version(): string {
    const said = JSON.stringify([this.rules, this.#accounts, this.lastAcceptedStep]);
    return createHash('sha256').update(said).digest('base64url');
  }

  /** GET /v1/device/policy. */
  policy(held: string | null) {
    const { version, rules } = this;
    if (held === version) return { status: 'unchanged', version };
    const accounts = this.#accounts.map(({ sid, methods, otp }) => ({
      sid,
      employee: { code: '1001', lastName: '山田', firstName: '太郎' },
      methods,
      otp: otp && {
        credential: otp.credential,
        parameters: PARAMETERS,
        enrolledAt: '2026-06-01T00:00:00.000Z',
        enrolledHere: otp.enrolledHere,
        lastAcceptedStep: this.lastAcceptedStep,
        recovery: { salt: Buffer.alloc(16, 1).toString('base64url'), codes: [] },
      },
      sealedPasswordEpoch: 0,
      forgivenEpoch: 0,
    }));
    return { status: 'current', version, rules, accounts };
  }

  /** POST /v1/device/logon-report. */
  take(body: unknown) {
    this.reports.push(logonReport.parse(body));
    return { policyVersion: this.version };
  }

  /** POST /v1/device/otp-secret: the secret, or why not. */
  release(device: string, deviceSecret: Buffer, { sid, code }: SecretRequest): object | ProblemCode {
    const account = this.#accounts.find((one) => one.sid === sid);
    if (!account || this.withheld.has(sid)) return 'account-unlinked';
    const { otp } = account;
    if (!otp) return 'otp-not-enrolled';
    if (!otp.enrolledHere && code === undefined) return 'code-needed';
    if (!otp.enrolledHere && code !== otp.releasedFor) return 'otp-wrong';
    const { credential } = otp;
    const iv = randomBytes(12);
    const key = new Uint8Array(hkdfSync('sha256', deviceSecret, '', derivedKeyInfo.vault(), 32));
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(secretContext({ device, sid, credential, algorithm: ALGORITHM })));
    const sealed = Buffer.concat([cipher.update(otp.secret), cipher.final(), cipher.getAuthTag()]);
    return {
      credential,
      parameters: PARAMETERS,
      algorithm: ALGORITHM,
      iv: iv.toString('base64url'),
      ciphertext: sealed.toString('base64url'),
      lastAcceptedStep: null,
    };
  }
}
