import type { Refused } from '../pc-requests.ts';

/** What a person had typed when something was refused: the same refusal needs other words for another code. */
export type TypedCode = 'one-time-code' | 'otp' | 'recovery-code' | 'nothing';

/** Refusals of linking and enrolment that have words of their own here (contract/problem.ts, server/http/links and otp). */
export const REGISTRATION_PROBLEMS = [
  'code-invalid',
  'recovery-code-invalid',
  'otp-wrong',
  'first-code-wrong',
  'otp-used',
  'codes-off',
  'code-needed',
  'proof-needed',
  'account-unlinked',
  'linked-otherwise',
  'otp-not-enrolled',
  'enrolment-unknown',
  'too-many-requests',
  'token-invalid',
  'token-expired',
  'unknown-device',
  'device-retired',
  'algorithm-unsupported',
  'invalid-request',
  'internal-error',
  'unavailable',
  'unreachable',
  'timed-out',
  'unfit-answer',
  'no-client',
  'no-bridge',
  'not-registered',
] as const;

const isKnown = (code: string): boolean => REGISTRATION_PROBLEMS.some((known) => known === code);

/** The key of the words for a refusal, and what goes into them. */
export function problemText(
  { code }: Pick<Refused, 'code'>,
  typed: TypedCode,
): { key: string; values: Record<string, string> } {
  if (code === 'code-invalid' && typed === 'recovery-code') {
    return { key: 'registration.problem.recovery-code-invalid', values: {} };
  }
  if (isKnown(code)) return { key: `registration.problem.${code}`, values: {} };
  return { key: 'registration.problem.other', values: { code } };
}

/** After these the code that was typed is not good any more; otherwise it stays, to be corrected or sent again. */
export const spendsCode = ({ code }: Pick<Refused, 'code'>): boolean =>
  ['otp-wrong', 'first-code-wrong', 'otp-used', 'codes-off', 'too-many-requests'].includes(code);

/** Nobody has to do anything about these: asking again later is enough. */
export const passesByItself = ({ code }: Pick<Refused, 'code'>): boolean =>
  ['no-client', 'no-bridge', 'unreachable', 'timed-out', 'unavailable', 'not-registered'].includes(code);
