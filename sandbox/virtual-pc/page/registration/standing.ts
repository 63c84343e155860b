import type { BridgeResult } from '../../../../contract/bridge.ts';
import type { LogonMethods, LogonState } from '../../../../contract/logon.ts';

/** How an account stands with the server and on this PC. */
export interface AccountStanding {
  logon: LogonState;
  /** Null: nothing on this PC asks for codes, or the PC has not heard of the account yet. */
  here: NonNullable<BridgeResult<'logon.standing'>['account']> | null;
  /** Whether this PC could check a code at all. */
  core: 'available' | 'missing';
}

/** In the order in which they come about; each has its own words. */
export const STANDINGS = [
  'not-linked',
  'not-enrolled',
  'not-held',
  'rehearsal-due',
  'lapsed',
  'codes-disabled',
  'probation',
  'password',
  'code-alone',
  'two-factor',
  'either',
  'no-core',
] as const;
export type StandingName = (typeof STANDINGS)[number];

/** Standings with something for the user to do in the registration window. */
const UNFINISHED: readonly StandingName[] = [
  'not-linked',
  'not-enrolled',
  'not-held',
  'rehearsal-due',
  'lapsed',
  'codes-disabled',
];
export const isUnfinished = (name: StandingName): boolean => UNFINISHED.includes(name);

/** A group with such methods has everybody enrol; others may. */
export const needsCode = (methods: LogonMethods): boolean => methods !== 'password' && methods !== 'either';

/** How the account stands, in one word. */
export function standingOf({ logon, here, core }: AccountStanding): StandingName {
  const { employee, methods, otp } = logon;
  if (!employee) return 'not-linked';
  if (!otp) return needsCode(methods) ? 'not-enrolled' : methods === 'either' ? 'either' : 'password';
  if (methods === 'password') return 'password';
  if (core === 'missing') return 'no-core';
  if (!here?.secretHeld) return 'not-held';
  if (here.codesDisabled) return 'codes-disabled';
  if (here.enforcement !== 'enforced') return here.enforcement === 'none' ? 'not-held' : here.enforcement;
  if (methods === 'either') return 'either';
  return methods === 'otp' && here.passwordSealed ? 'code-alone' : 'two-factor';
}

/** What the window shows by itself: the next thing to do, or how all stands. */
export type Stage = 'link' | 'enrol' | 'hold' | 'rehearse' | 'overview';

const STAGES: Partial<Record<StandingName, Stage>> = {
  'not-linked': 'link',
  'not-enrolled': 'enrol',
  'not-held': 'hold',
  'rehearsal-due': 'rehearse',
};
export const stageOf = (name: StandingName): Stage => STAGES[name] ?? 'overview';

/** The steps on the way, for the list above them. */
export const STEPS = ['link', 'enrol', 'codes', 'rehearse', 'done'] as const;
export type Step = (typeof STEPS)[number];
