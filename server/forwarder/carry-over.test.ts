import { expect, test } from 'vitest';
import { carryUndecidedUntil, type UseLog } from './carry-over.ts';

const at = (text: string) => Date.parse(`2026-06-${text}:00+09:00`);
const BORDER = at('02T05:00');
const log = (kind: string, time: string, session = 's'): UseLog => ({ kind, at: at(time), session });

test.each<[string, string, UseLog[], string, string | null]>([
  ['in use over the border: up to 16 hours', '01T21:00', [], '02T06:00', '02T13:00'],
  ['exactly 16 hours still carry', '01T21:00', [], '02T13:00', '02T13:00'],
  ['after that it is decided', '01T21:00', [], '02T13:01', null],
  ['a day whose 16 hours end before the border', '01T09:00', [], '02T05:30', null],
  ['logged off before the border', '01T21:00', [log('logoff', '02T04:00')], '02T06:00', null],
  ['logged off after the border', '01T21:00', [log('logoff', '02T06:00')], '02T06:10', null],
  ['locked shortly before the border', '01T21:00', [log('lock', '02T04:30')], '02T06:00', '02T07:30'],
  ['locked 180 minutes before it, exactly', '01T21:00', [log('lock', '02T02:00')], '02T05:00', '02T05:00'],
  ['locked longer before it', '01T21:00', [log('lock', '02T01:59')], '02T06:00', null],
  ['locked after it', '01T21:00', [log('lock', '02T06:00')], '02T08:00', '02T09:00'],
  [
    'locked and unlocked within the time',
    '01T21:00',
    [log('lock', '02T06:00'), log('unlock', '02T07:00')],
    '02T08:00',
    '02T13:00',
  ],
  ['unlocked too late', '01T21:00', [log('lock', '02T06:00'), log('unlock', '02T09:01')], '02T09:10', null],
  [
    'the gap counts from the first of two ends',
    '01T21:00',
    [log('lock', '02T04:00'), log('suspend', '02T04:50')],
    '02T06:00',
    '02T07:00',
  ],
  [
    'waking without a lock is use',
    '01T21:00',
    [log('suspend', '02T04:50'), log('resume', '02T05:30')],
    '02T06:00',
    '02T13:00',
  ],
  ['an unknown kind says nothing', '01T21:00', [log('policy-change', '02T04:00')], '02T06:00', '02T13:00'],
  [
    'another session may be the one',
    '01T21:00',
    [log('logoff', '02T04:00'), log('logon', '01T22:00', 't')],
    '02T06:00',
    '02T13:00',
  ],
])('%s', (_name, previousIn, logs, now, expected) => {
  const began = log('logon', previousIn);
  const until = carryUndecidedUntil({
    previousIn: at(previousIn),
    border: BORDER,
    logs: [...logs, began],
    now: at(now),
  });
  expect(until).toBe(expected === null ? null : at(expected) + 1);
});
