import { describe, expect, test } from 'vitest';
import { workdaysOf } from './example.ts';
import type { Log } from './logs.ts';
import type { BreakSettings } from './settings.ts';

const SYSTEM: Partial<Log> = { initiator: 'system' };
const PC_2: Partial<Log> = { device: 'PC-2' };
const FROM_45: BreakSettings = { enabled: true, minimumMinutes: 45 };

describe('a break', () => {
  test.each<[what: string, logs: Parameters<typeof workdaysOf>[0], expected: string[]]>([
    [
      'is a gap of exactly the minimum',
      ['06-01 09:00 logon', '06-01 12:00 lock', '06-01 12:45 unlock', '06-01 18:00 logoff'],
      ['06-01: 09:00–18:00 [12:00–12:45]'],
    ],
    [
      'is not a gap a millisecond shorter',
      ['06-01 09:00 logon', '06-01 12:00:00.001 lock', '06-01 12:45 unlock', '06-01 18:00 logoff'],
      ['06-01: 09:00–18:00'],
    ],
    [
      'may come more than once',
      [
        '06-01 09:00 logon',
        '06-01 12:00 lock',
        '06-01 13:00 unlock',
        '06-01 15:00 logoff',
        '06-01 16:00 logon',
      ],
      ['06-01: 09:00–16:00 [12:00–13:00] [15:00–16:00]'],
    ],
    [
      'is not while another device is in use',
      [
        '06-01 09:00 logon',
        ['06-01 11:00 logon', PC_2],
        '06-01 12:00 lock',
        '06-01 13:00 unlock',
        ['06-01 14:00 lock', PC_2],
      ],
      ['06-01: 09:00–14:00'],
    ],
    [
      'runs from the last device out of use to the first in use',
      [
        '06-01 09:00 logon',
        ['06-01 11:00 logon', PC_2],
        '06-01 11:50 lock',
        ['06-01 12:00 lock', PC_2],
        ['06-01 12:50 unlock', PC_2],
        '06-01 13:30 unlock',
      ],
      ['06-01: 09:00–13:30 [12:00–12:50]'],
    ],
    [
      'is not where one device takes over from another in one instant',
      ['06-01 09:00 logon', '06-01 12:00 lock', ['06-01 12:00 logon', PC_2], ['06-01 13:00 logoff', PC_2]],
      ['06-01: 09:00–13:00'],
    ],
    [
      'is not parted by a use of no length',
      [
        '06-01 09:00 logon',
        '06-01 12:00 lock',
        '06-01 12:30 unlock',
        '06-01 12:30 lock',
        '06-01 13:00 unlock',
      ],
      ['06-01: 09:00–13:00 [12:00–13:00]'],
    ],
    [
      'begins with the first of several ends',
      [
        '06-01 09:00 remote-connect',
        '06-01 12:00 remote-disconnect',
        '06-01 12:00 lock',
        '06-01 12:20 logoff',
        '06-01 12:45 logon',
      ],
      ['06-01: 09:00–12:45 [12:00–12:45]'],
    ],
    [
      'may be begun by the system, but not ended by it',
      [
        '06-01 09:00 logon',
        ['06-01 12:00 logoff', SYSTEM],
        ['06-01 12:10 logon', SYSTEM],
        '06-01 13:00 unlock',
      ],
      ['06-01: 09:00–13:00 [12:00–13:00]'],
    ],
    [
      'is not parted by a wake of Windows',
      [
        '06-01 09:00 logon',
        '06-01 12:00 suspend',
        ['06-01 12:20 resume', SYSTEM],
        ['06-01 12:25 suspend', SYSTEM],
        '06-01 13:00 resume',
        '06-01 18:00 lock',
      ],
      ['06-01: 09:00–18:00 [12:00–13:00]'],
    ],
    [
      'is not ended by the resume of a session that was locked',
      [
        '06-01 09:00 logon',
        '06-01 12:00 lock',
        '06-01 12:01 suspend',
        '06-01 12:40 resume',
        '06-01 12:50 unlock',
      ],
      ['06-01: 09:00–12:50 [12:00–12:50]'],
    ],
    [
      'is not begun by a reconciled logoff or a startup',
      [
        '06-01 09:00 logon',
        ['06-01 12:00 logoff', { source: 'reconciled' }],
        '06-01 13:00 logon',
        ['06-01 14:00 startup', SYSTEM],
        '06-01 15:00 logon',
      ],
      ['06-01: 09:00–15:00 abnormal-end'],
    ],
    [
      'ends at or before 退勤',
      ['06-01 09:00 logon', '06-01 12:00 suspend', '06-01 13:00 resume'],
      ['06-01: 09:00–12:00'],
    ],
    [
      'begins at or after 出勤',
      [
        ['06-01 08:00 lock', SYSTEM],
        ['06-01 07:00 unlock', { source: 'malion' }],
        '06-01 09:00 unlock',
        '06-01 10:00 lock',
      ],
      ['06-01: 09:00–10:00'],
    ],
    [
      'never lies over the border',
      ['06-01 22:00 logon', '06-02 04:00 lock', '06-02 06:00 unlock', '06-02 07:00 lock'],
      ['06-01: 22:00–06-02 04:00', '06-02: 06:00–07:00'],
    ],
  ])('%s', (_, logs, expected) => {
    expect(workdaysOf(logs, { breaks: FROM_45 })).toEqual(expected);
  });

  test('of a carried session may lie past the border, not over it', () => {
    const logs = [
      '06-01 22:00 logon',
      '06-02 04:30 lock',
      '06-02 05:30 unlock',
      '06-02 06:00 lock',
      '06-02 07:00 unlock',
      '06-02 08:00 logoff',
    ];
    expect(workdaysOf(logs, { breaks: FROM_45, carryOver: true })).toEqual([
      '06-01: 22:00–06-02 08:00 [06-02 06:00–06-02 07:00]',
    ]);
  });

  const day = [
    '06-01 09:00 logon',
    '06-01 10:00 lock',
    '06-01 10:30 unlock',
    '06-01 11:00 logoff',
    '06-01 11:30 logon',
    '06-01 12:00 suspend',
    '06-01 12:30 unlock',
  ];
  test.each<[string, BreakSettings, string]>([
    ['switched off', { enabled: false, minimumMinutes: 30 }, ''],
    ['without any minimum', { enabled: true }, ''],
    ['with one minimum', { enabled: true, minimumMinutes: 30 }, ' [10:00–10:30] [11:00–11:30] [12:00–12:30]'],
    ['for locks only', { enabled: true, lockMinimumMinutes: 30 }, ' [10:00–10:30] [12:00–12:30]'],
    ['for logoffs only', { enabled: true, logoffMinimumMinutes: 30 }, ' [11:00–11:30]'],
    ['longer for locks', { enabled: true, minimumMinutes: 30, lockMinimumMinutes: 31 }, ' [11:00–11:30]'],
    ['by fractions of a minute', { enabled: true, minimumMinutes: 30.001 }, ''],
  ])('%s', (_, breaks, expected) => {
    expect(workdaysOf(day, { breaks })).toEqual([`06-01: 09:00–12:30${expected}`]);
  });

  test('is not made where 退勤 is not', () => {
    const breaks = { enabled: true, minimumMinutes: 30 };
    expect(workdaysOf(day, { breaks, punches: 'in-only' })).toEqual(['06-01: 09:00–']);
  });

  test('is measured in elapsed time over a change of the clocks', () => {
    const los = {
      timeZone: 'America/Los_Angeles',
      dayBorder: '00:00',
      breaks: { enabled: true, minimumMinutes: 90 },
    };
    const spring = ['03-08 00:30 logon', '03-08 01:30 lock', '03-08 03:30 unlock'];
    expect(workdaysOf(spring, los)).toEqual(['03-08: 00:30–03:30']);
  });
});
