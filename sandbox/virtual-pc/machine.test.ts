import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sid } from '../../contract/ids.ts';
import {
  lock,
  type Machine,
  POWERED_OFF,
  type Step,
  shutDown,
  signIn,
  signOut,
  sleep,
  startUp,
  switchUser,
  wake,
} from './machine.ts';

const TARO = sid.parse('S-1-5-21-1-2-3-1001');
const HANAKO = sid.parse('S-1-5-21-1-2-3-1002');
const ON: Machine = { ...POWERED_OFF, power: 'on' };

/** Goes through steps; gives the last machine and everything told on the way as `kind who initiator reason`. */
function walk(steps: ((machine: Machine) => Step | null)[], from = ON): { machine: Machine; told: string[] } {
  let machine = from;
  const told: string[] = [];
  for (const step of steps) {
    const next = step(machine) ?? expect.fail('a step could not be done');
    machine = next.machine;
    for (const { kind, session, initiator, reason } of next.happenings) {
      const who = session ? (session.sid === TARO ? 'taro' : 'hanako') : '-';
      told.push([kind, who, initiator, reason].filter(Boolean).join(' '));
    }
  }
  return { machine, told };
}
const BY_PASSWORD = { authMethod: 'password', reason: null };
const taro = (machine: Machine) => signIn(machine, TARO, BY_PASSWORD, `taro-${machine.sessions.length}`);
const hanako = (machine: Machine) =>
  signIn(machine, HANAKO, BY_PASSWORD, `hanako-${machine.sessions.length}`);

test.each([
  [
    'a plain day',
    [taro, lock, taro, signOut],
    ['logon taro user', 'lock taro user', 'unlock taro user', 'logoff taro user'],
  ],
  [
    'switching users from the desktop and back',
    [taro, switchUser, hanako, lock, taro],
    [
      'logon taro user',
      'lock taro user user-switch',
      'remote-disconnect taro user user-switch',
      'logon hanako user',
      'lock hanako user',
      'remote-disconnect hanako user user-switch',
      'remote-connect taro user user-switch',
      'unlock taro user',
    ],
  ],
  [
    'sleeping locks the session first, and waking up leaves it locked',
    [taro, sleep, wake, taro],
    [
      'logon taro user',
      'lock taro user suspend',
      'suspend taro user',
      'resume taro user',
      'unlock taro user',
    ],
  ],
  ['sleeping at the sign-in screen concerns nobody', [sleep, wake], ['suspend - user', 'resume - user']],
  [
    'shutting down ends the sessions in the background by force',
    [taro, switchUser, hanako, (machine: Machine) => shutDown(machine, 'shutdown')],
    [
      'logon taro user',
      'lock taro user user-switch',
      'remote-disconnect taro user user-switch',
      'logon hanako user',
      'logoff taro system shutdown',
      'logoff hanako user shutdown',
      'shutdown - user shutdown',
    ],
  ],
])('%s', (_what, steps, told) => {
  expect(walk(steps).told).toEqual(told);
});

test('nobody signs in over a session in use, nor on a PC that is off', () => {
  expect(hanako(walk([taro]).machine)).toBeNull();
  expect(taro(POWERED_OFF)).toBeNull();
});

test('a locked session cannot be locked, left or signed out of', () => {
  const { machine } = walk([taro, lock]);
  expect([lock, signOut, switchUser].map((step) => step(machine))).toEqual([null, null, null]);
});

test('whatever people do, every session begins once and nothing happens in it after its logoff', () => {
  const steps = [taro, hanako, lock, signOut, switchUser, sleep, wake, startUp];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps)), (chosen) => {
      const phase = new Map<string, 'open' | 'over'>();
      let machine = ON;
      let sessions = 0;
      for (const step of chosen) {
        const next =
          step === taro || step === hanako
            ? signIn(machine, step === taro ? TARO : HANAKO, BY_PASSWORD, `session-${sessions++}`)
            : step(machine);
        if (!next) continue;
        machine = next.machine;
        for (const { kind, session } of next.happenings) {
          if (!session) continue;
          expect(phase.get(session.session)).toBe(kind === 'logon' ? undefined : 'open');
          phase.set(session.session, kind === 'logoff' ? 'over' : 'open');
        }
        expect(
          [...phase]
            .filter(([, state]) => state === 'open')
            .map(([id]) => id)
            .sort(),
        ).toEqual(machine.sessions.map(({ session }) => session).sort());
      }
    }),
  );
});
