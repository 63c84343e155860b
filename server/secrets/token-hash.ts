import { createHash } from 'node:crypto';

/** How access tokens and bearer tokens are kept: SHA-256, base64url. They are random enough to need no salt. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url');
