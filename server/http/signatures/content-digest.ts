import { createHash } from 'node:crypto';
import { Refusal } from '../refusal.ts';

const SHA_256 = /^sha-256=:[A-Za-z0-9+/]{43}=:$/;

/** Content-Digest (RFC 9530) of a body as sent. */
export const contentDigestOf = (body: Uint8Array): string =>
  `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** Whether a header value has the one form the profile knows. */
export const isContentDigest = (value: string | undefined): value is string =>
  value !== undefined && SHA_256.test(value);

/** @throws Refusal `digest-mismatch` when the body is not the one the header speaks of. */
export function checkContentDigest(contentDigest: string, body: Uint8Array): void {
  if (contentDigestOf(body) !== contentDigest) throw new Refusal('digest-mismatch');
}
