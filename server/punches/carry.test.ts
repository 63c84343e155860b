import { describe, expect, test } from 'vitest';
import { settingsHistory } from './calendar.ts';
import { computeWorkdays } from './compute.ts';
import { instantOf, logsOf, TOKYO, workdaysOf } from './example.ts';
import type { Log } from './logs.ts';

const SYSTEM: Partial<Log> = { initiator: 'system' };
const PC_2: Partial<Log> = { device: 'PC-2' };

describe('a session over the border is carried', () => {
  test.each<[what: string, logs: Parameters<typeof workdaysOf>[0], expected: string[]]>([
    ['until its logoff', ['06-01 22:00 logon', '06-02 07:00 logoff'], ['06-01: 22:00–06-02 07:00']],
    [
      'to exactly 16 hours after 出勤',
      ['06-01 22:00 logon', '06-02 14:00 logoff'],
      ['06-01: 22:00–06-02 14:00'],
    ],
    [
      'and not a millisecond longer; then nothing is, and the flag returns',
      ['06-01 22:00 logon', '06-02 05:30 lock', '06-02 06:00 unlock', '06-02 14:00:00.001 logoff'],
      ['06-01: 22:00– crosses-border no-clock-out', '06-02: 05:30–14:00:00.001'],
    ],
    [
      'measured from 出勤 of the workday, on whatever device',
      [['06-01 21:00 logon', PC_2], ['06-01 21:30 logoff', PC_2], '06-01 22:00 logon', '06-02 13:30 logoff'],
      ['06-01: 21:00–22:00 crosses-border', '06-02: 13:30– no-clock-out'],
    ],
    [
      'over a lock of exactly 180 minutes',
      ['06-01 22:00 logon', '06-02 06:00 lock', '06-02 09:00 unlock', '06-02 10:00 logoff'],
      ['06-01: 22:00–06-02 10:00'],
    ],
    [
      'until a lock that is longer',
      ['06-01 22:00 logon', '06-02 06:00 lock', '06-02 09:00:00.001 unlock', '06-02 10:00 logoff'],
      ['06-01: 22:00–06-02 06:00', '06-02: 09:00:00.001–10:00'],
    ],
    [
      'until a suspend that is longer, though Windows woke in between',
      [
        '06-01 22:00 logon',
        '06-02 06:00 suspend',
        ['06-02 08:00 resume', SYSTEM],
        ['06-02 08:10 suspend', SYSTEM],
        '06-02 10:00 unlock',
        '06-02 11:00 lock',
      ],
      ['06-01: 22:00–06-02 06:00', '06-02: 10:00–11:00'],
    ],
    [
      'until a lock that nothing followed',
      ['06-01 22:00 logon', '06-02 06:00 lock'],
      ['06-01: 22:00–06-02 06:00'],
    ],
    [
      'until a logoff within 180 minutes of the lock, and not one past it',
      [
        '06-01 22:00 logon',
        '06-02 06:00 lock',
        '06-02 08:00 logoff',
        ['06-03 22:00 logon', PC_2],
        ['06-04 06:00 lock', PC_2],
        ['06-04 09:01 logoff', PC_2],
      ],
      ['06-01: 22:00–06-02 08:00', '06-03: 22:00–06-04 06:00', '06-04: 09:01– no-clock-out'],
    ],
    [
      'when out of use over the border for exactly 180 minutes',
      ['06-01 22:00 logon', '06-02 04:00 lock', '06-02 07:00 unlock', '06-02 08:00 logoff'],
      ['06-01: 22:00–06-02 08:00'],
    ],
    [
      'but not when out of use for longer',
      ['06-01 22:00 logon', '06-02 04:00 lock', '06-02 07:00:00.001 unlock', '06-02 08:00 logoff'],
      ['06-01: 22:00–06-02 04:00', '06-02: 07:00:00.001–08:00'],
    ],
    [
      'measured from the first of lock, disconnect and suspend',
      [
        '06-01 22:00 logon',
        '06-02 04:00 lock',
        '06-02 04:30 remote-disconnect',
        '06-02 06:00 suspend',
        '06-02 07:01 unlock',
      ],
      ['06-01: 22:00–06-02 04:30', '06-02: 07:01– no-clock-out'],
    ],
    [
      'but not once logged off',
      ['06-01 22:00 logon', '06-02 04:50 logoff', '06-02 05:10 logon', '06-02 07:00 logoff'],
      ['06-01: 22:00–06-02 04:50', '06-02: 05:10–07:00'],
    ],
    [
      'together with other devices’ logs up to the ending',
      [
        '06-01 22:00 logon',
        ['06-02 05:30 logon', PC_2],
        ['06-02 06:00 lock', PC_2],
        '06-02 06:10 logoff',
        ['06-02 09:00 unlock', PC_2],
      ],
      ['06-01: 22:00–06-02 06:10', '06-02: 09:00– no-clock-out'],
    ],
    [
      'by itself: one that ends too late is flagged beside it',
      ['06-01 22:00 logon', ['06-01 23:00 logon', PC_2], '06-02 06:00 logoff', ['06-02 20:00 logoff', PC_2]],
      ['06-01: 22:00–06-02 06:00 crosses-border', '06-02: 20:00– no-clock-out'],
    ],
    [
      'by an ending of the system, which makes no punch',
      ['06-01 22:00 logon', '06-02 05:30 lock', '06-02 06:00 unlock', ['06-02 07:00 logoff', SYSTEM]],
      ['06-01: 22:00–06-02 06:00'],
    ],
    [
      'to a reconciled logoff, without 退勤 from it',
      ['06-01 22:00 logon', ['06-02 06:00 logoff', { source: 'reconciled' }]],
      ['06-01: 22:00– abnormal-end no-clock-out'],
    ],
    [
      'night after night',
      [
        '06-01 22:00 logon',
        '06-02 06:00 logoff',
        '06-02 22:00 logon',
        '06-03 06:00 logoff',
        '06-03 22:00 logon',
        '06-04 06:00 logoff',
      ],
      ['06-01: 22:00–06-02 06:00', '06-02: 22:00–06-03 06:00', '06-03: 22:00–06-04 06:00'],
    ],
    [
      'without taking the next workday’s 出勤 for its own',
      [
        '06-01 22:00 logon',
        '06-02 06:00 lock',
        '06-02 21:00 unlock',
        '06-03 13:00 lock',
        '06-03 16:30 unlock',
        '06-03 17:00 logoff',
      ],
      ['06-01: 22:00–06-02 06:00', '06-02: 21:00–06-03 13:00', '06-03: 16:30–17:00'],
    ],
    [
      'not while it is still in use',
      ['06-01 22:00 logon', '06-02 05:30 lock', '06-02 06:00 unlock'],
      ['06-01: 22:00– crosses-border no-clock-out', '06-02: 05:30–06:00'],
    ],
    [
      'not into a workday without 出勤',
      [['06-01 22:00 logon', SYSTEM], '06-02 06:00 lock'],
      ['06-02: 06:00– no-clock-out'],
    ],
  ])('%s', (_, logs, expected) => {
    expect(workdaysOf(logs, { carryOver: true })).toEqual(expected);
  });
});

describe('a workday may still be extended', () => {
  const openUntil = (...logs: Parameters<typeof logsOf>[0]) => {
    const history = settingsHistory([{ from: null, settings: { ...TOKYO, carryOver: true } }]);
    return computeWorkdays(logsOf(logs), history)[0]?.carryOpenUntil;
  };

  test.each([
    ['until 16 hours after 出勤 while a session is in use', ['06-01 22:00 logon'], '06-02 14:00'],
    ['until 180 minutes after a lock', ['06-01 22:00 logon', '06-02 04:00 lock'], '06-02 07:00'],
    ['as well once the border has passed', ['06-01 22:00 logon', '06-02 06:00 lock'], '06-02 09:00'],
    ['and after a return', ['06-01 22:00 logon', '06-02 06:00 lock', '06-02 07:00 unlock'], '06-02 14:00'],
    ['but never past 16 hours', ['06-01 22:00 logon', '06-02 12:00 lock'], '06-02 14:00'],
  ])('%s', (_, logs, expected) => {
    expect(openUntil(...logs)).toBe(instantOf(expected));
  });

  test('but not after a logoff', () => {
    expect(openUntil('06-01 22:00 logon', '06-02 04:00 logoff')).toBeNull();
  });
});
