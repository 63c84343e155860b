import { z } from 'zod';
import { sealedEvent, serverReceipt } from './event.ts';
import { account, companyCode, deviceId, instant, journalId, nonce } from './ids.ts';
import { accountEnforcement, logonMethods } from './logon.ts';
import { signedStatement } from './statement.ts';

/**
 * Bridge protocol: UTF-8 JSON, one message a line, over the pipe `client`. The client asks, the bridge answers with the
 * same `id`; the bridge also sends notices unasked. The first request is `hello`: the client names every version it speaks and the
 * bridge picks the highest it speaks too. Who is asking is never said in a message: the bridge knows it from the pipe.
 * The client closes first.
 */
export const BRIDGE_VERSIONS = [1] as const;
/** The longest line, in bytes, either way. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** The most records one `journal.read` gives. */
export const MAX_READ_RECORDS = 500;

/**
 * Why a rehearsal was not opened. `no-provider`: installed without the auth feature. `not-linked`: the PC's policy names no such account.
 * `nothing-to-rehearse`: it has no OTP secret here. `rehearsal-running`: one is open in this session. `unsafe-desktop`: User Account Control is
 * off, so that the user's programs could act in a window of SYSTEM's. `cannot-start`: not now, or not on this PC; the event log says more.
 */
export const REHEARSAL_PROBLEMS = [
  'no-provider',
  'not-linked',
  'nothing-to-rehearse',
  'rehearsal-running',
  'unsafe-desktop',
  'cannot-start',
] as const;
export type RehearsalProblem = (typeof REHEARSAL_PROBLEMS)[number];

const empty = z.looseObject({});
const journalHead = z.looseObject({ id: journalId, headSequence: z.number().int().nonnegative() });

/** Every request with its parameters and its result. */
export const bridgeMethods = {
  hello: {
    params: z.looseObject({
      versions: z.array(z.number().int().positive()).min(1),
      client: z.string().max(40),
      clientVersion: z.string().max(40),
    }),
    result: z.looseObject({
      version: z.number().int().positive(),
      bridgeVersion: z.string(),
      account,
      device: deviceId,
      /** Null until the device is registered. */
      registration: z.looseObject({ server: z.url(), company: companyCode }).nullable(),
      journal: journalHead,
    }),
  },
  /**
   * The caller's own records after a sequence, oldest first. The reading position lies with the bridge too (`acknowledgedThrough`),
   * so that a client that lost its queue reads on from there; `through` says up to where the journal was looked at,
   * whoever's records lay between. `more` is true when another read would give more at once.
   */
  'journal.read': {
    params: z.looseObject({
      /** The journal the caller's position belongs to; null to begin with. Another than the current one reads from its start. */
      journal: journalId.nullable(),
      after: z.number().int().nonnegative(),
      limit: z.number().int().positive().max(MAX_READ_RECORDS),
    }),
    result: z.looseObject({
      journal: journalHead,
      records: z.array(sealedEvent),
      through: z.number().int().nonnegative(),
      more: z.boolean(),
    }),
  },
  /** "These are safe in my queue." Moves the caller's own reading position and nothing else. */
  'journal.acknowledge': {
    params: z.looseObject({ journal: journalId, through: z.number().int().nonnegative() }),
    result: z.looseObject({ acknowledgedThrough: z.number().int().nonnegative() }),
  },
  /** Carries a server receipt back. The bridge checks its MAC and compacts up to it at its own time. */
  receipt: {
    params: z.looseObject({ receipt: serverReceipt }),
    result: z.looseObject({ receivedThrough: z.number().int().nonnegative() }),
  },
  /** A ticket for the caller's account and an anchor, both over the server's nonce. */
  ticket: {
    params: z.looseObject({ nonce }),
    result: z.looseObject({ ticket: signedStatement, anchor: signedStatement }),
  },
  /** Asks the bridge to talk to the server now; answers when it has, or could not. */
  sync: {
    params: empty,
    result: z.looseObject({ reached: z.boolean(), problem: z.string().nullable() }),
  },
  status: {
    params: empty,
    result: z.looseObject({
      registered: z.boolean(),
      journal: journalHead,
      /** How far the server's receipts reach. */
      receivedThrough: z.number().int().nonnegative(),
      lastSyncAt: instant.nullable(),
      lastProblem: z.string().nullable(),
      /** `not-open`: another program holds the name of the logon screen's pipe, so that nobody is asked for a code. Absent: there is no such pipe. */
      authPipe: z.enum(['open', 'not-open']).optional(),
    }),
  },
  /** How the caller's account stands on this PC, so that its owner can be told what the next sign-in will ask, and why. */
  'logon.standing': {
    params: empty,
    result: z.looseObject({
      /** Null: installed without the auth feature, or it cannot work here; nothing asks for codes then. */
      account: z
        .looseObject({
          methods: logonMethods,
          enforcement: accountEnforcement,
          /** Whether this PC holds the OTP secret. */
          secretHeld: z.boolean(),
          codesDisabled: z.boolean(),
          /** How long codes are not looked at; 0 for none. */
          waitMs: z.number().nonnegative(),
          recoveryCodesLeft: z.number().int().nonnegative(),
          passwordSealed: z.boolean(),
        })
        .nullable(),
    }),
  },
  /** Fetches the OTP secret of the caller's account to this PC, for a fresh code when it was enrolled elsewhere. */
  'logon.fetch-secret': {
    params: z.looseObject({ code: z.string().min(1).max(64).nullable() }),
    result: z.discriminatedUnion('held', [
      z.looseObject({ held: z.literal(true) }),
      /** `problem`: a code of contract/problem.ts as the server said it, or `unreachable`. */
      z.looseObject({ held: z.literal(false), problem: z.string() }),
    ]),
  },
  /**
   * Opens the rehearsal of the caller's account on the caller's own desktop (native/provider/rehearsal); answers when it is being opened.
   * What comes of it is told as ever: an `enrolment` event in the journal, and `logon.standing`.
   */
  'logon.rehearse': {
    params: empty,
    result: z.discriminatedUnion('started', [
      z.looseObject({ started: z.literal(true) }),
      /** `problem`: one of `REHEARSAL_PROBLEMS`, or a later bridge's word. */
      z.looseObject({ started: z.literal(false), problem: z.string() }),
    ]),
  },
} as const;

