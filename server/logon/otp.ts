import { randomBytes, timingSafeEqual } from 'node:crypto';
import { generateSync, generateURI, ScureBase32Plugin } from 'otplib';
import type { OtpParameters } from '../../contract/logon.ts';

/** RFC 4226 §4, R6: at least 128 bits, 160 recommended. */
const SECRET_BYTES = 20;

/** Steps to either side of the present one whose codes are taken: a PC's or phone's clock is never quite right. */
export const WINDOW_STEPS = 1;

/** What every authenticator app understands; some pass over the other parameters without a word. */
export const DEFAULT_PARAMETERS: OtpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30 };

export const makeOtpSecret = (): Uint8Array => new Uint8Array(randomBytes(SECRET_BYTES));

/** The secret as people type it and as `otpauth:` carries it. */
export const base32 = (secret: Uint8Array): string => new ScureBase32Plugin().encode(secret);

/** `otpauth://totp/Issuer:account?…`. There is no colon in either name. */
export function otpauthUri(
  secret: Uint8Array,
  { issuer, accountName }: { issuer: string; accountName: string },
  { algorithm, digits, periodSeconds }: OtpParameters,
): string {
  return generateURI({
    strategy: 'totp',
    secret: base32(secret),
    issuer,
    label: accountName,
    algorithm,
    digits,
    period: periodSeconds,
  });
}

/** The time step an instant lies in (RFC 6238 §4.2). */
export const stepAt = (ms: number, { periodSeconds }: OtpParameters): number =>
  Math.floor(ms / (periodSeconds * 1000));

/** The code of a time step. */
export function codeOf(secret: Uint8Array, step: number, parameters: OtpParameters): string {
  const { algorithm, digits, periodSeconds } = parameters;
  const epoch = step * periodSeconds;
  return generateSync({ strategy: 'totp', secret, epoch, algorithm, digits, period: periodSeconds });
}

export type OtpMatch = { match: 'fresh'; step: number } | { match: 'used' | 'wrong' | 'malformed' };

/**
 * Compares a typed code with those of the steps around an instant. Every step is computed and compared without an early exit,
 * so that the time taken says nothing.
 *
 * @param lastStep a code of this step or before is `used`; null when none was taken yet
 */
export function matchOtp(
  secret: Uint8Array,
  parameters: OtpParameters,
  typed: string,
  { nowMs, lastStep }: { nowMs: number; lastStep: number | null },
): OtpMatch {
  const code = readOtp(typed);
  if (!new RegExp(`^\\d{${parameters.digits}}$`).test(code)) return { match: 'malformed' };
  const now = stepAt(nowMs, parameters);
  let found: number | null = null;
  for (let step = Math.max(0, now - WINDOW_STEPS); step <= now + WINDOW_STEPS; step++) {
    if (timingSafeEqual(Buffer.from(codeOf(secret, step, parameters)), Buffer.from(code))) found = step;
  }
  if (found === null) return { match: 'wrong' };
  return lastStep !== null && found <= lastStep ? { match: 'used' } : { match: 'fresh', step: found };
}

/** Spaces and hyphens are passed over, full-width digits are digits: Japanese input is easily left on. */
const readOtp = (typed: string): string =>
  typed
    .replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[\s-]/g, '');
