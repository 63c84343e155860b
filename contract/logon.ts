import { z } from 'zod';
import { publicKey } from './device.ts';
import { base64url, instant, type Sid, sid } from './ids.ts';

/*
 * Logon: linking, OTP enrolment, and what a PC may know of both. Requests of a person carry the bearer token of their account on their PC
 * (session.ts); requests of a device are signed (http-signature.ts). A code is sent as it was typed: the server reads it.
 */

/** One of a group's ways to log on, in the order asked for; `either` is for an employee in no group: password, or OTP alone. */
export const logonMethods = z.enum(['password', 'otp', 'password+otp', 'otp+password', 'either']);
export type LogonMethods = z.infer<typeof logonMethods>;

/** RFC 6238. What a new enrolment gets is SHA-1, 6 digits, 30 s: all that every authenticator app understands. */
export const otpParameters = z.looseObject({
  algorithm: z.enum(['sha1', 'sha256', 'sha512']),
  digits: z.union([z.literal(6), z.literal(8)]),
  periodSeconds: z.union([z.literal(30), z.literal(60)]),
});
export type OtpParameters = z.infer<typeof otpParameters>;

/** Names one enrolled OTP secret. A new enrolment has a new one, so that nothing of the old is taken for it. */
export const credentialId = z.uuid().brand<'CredentialId'>();
export type CredentialId = z.infer<typeof credentialId>;

const typedCode = z.string().min(1).max(64);

/** The employee an account is linked to, for people to see. */
export const linkedEmployee = z.looseObject({
  code: z.string(),
  lastName: z.string(),
  firstName: z.string(),
});

/**
 * GET /v1/logon, bearer. How the account stands, and so what the page has to ask for. `next`:
 * `link` – the one-time code, by POST /v1/links · `enrol` – an enrolment may be started without more ·
 * `prove` – it needs a `proof`: for a first enrolment a one-time code, for a further one a code or recovery code.
 */
export const logonState = z.looseObject({
  employee: linkedEmployee.nullable(),
  methods: logonMethods,
  otp: z
    .looseObject({
      /** Which enrolment is in force: whoever lost the answer to a confirmation learns here whether it was taken. */
      credential: credentialId,
      enrolledAt: instant,
      /** Whether this PC holds, or may fetch without a code, the secret. */
      enrolledHere: z.boolean(),
      recoveryCodesLeft: z.number().int().nonnegative(),
    })
    .nullable(),
  next: z.enum(['link', 'enrol', 'prove']),
  serverTime: instant,
});
export type LogonState = z.infer<typeof logonState>;

/**
 * POST /v1/links, bearer: links the token's account on its device to the employee the one-time code was issued for. Refused as
 * `code-invalid` whatever is wrong with the code; `linked-otherwise` when the account is another employee's. Sending a code again
 * from the account it linked gets the same answer, so an answer lost on the way does no harm.
 */
export const linkRequest = z.looseObject({ code: typedCode });
export const linkAnswer = z.looseObject({
  employee: linkedEmployee,
  /** Until then an enrolment may be started without another proof, if there is none yet. */
  enrolUntil: instant,
  serverTime: instant,
});
export type LinkAnswer = z.infer<typeof linkAnswer>;

/** What a person shows before an OTP secret is made. `one-time-code` serves a first enrolment only, the others a further one. */
export const enrolmentProof = z.looseObject({
  kind: z.enum(['one-time-code', 'otp', 'recovery-code']),
  code: typedCode,
});
export type EnrolmentProof = z.infer<typeof enrolmentProof>;

/**
 * POST /v1/otp/enrolments, bearer: begins an enrolment; one begun before is void. Without a `proof` only while `GET /v1/logon` says
 * `enrol`. The answer holds the secret: show it, do not keep it.
 */
export const enrolmentRequest = z.looseObject({ proof: enrolmentProof.optional() });
export const enrolmentStarted = z.looseObject({
  credential: credentialId,
  /** `otpauth://totp/…`, for the QR code. */
  uri: z.string(),
  /** Base32, for typing. */
  secret: z.string(),
  issuer: z.string(),
  accountName: z.string(),
  parameters: otpParameters,
  expiresAt: instant,
  serverTime: instant,
});
export type EnrolmentStarted = z.infer<typeof enrolmentStarted>;

/** POST /v1/otp/enrolments/confirm, bearer: the first code. From then on the secret is the employee's, and the one before is not. */
export const enrolmentConfirmation = z.looseObject({ credential: credentialId, code: typedCode });
export const enrolmentConfirmed = z.looseObject({
  credential: credentialId,
  /** As shown, `XXXX-XXXX-XXXX-XXXX`; told this once. */
  recoveryCodes: z.array(z.string()),
  serverTime: instant,
});
export type EnrolmentConfirmed = z.infer<typeof enrolmentConfirmed>;

