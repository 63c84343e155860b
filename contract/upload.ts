import { z } from 'zod';
import { collectedEvent, sealedEvent, serverReceipt } from './event.ts';
import { instant } from './ids.ts';
import { signedStatement } from './statement.ts';

/** The most events one upload may hold. */
export const MAX_BATCH_EVENTS = 500;
/** The largest upload, in bytes after decompression. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/**
 * POST /v1/events, optionally `Content-Encoding: gzip`. It comes two ways: from a client with a bearer token, holding its own
 * account's events, or from the device itself as a signed request, holding any of its events and an anchor with the
 * request's own nonce. Events without a seal are taken from collector devices only. An event that is malformed
 * by itself is refused by itself; the others are stored.
 */
export const eventUpload = z.looseObject({
  events: z.array(z.unknown()).max(MAX_BATCH_EVENTS),
  anchor: signedStatement.optional(),
});
export type EventUpload = z.infer<typeof eventUpload>;

/** One item of an upload. */
export const uploadedEvent = z.union([sealedEvent, z.looseObject({ event: collectedEvent })]);
export type UploadedEvent = z.infer<typeof uploadedEvent>;

/**
 * Why an event was refused. All are final for this upload's bytes: sending them again gets the same answer.
 * `sequence-reused` and `chain-broken` events are kept as evidence and flagged 記録欠落.
 */
export const EVENT_REFUSALS = [
  'malformed-event',
  'seal-required',
  'wrong-device',
  'wrong-account',
  'mac-mismatch',
  'sequence-reused',
  'chain-broken',
  'id-reused',
] as const;

/** The verdict on the event at the same place in the upload. `stored` and `duplicate` both mean: the server has it for good. */
export const eventVerdict = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('stored') }),
  z.looseObject({ status: z.literal('duplicate') }),
  z.looseObject({ status: z.literal('refused'), code: z.string() }),
]);
export type EventVerdict = z.infer<typeof eventVerdict>;

export const uploadAnswer = z.looseObject({
  verdicts: z.array(eventVerdict),
  /** One for each journal the upload touched or its anchor named; empty for collectors. */
  receipts: z.array(serverReceipt),
  serverTime: instant,
});
export type UploadAnswer = z.infer<typeof uploadAnswer>;
