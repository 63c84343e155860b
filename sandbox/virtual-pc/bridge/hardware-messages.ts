/**
 * What the hardware of the virtual PC and its bridge process tell each other, over the child-process channel. It stands for
 * what Windows tells a service (session changes, power, shutdown) and shows the page how far each event has come.
 */
import { z } from 'zod';
import { account, companyCode, deviceId, eventId, instant, journalId, sid } from '../../../contract/ids.ts';
import { accountEnforcement } from '../../../contract/logon.ts';
import { authReply, authRequest } from './auth-messages.ts';

const presentSession = z.object({
  session: z.string(),
  account,
  /** Where the bridge listens for the clients of this session. */
  path: z.string(),
});
export type PresentSession = z.infer<typeof presentSession>;

const delays = z.object({
  machineMs: z.number(),
  sessionEndMs: z.number(),
  overdueMs: z.number(),
  anchorMs: z.number(),
  logonMs: z.number(),
  retryFirstMs: z.number(),
  retryLongestMs: z.number(),
  heartbeatMs: z.number(),
});
export type BridgeDelays = z.infer<typeof delays>;

export const bridgeConfig = z.object({
  directory: z.string(),
  server: z.url(),
  company: companyCode,
  accessToken: z.string(),
  name: z.string(),
  timeZone: z.string(),
  /** The way out: the network cable. */
  proxy: z.url(),
  /** Who may use the PC: what Windows would answer when asked for the name of a SID. */
  accounts: z.array(account),
  delays,
});
export type BridgeConfig = z.infer<typeof bridgeConfig>;

/** Something happened on the PC. The id becomes the event's, so that telling it twice records it once. */
export const signal = z.object({
  id: eventId,
  kind: z.string(),
  session: presentSession.nullable(),
  /** Whom it concerns when there is no session. */
  account: account.exactOptional(),
  initiator: z.enum(['user', 'system']),
  reason: z.string().nullable(),
  authMethod: z.string().nullable(),
});
export type Signal = z.infer<typeof signal>;

export const toBridge = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    config: bridgeConfig,
    offsetMs: z.number(),
    /** Sessions that are there already, as when the service alone was restarted. */
    sessions: z.array(presentSession),
  }),
  z.object({ type: z.literal('signal'), signal }),
  z.object({ type: z.literal('clock'), offsetMs: z.number() }),
  z.object({ type: z.literal('network-up') }),
  /** From the logon screen; answered by `auth-reply` with the same id. */
  z.object({ type: z.literal('auth'), id: z.number(), request: authRequest }),
  /** Windows shuts down: report what is left, but be gone after `graceMs`. */
  z.object({ type: z.literal('stop'), graceMs: z.number() }),
]);
export type ToBridge = z.infer<typeof toBridge>;

const recordedEvent = z.object({
  id: eventId,
  journal: journalId,
  sequence: z.number(),
  kind: z.string(),
  occurredAt: instant,
  account: account.nullable(),
  initiator: z.enum(['user', 'system']),
  reason: z.string().nullable(),
  source: z.string(),
});
export type RecordedEvent = z.infer<typeof recordedEvent>;

/** How logon stands on this PC. */
const logonState = z.object({
  /** `broken`: the core is there, but its files do not open; `problem` says why. */
  core: z.enum(['available', 'missing', 'broken']),
  problem: z.string().nullable(),
  /** Of the policy in force; null for none. */
  policyVersion: z.string().nullable(),
  /** How far each account has come; those the policy does not name are left out. */
  enforcement: z.record(sid, accountEnforcement),
});
export type LogonState = z.infer<typeof logonState>;

const bridgeState = z.object({
  device: deviceId,
  journal: journalId,
  headSequence: z.number(),
  registered: z.boolean(),
  receivedThrough: z.number(),
  /** How far each account's client has taken its records into its queue. */
  acknowledged: z.record(sid, z.number()),
  lastSyncAt: instant.nullable(),
  lastProblem: z.string().nullable(),
  /** A damaged journal that was set aside at this start. */
  setAside: z.string().nullable(),
  logon: logonState,
});
export type BridgeState = z.infer<typeof bridgeState>;

export const fromBridge = z.discriminatedUnion('type', [
  /** Ready to record. `recent` are the newest records of before. */
  z.object({ type: z.literal('ready'), state: bridgeState, recent: z.array(recordedEvent) }),
  /** The event is on the disk. */
  z.object({ type: z.literal('recorded'), event: recordedEvent }),
  /** Sent also for a signal that had been recorded before. */
  z.object({ type: z.literal('signal-done'), id: eventId }),
  z.object({ type: z.literal('state'), state: bridgeState }),
  z.object({ type: z.literal('auth-reply'), id: z.number(), reply: authReply }),
]);
export type FromBridge = z.infer<typeof fromBridge>;
