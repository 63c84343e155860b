import { expect, test } from 'vitest';
import type { Tile } from '../../tile-messages.ts';
import {
  credentialsOf,
  fieldsOf,
  isHeldUp,
  missingField,
  NOTHING_TYPED,
  onwardFrom,
  waysOf,
} from './ways.ts';

const asks = (more: Partial<Tile> = {}): Tile => ({
  action: 'ask',
  reason: 'by-methods',
  fields: ['password', 'code'],
  alternative: [],
  codeOptional: false,
  substitutesOnly: false,
  waitMs: 0,
  recoveryCodesLeft: 8,
  maySealPassword: false,
  ...more,
});

test('the fields come in the order of the policy, and a substitute takes the place of the code', () => {
  const tile = asks({ fields: ['code', 'password'] });
  expect(fieldsOf(tile, 'asked')).toEqual(['code', 'password']);
  expect(fieldsOf(tile, 'recovery')).toEqual(['recoveryCode', 'password']);
  expect(fieldsOf(tile, 'emergency')).toEqual(['emergencyResponse', 'password']);
});

test('where the code alone would do, what replaces it still needs the password', () => {
  const tile = asks({ fields: ['code'] });
  expect(fieldsOf(tile, 'asked')).toEqual(['code']);
  expect(fieldsOf(tile, 'recovery')).toEqual(['recoveryCode', 'password']);
  expect(fieldsOf(tile, 'emergency')).toEqual(['emergencyResponse', 'password']);
});

test('Windows’ own tile asks for the password alone; one that waits or denies asks for nothing', () => {
  expect(fieldsOf(asks({ action: 'windows', fields: [] }), 'asked')).toEqual(['password']);
  expect(fieldsOf(asks({ action: 'wait' }), 'asked')).toEqual([]);
  expect(fieldsOf(asks({ action: 'deny' }), 'asked')).toEqual([]);
});

test.each<{ of: string; tile: Partial<Tile>; ways: string[] }>([
  { of: 'password and code', tile: {}, ways: ['asked', 'recovery', 'emergency'] },
  { of: 'no recovery code left', tile: { recoveryCodesLeft: 0 }, ways: ['asked', 'emergency'] },
  { of: 'codes switched off', tile: { substitutesOnly: true }, ways: ['recovery', 'emergency'] },
  {
    of: 'codes switched off and no recovery code left',
    tile: { substitutesOnly: true, recoveryCodesLeft: 0 },
    ways: ['emergency'],
  },
  { of: 'a password alone', tile: { fields: ['password'] }, ways: ['asked'] },
  {
    of: 'a password or a code',
    tile: { fields: ['password'], alternative: ['code'] },
    ways: ['asked', 'alternative'],
  },
  { of: 'a code that may be left empty', tile: { codeOptional: true }, ways: ['asked'] },
  { of: 'Windows’ own tile', tile: { action: 'windows' }, ways: ['asked'] },
])('the ways of a tile with $of', ({ tile, ways }) => {
  expect(waysOf(asks(tile))).toEqual(ways);
});

test('a wait for codes holds up only what needs one', () => {
  const tile = asks({ alternative: ['code'] });
  expect(isHeldUp(['password', 'code'], tile, 30)).toBe(true);
  expect(isHeldUp(['password', 'code'], tile, 0)).toBe(false);
  expect(isHeldUp(['password'], tile, 30)).toBe(false);
  expect(isHeldUp(['recoveryCode', 'password'], tile, 30)).toBe(false);
  expect(isHeldUp(['password', 'code'], asks({ codeOptional: true }), 30)).toBe(false);
});

test('only what the way asks for is sent, and nothing for a field left empty', () => {
  const typed = { ...NOTHING_TYPED, password: 'himitsu', code: '123456', recoveryCode: 'ABCD' };
  expect(credentialsOf(['password', 'code'], typed, false)).toEqual({
    password: 'himitsu',
    code: '123456',
    sealPassword: false,
  });
  expect(credentialsOf(['password', 'code'], { ...typed, code: '' }, true)).toEqual({
    password: 'himitsu',
    sealPassword: true,
  });
});

test('the first empty field is missing, but for a code that may stay empty', () => {
  const typed = { ...NOTHING_TYPED, password: 'himitsu' };
  expect(missingField(['password', 'code'], NOTHING_TYPED, false)).toBe('password');
  expect(missingField(['password', 'code'], typed, false)).toBe('code');
  expect(missingField(['password', 'code'], typed, true)).toBeNull();
  expect(missingField(['code', 'password'], { ...typed, code: '1' }, false)).toBeNull();
});

test.each([
  { from: 'password', typed: { password: 'himitsu' }, optional: false, onward: 'code' },
  { from: 'password', typed: { password: 'himitsu' }, optional: true, onward: 'code' },
  { from: 'code', typed: { password: 'himitsu' }, optional: true, onward: null },
  { from: 'code', typed: { password: 'himitsu' }, optional: false, onward: 'code' },
  { from: 'code', typed: { code: '123456' }, optional: false, onward: 'password' },
  { from: null, typed: { password: 'himitsu' }, optional: true, onward: null },
  { from: null, typed: {}, optional: false, onward: 'password' },
  { from: 'password', typed: { password: 'himitsu', code: '123456' }, optional: false, onward: null },
] as const)('Enter in $from with $typed typed leads to $onward', ({ from, typed, optional, onward }) => {
  expect(onwardFrom(from, ['password', 'code'], { ...NOTHING_TYPED, ...typed }, optional)).toBe(onward);
});
