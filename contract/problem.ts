import { z } from 'zod';

/**
 * Every way the server refuses, by its stable code: HTTP status and English title. Texts for people are looked up by
 * code in `locales/`. A code is never reused for another meaning.
 */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request does not have the expected form' },
  'malformed-batch': { status: 400, title: 'The upload is not a batch of events' },
  'batch-too-large': { status: 413, title: 'The upload holds more than one batch may' },
  'unsupported-encoding': { status: 415, title: 'Only gzip or no content encoding is understood' },
  'unknown-company': { status: 403, title: 'No company has this code' },
  'access-token-unknown': { status: 403, title: 'The company has no such access token' },
  'access-token-expired': { status: 403, title: 'The access token has expired' },
  'access-token-revoked': { status: 403, title: 'The access token was revoked' },
  'access-token-used-up': { status: 403, title: 'The access token has registered as many devices as it may' },
  'key-in-use': {
    status: 409,
    title: 'The key is registered with another company or another device secret; register with a new key',
  },
  'signature-missing': { status: 401, title: 'The request must be signed by a device' },
  'signature-invalid': { status: 401, title: 'The signature does not fit the request' },
  'digest-mismatch': { status: 401, title: 'The body is not the one that was signed' },
  'nonce-stale': { status: 401, title: 'The nonce is not one of this server or its time is over' },
  'nonce-used': { status: 401, title: 'The nonce was used before' },
  'unknown-device': { status: 401, title: 'The device is not registered here' },
  'device-retired': { status: 403, title: 'The device was retired by an administrator' },
  'ticket-invalid': { status: 401, title: 'The ticket is not a statement of this device for this server' },
  'token-missing': { status: 401, title: 'A bearer token or a device signature is needed' },
  'token-invalid': { status: 401, title: 'The token is not known' },
  'token-expired': { status: 401, title: 'The token has expired' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'internal-error': { status: 500, title: 'The server failed; nothing of the request was kept' },
  unavailable: { status: 503, title: 'The server cannot take this now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** An `application/problem+json` document (RFC 9457) with our `code`. A reader must take codes it does not know. */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  /** What happened this time, in English, without secrets. */
  detail: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;
