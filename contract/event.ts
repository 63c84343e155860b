import { z } from 'zod';
import { account, clockReading, deviceId, eventId, instant, journalId, mac } from './ids.ts';

/** The kinds this version knows. Others are kept and shown, and make no punch. */
export const EVENT_KINDS = [
  'logon',
  'logoff',
  'lock',
  'unlock',
  'remote-connect',
  'remote-disconnect',
  'suspend',
  'resume',
  'startup',
  'shutdown',
  'auth-failure',
  'clock-change',
  'enrolment',
  'policy-change',
  'recognition',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Who reported an event. `reconciled` is a logoff deduced after a crash. */
export const EVENT_SOURCES = ['bridge', 'reconciled', 'smarton', 'lanscope', 'malion', 'senselink'] as const;

const word = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

const described = {
  id: eventId,
  kind: word,
  /** What the wall clock of the machine said. Never trusted for more than `clock` and the anchors allow. */
  occurredAt: instant,
  /** IANA name of the machine's zone. */
  timeZone: z.string().min(1).max(64),
  initiator: z.enum(['user', 'system']),
  /** Why, in a word (`idle`, `suspend`, `restart`, …); null when there is nothing to say. */
  reason: word.nullable(),
  source: word,
};

/** One session event as a bridge records it in its journal. */
export const sessionEvent = z.looseObject({
  ...described,
  device: deviceId,
  journal: journalId,
  /** Position in the journal, from 1, without gaps. */
  sequence: z.number().int().positive(),
  /** Null for what concerns the machine and nobody's session. */
  account: account.nullable(),
  /** Names the session on its device: never reused by a later session there. */
  session: z.string().min(1).max(80).nullable(),
  /** How the person proved who they are: `password`, `otp`, `otp+password`, `recovery-code`, …; null when nobody did. */
  authMethod: z.string().min(1).max(40).nullable(),
  clock: clockReading,
});
export type SessionEvent = z.infer<typeof sessionEvent>;

/** An event as a collector (SmartOn ID, LanScope) read it from a file: no journal stands behind it. */
export const collectedEvent = z.looseObject({
  ...described,
  /** The outside system's name for the person; linked to an employee exactly as written, case included. */
  serviceAccount: z.string().min(1).max(256),
  computer: z.string().max(256).nullable(),
  origin: z.looseObject({ file: z.string().max(1024), line: z.number().int().positive() }),
});
export type CollectedEvent = z.infer<typeof collectedEvent>;

/** The longest journal record, in bytes of UTF-8. */
export const MAX_RECORD_BYTES = 8192;

/**
 * A journal record on its way. `record` is the JSON text of a `SessionEvent`, exactly as the journal holds it;
 * `mac` = HMAC-SHA-256(journal key, `macInput(previousMac, record)`). The first record's `previousMac` is `GENESIS_MAC`.
 */
export const sealedEvent = z.looseObject({
  record: z.string().min(2).max(MAX_RECORD_BYTES),
  previousMac: mac,
  mac,
});
export type SealedEvent = z.infer<typeof sealedEvent>;

/** `previousMac` of record 1: 32 zero bytes. */
export const GENESIS_MAC = 'A'.repeat(43);

/** The text whose UTF-8 bytes are MACed for a journal record. Neither part can contain the separator unescaped. */
export const macInput = (previousMac: string, record: string): string =>
  `systemlog/v1/record\n${previousMac}\n${record}`;

/** HKDF-SHA-256 `info` (empty salt, the device secret as key material, 32 bytes out) for each purpose of a device secret. */
export const derivedKeyInfo = {
  journal: (journal: string): string => `systemlog/v1/journal/${journal}`,
  receipt: (): string => 'systemlog/v1/receipt',
  emergency: (): string => 'systemlog/v1/emergency',
  vault: (): string => 'systemlog/v1/vault',
};

/**
 * The server's word that it holds every record of a journal from 1 to `throughSequence`. Only on this may a bridge
 * compact. `mac` = HMAC-SHA-256(receipt key, `receiptInput(receipt)`), so a client cannot make one up.
 */
export const serverReceipt = z.looseObject({
  device: deviceId,
  journal: journalId,
  throughSequence: z.number().int().nonnegative(),
  mac,
});
export type ServerReceipt = z.infer<typeof serverReceipt>;

/** The text whose UTF-8 bytes are MACed for a receipt. */
export const receiptInput = (
  receipt: Pick<ServerReceipt, 'device' | 'journal' | 'throughSequence'>,
): string => `systemlog/v1/receipt\n${receipt.device}\n${receipt.journal}\n${receipt.throughSequence}`;
