import { expect, test } from 'vitest';
import { PROBLEMS } from '../../../../contract/problem.ts';
import { problemText, REGISTRATION_PROBLEMS, spendsCode } from './problems.ts';

test('a code that is not right is another one, depending on what was typed', () => {
  expect(problemText({ code: 'code-invalid' }, 'one-time-code').key).toBe(
    'registration.problem.code-invalid',
  );
  expect(problemText({ code: 'code-invalid' }, 'recovery-code').key).toBe(
    'registration.problem.recovery-code-invalid',
  );
});

test('what the server may say of linking and enrolment has words of its own', () => {
  const aboutLogon = Object.keys(PROBLEMS).filter((code) =>
    /^(code|otp|codes|proof|account|linked|enrolment|too-many)-/.test(code),
  );
  expect(aboutLogon.length).toBeGreaterThan(9);
  expect(aboutLogon.filter((code) => !REGISTRATION_PROBLEMS.some((known) => known === code))).toEqual([]);
});

test('a refusal nobody has words for names itself', () => {
  expect(problemText({ code: 'from-the-future' }, 'otp')).toEqual({
    key: 'registration.problem.other',
    values: { code: 'from-the-future' },
  });
});

test('a mistyped one-time code stays to be corrected; a wrong password of 30 seconds does not', () => {
  expect(spendsCode({ code: 'code-invalid' })).toBe(false);
  expect(spendsCode({ code: 'unreachable' })).toBe(false);
  expect(spendsCode({ code: 'otp-wrong' })).toBe(true);
  expect(spendsCode({ code: 'otp-used' })).toBe(true);
});
