import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fieldAfter, REFUSALS, reasonText, refusalText, TOLD_REASONS, typedAfter } from './refusals.ts';

const core = (file: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../../../native/core', file), 'utf8');
/** The stable names a C++ function `name` of an enumeration gives. */
const namesIn = (file: string, of: string): string[] => {
  const [, body = ''] = core(file).split(`std::string_view name(${of} `);
  return [...(body.split('\n}')[0] ?? '').matchAll(/return "([\w-]+)"/g)].map(([, name]) => name ?? '');
};
const GOOD = ['accepted', 'accepted-again', 'unknown'];
const refused = (reason: string, clockOffsetMs = 0) => ({
  reason,
  waitMs: 0,
  clockOffsetMs,
  recoveryCodesLeft: 0,
});
const typed = { password: 'himitsu', code: '123456', recoveryCode: 'ABCD', emergencyResponse: 'EFGH' };

test('every verdict of the C++ core on a code has words of its own', () => {
  const verdicts = [
    ...namesIn('code_verifier.cpp', 'CodeVerdict'),
    ...namesIn('recovery.cpp', 'RecoveryVerdict').map((name) => `recovery-${name}`),
    ...namesIn('emergency.cpp', 'EmergencyVerdict').map((name) => `emergency-${name}`),
  ].filter((name) => !GOOD.some((good) => name.endsWith(good)));
  expect(verdicts).toContain('clock-off');
  expect(verdicts).toContain('recovery-used');
  expect(verdicts).toContain('emergency-no-challenge');
  expect(verdicts.filter((name) => !Object.hasOwn(REFUSALS, name))).toEqual([]);
});

test('every reason of the C++ core is told or passed over on purpose', () => {
  const quiet = ['by-methods', 'scenario-not-covered', 'safe-mode', 'break-glass', 'unknown'];
  const reasons = namesIn('policy.cpp', 'Reason');
  expect(reasons).toContain('probation');
  expect(reasons.filter((name) => !quiet.includes(name) && reasonText(name) === null)).toEqual([]);
  expect(quiet.filter((name) => reasonText(name) !== null)).toEqual([]);
  expect(TOLD_REASONS).toContain('core-missing');
});

test('whatever is wrong with the vault is one text that names it', () => {
  expect(reasonText('vault-rolled-back')).toEqual({
    key: 'signIn.reason.vault',
    values: { code: 'vault-rolled-back' },
  });
});

test('a refusal nobody has words for names itself', () => {
  expect(refusalText(refused('from-the-future'))).toEqual({
    key: 'signIn.refusal.other',
    values: { reason: 'from-the-future' },
  });
  expect(refusalText(refused('constructor')).key).toBe('signIn.refusal.other');
});

test.each([
  { offsetMs: 184_000, key: 'signIn.refusal.clock-off', n: 3 },
  { offsetMs: -184_000, key: 'signIn.refusal.clock-off', n: 3 },
  { offsetMs: 20_000, key: 'signIn.refusal.clock-off', n: 1 },
  { offsetMs: -9 * 3_600_000, key: 'signIn.refusal.clock-off-hours', n: 9 },
])('a clock $offsetMs ms off is said to be so by $n', ({ offsetMs, key, n }) => {
  expect(refusalText(refused('clock-off', offsetMs))).toEqual({ key, values: { n } });
});

test('a wrong code leaves the password, a wrong password leaves the code', () => {
  expect(typedAfter(refused('wrong'), typed)).toEqual({ ...typed, code: '' });
  expect(fieldAfter(refused('wrong'))).toBe('code');
  expect(typedAfter(refused('wrong-password'), typed)).toEqual({ ...typed, password: '' });
  expect(fieldAfter(refused('wrong-password'))).toBe('password');
});

test('a mistyped long code stays to be corrected; a used one does not', () => {
  expect(typedAfter(refused('recovery-wrong'), typed)).toEqual(typed);
  expect(typedAfter(refused('recovery-used'), typed)).toEqual({ ...typed, recoveryCode: '' });
  expect(typedAfter(refused('emergency-no-challenge'), typed)).toEqual({ ...typed, emergencyResponse: '' });
});
