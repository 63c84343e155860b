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
  'code-invalid': { status: 403, title: 'The code is not right, was used already or is too old' },
  'otp-wrong': { status: 403, title: 'The one-time password is not right' },
  'otp-used': { status: 403, title: 'The one-time password was used already; wait for the next one' },
  'codes-off': { status: 403, title: 'Too many wrong codes: codes are off until an administrator acts' },
  'code-needed': { status: 403, title: 'A current code of the employee is needed' },
  'proof-needed': { status: 403, title: 'An enrolment needs a proof that the account does not have' },
  'account-unlinked': { status: 409, title: 'The account is linked to nobody on this device' },
  'linked-otherwise': { status: 409, title: 'The account on this device is linked to another employee' },
  'otp-not-enrolled': { status: 409, title: 'No one-time password is enrolled' },
  'enrolment-unknown': {
    status: 409,
    title: 'No such enrolment waits; it is over, was replaced or confirmed',
  },
  'algorithm-unsupported': {
    status: 400,
    title: 'The device offers no way to encrypt that this server knows',
  },
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
