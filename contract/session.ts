import { z } from 'zod';
import { instant, nonce } from './ids.ts';
import { signedStatement } from './statement.ts';

/** POST /v1/nonces: a challenge for one signed request or one ticket. */
export const issuedNonce = z.looseObject({ nonce, expiresAt: instant, serverTime: instant });
export type IssuedNonce = z.infer<typeof issuedNonce>;

/** POST /v1/sessions: a ticket, with the anchor made for the same nonce, for a token. */
export const sessionRequest = z.looseObject({
  ticket: signedStatement,
  anchor: signedStatement.optional(),
  clientVersion: z.string().min(1).max(40),
});
export type SessionRequest = z.infer<typeof sessionRequest>;

/** A bearer token for one account on one device, good for 15 minutes. */
export const sessionToken = z.looseObject({
  token: z.string().min(32).max(256),
  expiresAt: instant,
  serverTime: instant,
});
export type SessionToken = z.infer<typeof sessionToken>;
