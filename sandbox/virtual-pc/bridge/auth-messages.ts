/**
 * What a logon screen asks the bridge: the stand-in for the pipe `auth`, which on Windows only SYSTEM can open. Questions and answers
 * are those of the logon core (native/addon/types.ts, native/core/logon_desk.h).
 */
import { z } from 'zod';
import { sid } from '../../../contract/ids.ts';
import {
  type Answered,
  type Answers,
  type Attempt,
  type Question,
  SCENARIOS,
  type SignIn,
} from '../../../native/addon/types.ts';

const factor = z.enum(['password', 'otp']);

const attempt = z.object({
  processId: z.number(),
  processStarted: z.number(),
  sessionId: z.number(),
  sid,
}) satisfies z.ZodType<Attempt>;

const signIn = z.object({
  scenario: z.enum(SCENARIOS),
  attempt,
  administrator: z.boolean(),
  rehearsal: z.boolean(),
}) satisfies z.ZodType<SignIn>;

/** One try to sign in, as the PC describes it. */
export type SignInTry = z.infer<typeof signIn>;

const question = z.object({
  action: z.enum(['ask', 'stand-aside', 'wait', 'deny']),
  reason: z.string(),
  factors: z.array(factor),
  alternative: z.array(factor),
  codeOptional: z.boolean(),
  substitutesOnly: z.boolean(),
  alarm: z.boolean(),
  waitMs: z.number(),
  recoveryCodesLeft: z.number(),
  maySealPassword: z.boolean(),
}) satisfies z.ZodType<Question>;

const answers = z.object({
  hasPassword: z.boolean(),
  code: z.string().exactOptional(),
  recoveryCode: z.string().exactOptional(),
  emergencyResponse: z.string().exactOptional(),
}) satisfies z.ZodType<Answers>;

const answeredCommon = {
  codeVerdict: z.string(),
  waitMs: z.number(),
  clockOffsetMs: z.number(),
  resynchronised: z.boolean(),
  recoveryCodesLeft: z.number(),
};
const answered = z.discriminatedUnion('granted', [
  z.object({
    ...answeredCommon,
    granted: z.literal(true),
    method: z.string(),
    password: z.string().nullable(),
  }),
  z.object({ ...answeredCommon, granted: z.literal(false), refusal: z.string() }),
]) satisfies z.ZodType<Answered>;

const nothing = z.object({});

/** Every request with its parameters and its result. */
export const authMethods = {
  question: { params: z.object({ signIn }), result: question },
  answer: { params: z.object({ signIn, answers }), result: answered },
  /** Windows took the password of the attempt. */
  'password-accepted': {
    params: z.object({ attempt, passwordToSeal: z.string().nullable() }),
    result: nothing,
  },
  'password-rejected': { params: z.object({ attempt }), result: nothing },
  'emergency-challenge': { params: z.object({ sid }), result: z.object({ challenge: z.string() }) },
} as const;

export type AuthMethod = keyof typeof authMethods;
export type AuthParams<M extends AuthMethod> = z.infer<(typeof authMethods)[M]['params']>;
export type AuthResult<M extends AuthMethod> = z.infer<(typeof authMethods)[M]['result']>;

export const authRequest = z.discriminatedUnion('method', [
  z.object({ method: z.literal('question'), params: authMethods.question.params }),
  z.object({ method: z.literal('answer'), params: authMethods.answer.params }),
  z.object({ method: z.literal('password-accepted'), params: authMethods['password-accepted'].params }),
  z.object({ method: z.literal('password-rejected'), params: authMethods['password-rejected'].params }),
  z.object({ method: z.literal('emergency-challenge'), params: authMethods['emergency-challenge'].params }),
]);
export type AuthRequest = z.infer<typeof authRequest>;

/**
 * `code` when there was no result: `core-missing` – this PC runs without its logon core · `vault-…` – the core's files do not open, with
 * the core's own word (native/core/base/error.h): `vault-damaged`, `vault-rolled-back`, … · else the core's word for a failure of
 * this one request.
 */
export const authReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string() }),
]);
export type AuthReply = z.infer<typeof authReply>;