export type BridgeMethod = keyof typeof bridgeMethods;
export type BridgeParams<M extends BridgeMethod> = z.infer<(typeof bridgeMethods)[M]['params']>;
export type BridgeResult<M extends BridgeMethod> = z.infer<(typeof bridgeMethods)[M]['result']>;

export const bridgeRequest = z.looseObject({
  id: z.number().int().nonnegative(),
  method: z.string(),
  params: z.unknown(),
});
export type BridgeRequest = z.infer<typeof bridgeRequest>;

/** Why the bridge refuses a request. After `version-unsupported`, `line-too-long` and `malformed-message` it closes. */
export const BRIDGE_ERRORS = [
  'malformed-message',
  'line-too-long',
  'hello-first',
  'version-unsupported',
  'unknown-method',
  'invalid-params',
  'not-registered',
  'unknown-journal',
  'beyond-head',
  'receipt-invalid',
  'too-many-requests',
  'internal-error',
] as const;
export type BridgeErrorCode = (typeof BRIDGE_ERRORS)[number];

export const bridgeError = z.looseObject({ code: z.string(), message: z.string() });

/** What the bridge says: an answer, or a notice such as "the journal grew". Unknown notices are passed over. */
export const bridgeMessage = z.union([
  z.looseObject({ id: z.number().int().nonnegative(), result: z.unknown() }).refine((m) => 'result' in m),
  z.looseObject({ id: z.number().int().nonnegative().nullable(), error: bridgeError }),
  z.looseObject({ notice: z.string(), params: z.unknown() }),
]);
export type BridgeMessage = z.infer<typeof bridgeMessage>;

/** Notices of this version. */
export const bridgeNotices = {
  /** The caller's part of the journal grew, or a new journal was begun. */
  journal: journalHead,
} as const;
