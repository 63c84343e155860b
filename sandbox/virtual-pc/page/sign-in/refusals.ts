import type { SignInRefusal } from '../../tile-messages.ts';
import type { Field, Typed } from './ways.ts';

/** What a refusal leaves behind: the field it is about, and what has to be typed anew. */
interface Consequence {
  field: Field | null;
  clears: readonly Field[];
}

const about = (field: Field | null, ...clears: Field[]): Consequence => ({ field, clears });

/**
 * Every refusal by its name (native/core/logon_desk.h, `Answered::refusal`; `wrong-password` is Windows' own, and an empty field for
 * a recovery code or emergency answer is noticed by the page alone). A wrong code
 * leaves the password, as it says nothing about it; a wrong password leaves the code, which the same try may use again. A
 * long code that was mistyped stays to be corrected.
 */
export const REFUSALS = {
  wrong: about('code', 'code'),
  used: about('code', 'code'),
  'too-old': about('code', 'code'),
  throttled: about('code', 'code'),
  disabled: about('code', 'code'),
  'clock-off': about('code', 'code'),
  'clock-behind': about('code', 'code'),
  malformed: about('code'),
  unavailable: about('code', 'code'),
  'recovery-wrong': about('recoveryCode'),
  'recovery-used': about('recoveryCode', 'recoveryCode'),
  'recovery-malformed': about('recoveryCode'),
  'recovery-unavailable': about('recoveryCode'),
  'emergency-wrong': about('emergencyResponse'),
  'emergency-malformed': about('emergencyResponse'),
  'emergency-no-challenge': about('emergencyResponse', 'emergencyResponse'),
  'emergency-unavailable': about('emergencyResponse'),
  'wrong-password': about('password', 'password'),
  'password-missing': about('password'),
  'code-missing': about('code'),
  'recovery-missing': about('recoveryCode'),
  'emergency-missing': about('emergencyResponse'),
  'one-answer-only': about('code', 'code'),
  'sealed-password-lost': about('password', 'code'),
  'not-asked': about(null, 'code'),
  waiting: about(null),
  denied: about(null, 'password', 'code'),
  'not-now': about(null),
  'unknown-user': about(null, 'password', 'code'),
} as const satisfies Record<string, Consequence>;

export type KnownRefusal = keyof typeof REFUSALS;

const isKnown = (reason: string): reason is KnownRefusal => Object.hasOwn(REFUSALS, reason);

/** The key of a refusal's text, and what goes into it. One that nobody has words for names itself. */
export function refusalText({ reason, clockOffsetMs }: SignInRefusal): {
  key: string;
  values: Record<string, string | number>;
} {
  if (!isKnown(reason)) return { key: 'signIn.refusal.other', values: { reason } };
  if (reason !== 'clock-off') return { key: `signIn.refusal.${reason}`, values: {} };
  const minutes = Math.max(1, Math.round(Math.abs(clockOffsetMs) / 60_000));
  if (minutes < 60) return { key: 'signIn.refusal.clock-off', values: { n: minutes } };
  return { key: 'signIn.refusal.clock-off-hours', values: { n: Math.round(minutes / 60) } };
}

/** What stays in the fields after a refusal. */
export function typedAfter({ reason }: SignInRefusal, typed: Typed): Typed {
  const left = { ...typed };
  for (const field of isKnown(reason) ? REFUSALS[reason].clears : []) left[field] = '';
  return left;
}

/** Where to go on typing after a refusal; null: wherever it was. */
export const fieldAfter = ({ reason }: SignInRefusal): Field | null =>
  isKnown(reason) ? REFUSALS[reason].field : null;

/** Reasons of a tile (native/core/policy.h, `Reason`, and `core-missing`) that its user should know; others need no words. */
export const TOLD_REASONS = [
  'not-enrolled',
  'rehearsal-due',
  'probation',
  'lapsed',
  'codes-disabled',
  'no-sealed-password',
  'otp-alone-not-for-administrators',
  'enforcement-off',
  'core-missing',
  'feature-not-installed',
  'recovery-flag',
  'crash-breaker',
  'protocol-incompatible',
  'bridge-starting',
  'bridge-down-password-only',
  'bridge-down-denied',
] as const;

/** The key of the text for a tile's reason; null where there is nothing to say. A vault that does not open has many names. */
export function reasonText(reason: string): { key: string; values: Record<string, string> } | null {
  if (reason.startsWith('vault-')) return { key: 'signIn.reason.vault', values: { code: reason } };
  return TOLD_REASONS.some((told) => told === reason) ? { key: `signIn.reason.${reason}`, values: {} } : null;
}

const missing = (reason: KnownRefusal): SignInRefusal => ({
  reason,
  waitMs: 0,
  clockOffsetMs: 0,
  recoveryCodesLeft: 0,
});

/** What is said of a field that was left empty. */
export const MISSING: Record<Field, SignInRefusal> = {
  password: missing('password-missing'),
  code: missing('code-missing'),
  recoveryCode: missing('recovery-missing'),
  emergencyResponse: missing('emergency-missing'),
};