/** POST /v1/otp/recovery-codes, bearer: a new set for a current code; the set before is void. Answers `enrolmentConfirmed`. */
export const recoveryCodesRequest = z.looseObject({ code: typedCode });

/** A recovery code on the wire: its hash, and the first 16 bytes of that as its id. */
const recoveryCodeId = base64url(16);

/** What a PC needs to check codes of one account, apart from the secret itself (`POST /v1/device/otp-secret`). */
const devicePolicyOtp = z.looseObject({
  credential: credentialId,
  parameters: otpParameters,
  enrolledAt: instant,
  /** Whether the secret is released to this PC without a code, because it was enrolled here. */
  enrolledHere: z.boolean(),
  /** No code of this step or before is good any more, wherever it was used; null when none was. */
  lastAcceptedStep: z.number().int().nonnegative().nullable(),
  recovery: z.looseObject({
    /** 16 bytes. */
    salt: base64url(16),
    codes: z.array(z.looseObject({ id: recoveryCodeId, hash: base64url(32), used: z.boolean() })),
  }),
});

const devicePolicyAccount = z.looseObject({
  sid,
  employee: linkedEmployee,
  methods: logonMethods,
  /** Null: not enrolled, and what this PC holds of an earlier enrolment is to be deleted. */
  otp: devicePolicyOtp.nullable(),
  /** A password sealed for OTP alone under a lower number than this is to be deleted. */
  sealedPasswordEpoch: z.number().int().nonnegative(),
  /** When it has grown, failures and waits are forgiven and codes are on again: an administrator said so, or a new secret was enrolled. */
  forgivenEpoch: z.number().int().nonnegative(),
});

/** A company's rules for its PCs. */
export const deviceRules = z.looseObject({
  /**
   * Whether other ways to log on are hidden. On only when the company wants it and an account of this PC is enrolled with
   * methods that ask for a code: installing before anybody is enrolled changes nothing.
   */
  enforcement: z.boolean(),
  probationDays: z.number().int().positive(),
  whenBridgeDown: z.enum(['password-only', 'deny']),
  /** SIDs that are never asked for a code. */
  breakGlassSids: z.array(sid),
  /** Whether our tile stands in UAC and other prompts. */
  prompts: z.boolean(),
  /** Whether smart cards stay visible beside our tile. */
  smartCards: z.boolean(),
  /** OTP alone with a password sealed on the PC: anywhere, only with TPM and BitLocker, or nowhere. */
  sealedPassword: z.enum(['allowed', 'tpm-and-bitlocker', 'off']),
});
export type DeviceRules = z.infer<typeof deviceRules>;

/**
 * GET /v1/device/policy?version=…, signed. `version` names the policy the device has, if it has one; when that is still
 * the one in force the answer is `unchanged`. Accounts that are not in it are not linked (any more): all that is held of them is deleted.
 */
export const policyVersion = base64url(32);
export const currentPolicy = z.looseObject({
  status: z.literal('current'),
  version: policyVersion,
  rules: deviceRules,
  accounts: z.array(devicePolicyAccount),
  serverTime: instant,
});
export type CurrentPolicy = z.infer<typeof currentPolicy>;
export const devicePolicy = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('unchanged'), version: policyVersion, serverTime: instant }),
  currentPolicy,
]);
export type DevicePolicy = z.infer<typeof devicePolicy>;

/** Ways to encrypt a secret to a device, best first. A name stands for exactly one computation, below. */
export const SECRET_ALGORITHMS = [
  'ecdh-p256+hkdf-sha256+a256gcm',
  'device-secret+hkdf-sha256+a256gcm',
] as const;
export type SecretAlgorithm = (typeof SECRET_ALGORITHMS)[number];

/**
 * POST /v1/device/otp-secret, signed: the OTP secret of an account that is linked on the device. Given because it was enrolled there,
 * or for a fresh code of that employee typed there; the code is used up by it. Refused as `code-needed`, `otp-wrong`, `otp-used`,
 * `codes-off`, `account-unlinked`, `otp-not-enrolled`, `algorithm-unsupported`.
 */
export const secretRequest = z.looseObject({
  sid,
  code: typedCode.optional(),
  /** What the device can do; the server takes its own best. Unknown names are passed over. */
  algorithms: z.array(z.string().max(80)).min(1).max(20),
  /**
   * The P-256 key to encrypt to when the device's own key can only sign, as a TPM's may. The request's signature vouches for it.
   * Without it: the device's own key.
   */
  agreementKey: publicKey.optional(),
});
export type SecretRequest = z.infer<typeof secretRequest>;

