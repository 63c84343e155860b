import { z } from 'zod';
import { clockReading, companyCode, deviceId, journalId, mac, nonce, sid, signature } from './ids.ts';

/**
 * Something a device says under its key. `statement` is JSON text; `signature` is ECDSA P-256 with SHA-256 over the
 * UTF-8 bytes of `statementInput(statement)`. No statement carries wall time: freshness comes from the server's nonce.
 */
export const signedStatement = z.looseObject({
  statement: z.string().min(2).max(4096),
  signature,
});
export type SignedStatement = z.infer<typeof signedStatement>;

/** The text that is signed; the prefix keeps statements apart from signed requests, which use the same key. */
export const statementInput = (statement: string): string => `systemlog/v1/statement\n${statement}`;

/** "The person at my pipe is this account": exchanged for a token that reads and uploads this account's data only. */
export const ticketStatement = z.looseObject({
  purpose: z.literal('ticket'),
  /** Origin of the server the ticket is for, so that another server cannot pass it on. */
  server: z.url(),
  company: companyCode,
  device: deviceId,
  sid,
  nonce,
});
export type TicketStatement = z.infer<typeof ticketStatement>;

/**
 * "When I saw this nonce my clock run stood here, and my journal ended there." The server knows when the nonce was made
 * and when the answer came, and so the true time of `clock`; and that every event before it lies at or before `headSequence`.
 * An anchor travels with the request or ticket that uses the same nonce, and is not counted when the answer took
 * longer than `ANCHOR_LIMIT_MS`.
 */
export const anchorStatement = z.looseObject({
  purpose: z.literal('anchor'),
  server: z.url(),
  device: deviceId,
  nonce,
  clock: clockReading,
  journal: z.looseObject({
    id: journalId,
    /** 0 when the journal is still empty; `headMac` is then `GENESIS_MAC`. */
    headSequence: z.number().int().nonnegative(),
    headMac: mac,
  }),
});
export type AnchorStatement = z.infer<typeof anchorStatement>;

/** An anchor answered later than this after its nonce was made says too little about the time to be used. */
export const ANCHOR_LIMIT_MS = 10_000;
