import { expect, test } from 'vitest';
import { bridgeMethods } from '../../contract/bridge.ts';
import {
  type EnrolmentStarted,
  enrolmentConfirmed,
  enrolmentStarted,
  linkAnswer,
  logonState,
} from '../../contract/logon.ts';
import { EMPLOYEE_CODE, personAtPc, wrong } from './world.ts';

type Person = Awaited<ReturnType<typeof personAtPc>>;

const STATE = { command: 'logon-state' } as const;
const confirmation = ({ codeFor }: Person, { credential, secret }: EnrolmentStarted) =>
  ({ command: 'confirm-enrolment', credential, code: codeFor(secret) }) as const;
const begin = (kind?: 'one-time-code' | 'otp' | 'recovery-code', code = '') =>
  ({ command: 'start-enrolment', proof: kind ? { kind, code } : null }) as const;

test('from the account mail to an enrolled account, and on to a new enrolment, through the client', async () => {
  const person = await personAtPc();
  const { done, refusal, mailedCode, codeFor, nextCode, client } = person;

  expect(await done(logonState, STATE)).toMatchObject({ employee: null, otp: null, next: 'link' });
  expect(await refusal(begin())).toBe('account-unlinked');
  expect(await refusal({ command: 'link', code: 'AAAA-BBBB-CCCC' })).toBe('code-invalid');
  expect(await refusal({ command: 'confirm-enrolment', credential: 'mine', code: '1' })).toBe(
    'malformed-command',
  );

  const code = await mailedCode();
  const linked = await done(linkAnswer, { command: 'link', code });
  expect(linked).toMatchObject({ employee: { code: EMPLOYEE_CODE }, pcKnows: true });
  await expect.poll(() => client.status?.today?.linked, { timeout: 5_000 }).toBe(true);
  expect((await done(linkAnswer, { command: 'link', code })).enrolUntil).toBe(linked.enrolUntil);
  expect(await done(logonState, STATE)).toMatchObject({ next: 'enrol', otp: null });

  const first = await done(enrolmentStarted, begin());
  const firstCode = confirmation(person, first);
  expect(await refusal({ ...firstCode, code: wrong(firstCode.code) })).toBe('otp-wrong');
  const { recoveryCodes } = await done(enrolmentConfirmed, firstCode);
  expect(recoveryCodes).toHaveLength(8);
  const enrolled = { credential: first.credential, enrolledHere: true, recoveryCodesLeft: 8 };
  expect(await done(logonState, STATE)).toMatchObject({ next: 'prove', otp: enrolled });
  const again = await done(enrolmentConfirmed, firstCode);
  expect(again).toMatchObject({ credential: first.credential, recoveryCodes: [] });

  expect(await refusal(begin())).toBe('proof-needed');
  expect(await refusal(begin('one-time-code', await mailedCode()))).toBe('proof-needed');
  expect(await refusal(begin('otp', firstCode.code))).toBe('otp-used');
  nextCode();
  expect(await refusal(begin('otp', wrong(codeFor(first.secret))))).toBe('otp-wrong');
  const second = await done(enrolmentStarted, begin('otp', codeFor(first.secret)));
  const secondCode = confirmation(person, second);
  const renewed = await done(enrolmentConfirmed, secondCode);
  expect(renewed.recoveryCodes).toHaveLength(8);
  expect(await done(logonState, STATE)).toMatchObject({ otp: { credential: second.credential } });
  expect(await refusal(firstCode)).toBe('enrolment-unknown');

  const newCodes = (given: string) => ({ command: 'new-recovery-codes', code: given }) as const;
  expect(await refusal(newCodes(secondCode.code))).toBe('otp-used');
  nextCode();
  const fresh = await done(enrolmentConfirmed, newCodes(codeFor(second.secret)));
  expect(await refusal(begin('recovery-code', renewed.recoveryCodes[0]))).toBe('code-invalid');
  await done(enrolmentStarted, begin('recovery-code', fresh.recoveryCodes[0]));
  expect(await done(logonState, STATE)).toMatchObject({ next: 'enrol', otp: { recoveryCodesLeft: 7 } });

  await done(bridgeMethods['logon.standing'].result, { command: 'logon-standing' });
});
