import { expect, test } from 'vitest';
import { credentialId, type LogonMethods } from '../../../../contract/logon.ts';
import { type AccountStanding, type StandingName, stageOf, standingOf } from './standing.ts';

const at = '2026-03-05T00:00:00.000Z';
const here = (more: Partial<NonNullable<AccountStanding['here']>> = {}): AccountStanding['here'] => ({
  methods: 'password+otp',
  enforcement: 'enforced',
  secretHeld: true,
  codesDisabled: false,
  waitMs: 0,
  recoveryCodesLeft: 8,
  passwordSealed: false,
  ...more,
});
const otp = {
  credential: credentialId.parse('0b7a6b0e-6f0a-4f0e-9a53-6b3f0f7a9a10'),
  enrolledAt: at,
  enrolledHere: true,
  recoveryCodesLeft: 8,
};
const account = ({
  methods = 'password+otp',
  linked = true,
  enrolled = true,
  ...rest
}: {
  methods?: LogonMethods;
  linked?: boolean;
  enrolled?: boolean;
} & Partial<AccountStanding>): AccountStanding => ({
  logon: {
    employee: linked ? { code: '0001', lastName: '佐藤', firstName: '花子' } : null,
    methods,
    otp: enrolled ? otp : null,
    next: 'prove',
    serverTime: at,
  },
  here: here(),
  core: 'available',
  ...rest,
});

test.each<{ when: string; of: Parameters<typeof account>[0]; name: StandingName; stage: string }>([
  { when: 'nobody’s account', of: { linked: false, enrolled: false }, name: 'not-linked', stage: 'link' },
  { when: 'not enrolled though it must be', of: { enrolled: false }, name: 'not-enrolled', stage: 'enrol' },
  {
    when: 'not enrolled and it need not be',
    of: { methods: 'password', enrolled: false },
    name: 'password',
    stage: 'overview',
  },
  {
    when: 'not enrolled, in no group',
    of: { methods: 'either', enrolled: false },
    name: 'either',
    stage: 'overview',
  },
  {
    when: 'enrolled, asked for a password',
    of: { methods: 'password' },
    name: 'password',
    stage: 'overview',
  },
  { when: 'a PC that knows nothing of it yet', of: { here: null }, name: 'not-held', stage: 'hold' },
  {
    when: 'a PC without the secret',
    of: { here: here({ secretHeld: false, enforcement: 'none' }) },
    name: 'not-held',
    stage: 'hold',
  },
  { when: 'a PC without the core', of: { core: 'missing', here: null }, name: 'no-core', stage: 'overview' },
  {
    when: 'the rehearsal to come',
    of: { here: here({ enforcement: 'rehearsal-due' }) },
    name: 'rehearsal-due',
    stage: 'rehearse',
  },
  {
    when: 'the rehearsal done',
    of: { here: here({ enforcement: 'probation' }) },
    name: 'probation',
    stage: 'overview',
  },
  { when: 'too late', of: { here: here({ enforcement: 'lapsed' }) }, name: 'lapsed', stage: 'overview' },
  {
    when: 'codes switched off',
    of: { here: here({ codesDisabled: true }) },
    name: 'codes-disabled',
    stage: 'overview',
  },
  { when: 'all done', of: {}, name: 'two-factor', stage: 'overview' },
  {
    when: 'a code alone, with the password kept',
    of: { methods: 'otp', here: here({ passwordSealed: true }) },
    name: 'code-alone',
    stage: 'overview',
  },
  { when: 'a code alone, without it', of: { methods: 'otp' }, name: 'two-factor', stage: 'overview' },
])('$when: $name', ({ of, name, stage }) => {
  expect(standingOf(account(of))).toBe(name);
  expect(stageOf(name)).toBe(stage);
});