/**
 * The secret, AES-256-GCM with a 12-byte `iv`; `ciphertext` ends in the 16-byte tag. Associated data: `secretContext`.
 * Key, 32 bytes of HKDF-SHA-256 with an empty salt:
 * - `ecdh-p256+…`: key material is the X coordinate (32 bytes) of ECDH between `ephemeralKey` and the recipient's key, `info` is
 *   `agreementInfo(ephemeralKey, recipientKey)`.
 * - `device-secret+…`: key material is the device secret, `info` is `derivedKeyInfo.vault()`.
 */
export const releasedSecret = z.looseObject({
  credential: credentialId,
  parameters: otpParameters,
  algorithm: z.enum(SECRET_ALGORITHMS),
  /** With `ecdh-p256+…` only. */
  ephemeralKey: publicKey.optional(),
  iv: base64url(12),
  ciphertext: base64url(),
  /** Of the code that was typed, or the last accepted before; null when none was. */
  lastAcceptedStep: z.number().int().nonnegative().nullable(),
  serverTime: instant,
});
export type ReleasedSecret = z.infer<typeof releasedSecret>;

/** The text whose UTF-8 bytes are the associated data of a released secret. */
export const secretContext = (of: {
  device: string;
  sid: string;
  credential: string;
  algorithm: SecretAlgorithm;
}): string => `systemlog/v1/otp-secret\n${of.algorithm}\n${of.device}\n${of.sid}\n${of.credential}`;

/** HKDF `info` of a key agreed for one released secret: both keys by their x and y, base64url. */
export const agreementInfo = (ephemeral: { x: string; y: string }, recipient: { x: string; y: string }) =>
  `systemlog/v1/otp-secret/ecdh-p256\n${ephemeral.x}.${ephemeral.y}\n${recipient.x}.${recipient.y}`;

/** How far an account has come on a PC towards being enforced there. */
export const accountEnforcement = z.enum(['none', 'rehearsal-due', 'probation', 'enforced', 'lapsed']);
export type AccountEnforcement = z.infer<typeof accountEnforcement>;

/**
 * POST /v1/device/logon-report, signed: what happened at the logon screen that must hold everywhere. Saying the same again changes
 * nothing. What does not concern an account linked on the device, or its present credential, is passed over.
 */
export const logonReport = z.looseObject({
  accounts: z
    .array(
      z.looseObject({
        sid,
        enforcement: accountEnforcement.optional(),
        /** Wrong codes have switched codes off for the account on this PC. */
        codesOff: z.boolean().optional(),
        otp: z
          .looseObject({
            credential: credentialId,
            lastAcceptedStep: z.number().int().nonnegative().nullable(),
            usedRecoveryCodes: z.array(recoveryCodeId).max(40),
          })
          .optional(),
      }),
    )
    .max(1000),
});
export type LogonReport = z.infer<typeof logonReport>;
export const logonReportAnswer = z.looseObject({
  /** The policy in force now, so that a device knows whether to fetch it. */
  policyVersion,
  serverTime: instant,
});

/**
 * Emergency sign-in: a tile shows a challenge, the administrator's console answers it. The text whose UTF-8 bytes are MACed for the answer. Key: HKDF of the device secret, `derivedKeyInfo.emergency()`.
 * The answer is `humanCode` of the MAC's first 5 bytes. `challenge` is in its normal form, without hyphens.
 */
export const emergencyInput = (account: Sid, challenge: string): string =>
  `systemlog/v1/emergency-sign-in\n${account}\n${challenge}`;

/** Characters of an emergency challenge and of its answer, a one-time code (60 random bits) and a recovery code (80). */
export const HUMAN_CODE_LENGTHS = { emergency: 8, oneTime: 12, recovery: 16 } as const;

/** A recovery code's hash is SHA-256 over the UTF-8 bytes of this, the 16 salt bytes, and the code's 16 characters. */
export const RECOVERY_CODE_PREFIX = 'systemlog/v1/recovery-code\n';
/** The first bytes of a recovery code's hash that name it. */
export const RECOVERY_CODE_ID_BYTES = 16;

/** Crockford's base 32: no I, L, O or U, so that nothing looks like something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Bytes as people read, write and type them: most significant bits first, the last digit filled with zero bits. */
export function humanCode(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g) ?? [];
  return digits.map((digit) => ALPHABET[Number.parseInt(digit.padEnd(5, '0'), 2)]).join('');
}

/** The same in groups of four: `7KQ2-M9XD`. */
export const groupedCode = (code: string): string => code.match(/.{1,4}/g)?.join('-') ?? '';

/**
 * What a person typed, as `humanCode` writes it: full-width characters made plain, lower case raised, spaces and hyphens dropped, I
 * and L read as 1, O as 0. Null unless exactly `length` digits remain.
 */
export function readHumanCode(typed: string, length: number): string | null {
  const plain = typed
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[ \u3000-]/g, '')
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/[IL]/g, '1')
    .replace(/O/g, '0');
  return plain.length === length && [...plain].every((digit) => ALPHABET.includes(digit)) ? plain : null;
}
