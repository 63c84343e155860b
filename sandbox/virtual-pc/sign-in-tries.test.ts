import { expect, test } from 'vitest';
import { sid } from '../../contract/ids.ts';
import { lock, type Machine, POWERED_OFF, signIn } from './machine.ts';
import { SignInTries } from './sign-in-tries.ts';
import { WindowsAccounts } from './windows-accounts.ts';

const TARO = sid.parse('S-1-5-21-1-2-3-1001');
const ROOT = sid.parse('S-1-5-21-1-2-3-500');
const user = { domain: 'PC-01', displayName: '', password: 'x' };
const accounts = new WindowsAccounts([
  { ...user, sid: TARO, name: 'taro' },
  { ...user, sid: ROOT, name: 'root', administrator: true },
]);
const ON: Machine = { ...POWERED_OFF, power: 'on' };
const IN_USE = signIn(ON, TARO, { authMethod: 'password', reason: null }, 'taro-1')?.machine ?? ON;
const LOCKED = lock(IN_USE)?.machine ?? ON;

test('trying again at one stay is the same attempt, coming back to the screen is another', () => {
  const tries = new SignInTries(accounts, () => 1_000);
  const first = tries.describe(ON, TARO, false)?.attempt;
  expect(tries.describe(ON, TARO, false)?.attempt).toEqual(first);
  expect(tries.describe(ON, ROOT, false)?.attempt).toEqual({ ...first, sid: ROOT });
  tries.screenLeft();
  expect(tries.describe(LOCKED, TARO, false)?.attempt).not.toEqual(first);
});

test('who has a session unlocks it, who has none logs on, and Windows knows who is an administrator', () => {
  const tries = new SignInTries(accounts, () => 1_000);
  expect(tries.describe(ON, TARO, false)).toMatchObject({ scenario: 'logon', administrator: false });
  expect(tries.describe(LOCKED, TARO, false)).toMatchObject({ scenario: 'unlock' });
  expect(tries.describe(LOCKED, ROOT, false)).toMatchObject({ scenario: 'logon', administrator: true });
});

test('nobody can try who is a stranger, or while the PC is off or in use', () => {
  const tries = new SignInTries(accounts, () => 1_000);
  expect(tries.describe(ON, sid.parse('S-1-5-21-9-9-9-9'), false)).toBeNull();
  expect(tries.describe(POWERED_OFF, TARO, false)).toBeNull();
  expect(tries.describe(IN_USE, TARO, false)).toBeNull();
});

test('a sign-in is rehearsed from within one’s own session in use, and nowhere else', () => {
  const tries = new SignInTries(accounts, () => 1_000);
  expect(tries.describe(IN_USE, TARO, true)).toMatchObject({ rehearsal: true });
  expect(tries.describe(IN_USE, ROOT, true)).toBeNull();
  expect(tries.describe(LOCKED, TARO, true)).toBeNull();
  expect(tries.describe(ON, TARO, true)).toBeNull();
});
