/** What the page of the virtual PC and its hardware say to each other. The browser uses this file too. */
import { z } from 'zod';
import { companyCode, instant, sid } from '../../contract/ids.ts';
import { accountEnforcement } from '../../contract/logon.ts';
import { punchState } from '../../contract/me.ts';
import { credentials, signInRefusal } from './tile-messages.ts';

/** What a person can do: to the PC through its screen, and around it with their hands. */
export const action = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sign-in'), sid, credentials }),
  /** From within the session on the monitor: the whole sign-in, without leaving or recording anything. */
  z.object({ type: z.literal('rehearse'), credentials }),
  z.object({ type: z.literal('lock') }),
  z.object({ type: z.literal('sign-out') }),
  z.object({ type: z.literal('switch-user') }),
  z.object({ type: z.literal('sleep') }),
  z.object({ type: z.literal('wake') }),
  z.object({ type: z.literal('restart') }),
  z.object({ type: z.literal('shut-down') }),
  z.object({ type: z.literal('power-on') }),
  z.object({ type: z.literal('pull-the-plug') }),
  z.object({ type: z.literal('set-cable'), plugged: z.boolean() }),
  z.object({ type: z.literal('move-clock'), byMs: z.number().int().min(-1e12).max(1e12) }),
  z.object({ type: z.literal('set-clock-right') }),
  z.object({ type: z.literal('kill-client') }),
  z.object({ type: z.literal('start-client') }),
]);
export type Action = z.infer<typeof action>;

/** `not-now` or `unknown-user` for any action; a refused `sign-in` or `rehearse` has reasons of its own and says more. */
export const actionResult = z.discriminatedUnion('done', [
  z.object({ done: z.literal(true) }),
  z.object({
    done: z.literal(false),
    ...signInRefusal.partial({ waitMs: true, clockOffsetMs: true, recoveryCodesLeft: true }).shape,
  }),
]);
export type ActionResult = z.infer<typeof actionResult>;

/** `waking` and `sleeping` take no time here; starting and stopping last as long as the bridge needs. */
export const power = z.enum(['off', 'starting', 'on', 'asleep', 'stopping']);
export type Power = z.infer<typeof power>;

/** The tray app's own account of itself, as far as the page shows it. */
export const clientView = z.object({
  server: z.enum(['waiting', 'online', 'offline', 'needs-you']),
  problem: z.string().nullable(),
  offlineSince: instant.nullable(),
  lastSentAt: instant.nullable(),
  waiting: z.number(),
  refused: z.number(),
  today: z
    .object({
      date: z.string(),
      timeZone: z.string(),
      in: instant.nullable(),
      out: instant.nullable(),
      inState: punchState.nullable(),
      /** Why it is held, in a code of `HOLD_REASONS`. */
      inReason: z.string().nullable(),
      outState: punchState.nullable(),
      outReason: z.string().nullable(),
      linked: z.boolean(),
    })
    .nullable(),
});
export type ClientView = z.infer<typeof clientView>;

const userView = z.object({
  sid,
  name: z.string(),
  domain: z.string(),
  displayName: z.string(),
  /** Their Windows password, so that whoever tries the PC knows it. */
  passwordHint: z.string(),
  /** How far they have come towards being asked for codes here; null while the PC's policy does not name them. */
  enforcement: accountEnforcement.nullable(),
  /** `console`: on the monitor now; `background`: signed in behind another user; null: not signed in. */
  session: z.enum(['console', 'background']).nullable(),
  locked: z.boolean(),
  client: z.object({ running: z.boolean(), status: clientView.nullable() }).nullable(),
});
export type UserView = z.infer<typeof userView>;

/** An event and how far it has come on its way journal → queue → server. */
export const eventView = z.object({
  id: z.string(),
  sequence: z.number(),
  kind: z.string(),
  occurredAt: instant,
  user: z.string().nullable(),
  initiator: z.enum(['user', 'system']),
  reason: z.string().nullable(),
  source: z.string(),
  /** `none`: it concerns nobody's session, so no tray app takes it. */
  queued: z.enum(['yes', 'no', 'none']),
  received: z.boolean(),
});
export type EventView = z.infer<typeof eventView>;

export const pcState = z.object({
  name: z.string(),
  server: z.string(),
  company: companyCode,
  timeZone: z.string(),
  /** The real time when this was said; the PC's clock is `clockOffsetMs` from it. */
  realNowMs: z.number(),
  clockOffsetMs: z.number(),
  power,
  cablePlugged: z.boolean(),
  users: z.array(userView),
  /** The logon core; without it every tile is Windows' own. */
  core: z.enum(['available', 'missing']),
  /** Why the core asks nobody though it is there, such as `vault-damaged`; null when nothing is wrong. */
  coreProblem: z.string().nullable(),
  /** Of the policy for logon that the server told this PC; null for none. */
  policyVersion: z.string().nullable(),
  bridge: z.object({
    running: z.boolean(),
    registered: z.boolean(),
    lastProblem: z.string().nullable(),
    /** Records no receipt covers yet. */
    unreceived: z.number(),
    journalSetAside: z.boolean(),
  }),
  /** Newest first. */
  events: z.array(eventView),
});
export type PcState = z.infer<typeof pcState>;
