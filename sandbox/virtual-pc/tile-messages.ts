/** What the page of the virtual PC and its hardware say to each other about proving who one is. The browser uses this file too. */
import { z } from 'zod';
import { sid } from '../../contract/ids.ts';

const factor = z.enum(['code', 'password']);

/**
 * POST /api/tile {sid, rehearsal}: what the tile of a user is to ask now. `windows`: the tile is Windows' own, a password alone;
 * `reason` says why (native/core/policy.h), or `core-missing` when the PC runs without its logon core.
 */
export const tile = z.object({
  action: z.enum(['ask', 'windows', 'wait', 'deny']),
  reason: z.string(),
  /** In the order they are asked for, all on one page. */
  fields: z.array(factor),
  /** Another way that suffices as well; empty for none. */
  alternative: z.array(factor),
  codeOptional: z.boolean(),
  /** Only a recovery code or an emergency answer is taken in place of the code. */
  substitutesOnly: z.boolean(),
  /** Codes are not looked at for so long. */
  waitMs: z.number(),
  recoveryCodesLeft: z.number(),
  /** Offer to let the code alone do from the next sign-in on. */
  maySealPassword: z.boolean(),
});
export type Tile = z.infer<typeof tile>;
export const tileRequest = z.object({ sid, rehearsal: z.boolean() });

/** What was typed at a tile. At most one of code, recovery code and emergency answer. */
export const credentials = z.object({
  password: z.string().max(256).optional(),
  code: z.string().max(64).optional(),
  recoveryCode: z.string().max(64).optional(),
  emergencyResponse: z.string().max(64).optional(),
  sealPassword: z.boolean().default(false),
});
export type Credentials = z.infer<typeof credentials>;

/**
 * Why somebody was not let in, each with its own words: those of native/core/logon_desk.h (`Answered::refusal`), and
 * `wrong-password` as Windows says it.
 */
export const signInRefusal = z.object({
  reason: z.string(),
  waitMs: z.number(),
  clockOffsetMs: z.number(),
  recoveryCodesLeft: z.number(),
});
export type SignInRefusal = z.infer<typeof signInRefusal>;

/** POST /api/tile/emergency {sid}. */
export const emergencyChallenge = z.object({ challenge: z.string().nullable() });

/**
 * POST /api/client: what a person does in the tray app of the session on the monitor. It answers `clientReply`, whose `value` is the
 * server's answer of contract/logon.ts, or `bridgeMethods['logon.…'].result`.
 */
export const clientCommand = z.discriminatedUnion('command', [
  z.object({ command: z.literal('logon-state') }),
  z.object({ command: z.literal('logon-standing') }),
  z.object({ command: z.literal('link'), code: z.string().min(1).max(64) }),
  z.object({
    command: z.literal('start-enrolment'),
    proof: z
      .object({ kind: z.enum(['one-time-code', 'otp', 'recovery-code']), code: z.string().min(1).max(64) })
      .nullable(),
  }),
  z.object({
    command: z.literal('confirm-enrolment'),
    credential: z.string(),
    code: z.string().min(1).max(64),
  }),
  z.object({ command: z.literal('new-recovery-codes'), code: z.string().min(1).max(64) }),
  z.object({ command: z.literal('fetch-secret'), code: z.string().min(1).max(64).nullable() }),
]);
export type ClientCommandRequest = z.infer<typeof clientCommand>;

/** `code`: of contract/problem.ts, or the client's own word for not having got through (`unreachable`, `no-client`, …). */
export const clientReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string(), retryAfterMs: z.number().nullable() }),
]);
export type ClientReply = z.infer<typeof clientReply>;
