import { describe, expect, test } from 'vitest';
import { settingsHistory } from './calendar.ts';
import { computeWorkdays } from './compute.ts';
import { instantOf, logsOf, TOKYO, workdaysOf, written } from './example.ts';
import type { Log, PunchSource } from './logs.ts';
import type { GroupSettings } from './settings.ts';

const SYSTEM: Partial<Log> = { initiator: 'system' };
const RECONCILED: Partial<Log> = { initiator: 'system', source: 'reconciled' };

type Case = [
  what: string,
  logs: Parameters<typeof workdaysOf>[0],
  expected: string[],
  Partial<GroupSettings>?,
];

const from = (source: Log['source']): Partial<Log> => ({ source });

describe('出勤 and 退勤', () => {
  test.each<Case>([
    ['one log is 出勤 alone', ['06-01 09:00 logon'], ['06-01: 09:00– no-clock-out']],
    [
      'the last later log is 退勤, whatever it does',
      ['06-01 09:00 lock', '06-01 18:00 unlock'],
      ['06-01: 09:00–18:00'],
    ],
    [
      'two logs of one instant are no 退勤',
      ['06-01 21:00 remote-connect', '06-01 21:00 unlock'],
      ['06-01: 21:00– no-clock-out'],
    ],
    [
      'a millisecond later is later',
      ['06-01 09:00 logon', '06-01 09:00:00.001 lock'],
      ['06-01: 09:00–09:00:00.001'],
    ],
    [
      'the border belongs to the new workday',
      ['06-02 04:59:59.999 logon', '06-02 05:00 lock'],
      ['06-01: 06-02 04:59:59.999– crosses-border no-clock-out', '06-02: 05:00– no-clock-out'],
    ],
    [
      'the system makes no punch',
      [
        ['06-01 08:00 logon', SYSTEM],
        '06-01 09:00 unlock',
        '06-01 18:00 lock',
        ['06-01 22:00 logoff', SYSTEM],
      ],
      ['06-01: 09:00–18:00'],
    ],
    [
      'neither do kinds that are not listed, known or not',
      [
        '06-01 08:00 startup',
        '06-01 08:01 auth-failure',
        '06-01 08:02 recognition',
        '06-01 09:00 logon',
        '06-01 18:00 logoff',
        '06-01 18:01 shutdown',
        '06-01 18:02 teleport',
      ],
      ['06-01: 09:00–18:00'],
    ],
    [
      'a suspend of a session in use counts',
      ['06-01 09:00 logon', '06-01 18:00 suspend'],
      ['06-01: 09:00–18:00'],
    ],
    [
      'a suspend of a locked session does not',
      ['06-01 09:00 logon', '06-01 18:00 lock', '06-01 18:30 suspend'],
      ['06-01: 09:00–18:00'],
    ],
    [
      'a suspend after a resume without lock counts again, the resume does not',
      [
        '06-01 09:00 logon',
        '06-01 12:00 suspend',
        '06-01 13:00 resume',
        '06-01 17:00 suspend',
        '06-01 18:00 resume',
      ],
      ['06-01: 09:00–17:00'],
    ],
    [
      'a wake by Windows puts nothing into use',
      [
        '06-01 09:00 logon',
        '06-01 17:00 suspend',
        ['06-01 22:00 resume', SYSTEM],
        '06-01 22:10 suspend',
        '06-02 09:00 unlock',
      ],
      ['06-01: 09:00–17:00', '06-02: 09:00– no-clock-out'],
    ],
    [
      'a lock delivered in the instant of the resume belongs to the suspend',
      [
        '06-01 09:00 logon',
        '06-01 18:00 suspend',
        '06-02 08:50 resume',
        '06-02 08:50 lock',
        '06-02 08:51 unlock',
      ],
      ['06-01: 09:00–18:00', '06-02: 08:51– no-clock-out'],
    ],
    [
      'a suspend that names no session speaks for the device',
      ['06-01 09:00 logon', ['06-01 18:00 suspend', { session: '' }]],
      ['06-01: 09:00–18:00'],
    ],
    [
      'one-sided 出勤のみ has no 退勤 and misses none',
      ['06-01 09:00 logon', '06-01 18:00 logoff'],
      ['06-01: 09:00–'],
      { punches: 'in-only' },
    ],
  ])('%s', (_, logs, expected, settings) => {
    expect(workdaysOf(logs, settings)).toEqual(expected);
  });

  test.each<[PunchSource, Log['source'], string]>([
    ['client', 'bridge', '10:00–17:00'],
    ['smarton', 'smarton', '10:00–17:00'],
    ['lanscope', 'lanscope', '11:00–16:00'],
    ['malion', 'malion', '11:00–16:00'],
    ['senselink', 'senselink', '09:00–18:00'],
  ])('from %s come by its own list', (source, logSource, expected) => {
    const kinds = [
      '09:00 recognition',
      '10:00 unlock',
      '11:00 logon',
      '16:00 logoff',
      '17:00 lock',
      '18:00 recognition',
    ];
    const logs = kinds.map((kind): [string, Partial<Log>] => [`06-01 ${kind}`, from(logSource)]);
    expect(workdaysOf(logs, { source })).toEqual([`06-01: ${expected}`]);
  });

  test('come from the chosen source only', () => {
    const logs: Case[1] = [
      ['06-01 08:00 logon', from('malion')],
      '06-01 09:00 logon',
      '06-01 18:00 logoff',
      ['06-01 20:00 recognition', from('senselink')],
    ];
    expect(workdaysOf(logs)).toEqual(['06-01: 09:00–18:00']);
    expect(workdaysOf(logs, { source: 'lanscope' })).toEqual([]);
  });

  test('follow the settings that were in force on the workday', () => {
    const history = settingsHistory([
      { from: null, settings: { ...TOKYO, source: 'malion' } },
      { from: '2026-06-02', settings: { ...TOKYO, dayBorder: '00:00' } },
    ]);
    const logs = logsOf([
      ['06-01 08:00 logon', from('malion')],
      '06-01 09:00 logon',
      ['06-01 17:00 logoff', from('malion')],
      ['06-02 01:00 logoff', from('malion')],
      '06-02 09:00 logon',
      '06-02 23:00 logoff',
      '06-03 00:00 logon',
    ]);
    expect(computeWorkdays(logs, history).map((day) => written(day, 'Asia/Tokyo'))).toEqual([
      '06-01: 08:00–06-02 01:00',
      '06-02: 09:00–23:00',
      '06-03: 00:00– no-clock-out',
    ]);
  });
});

describe('crosses-border', () => {
  const crossing = '06-01: 22:00– crosses-border no-clock-out';
  test.each<Case>([
    [
      'is not for a session ended before',
      ['06-01 22:00 logon', '06-02 04:59 lock'],
      ['06-01: 22:00–06-02 04:59'],
    ],
    ['takes an end by the system', ['06-01 22:00 logon', ['06-02 06:00 logoff', SYSTEM]], [crossing]],
    [
      'takes a shutdown of the device',
      ['06-01 22:00 logon', ['06-02 06:00 shutdown', { ...SYSTEM, session: '0' }]],
      [crossing],
    ],
    [
      'does not take a startup, which says nothing of the border',
      ['06-01 22:00 logon', ['06-02 06:00 startup', { ...SYSTEM, session: '0' }]],
      ['06-01: 22:00– no-clock-out'],
    ],
    [
      'is not where the next log begins use',
      ['06-01 22:00 logon', '06-02 06:00 unlock', '06-02 07:00 lock'],
      ['06-01: 22:00– no-clock-out', '06-02: 06:00–07:00'],
    ],
    [
      'passes over logs that do nothing to use',
      [
        '06-01 22:00 logon',
        '06-02 04:00 clock-change',
        '06-02 05:30 auth-failure',
        ['06-02 06:00 lock', SYSTEM],
      ],
      [crossing],
    ],
    [
      'is by session: another one may end before',
      [
        '06-01 22:00 logon',
        ['06-01 23:00 logon', { device: 'PC-2' }],
        ['06-02 04:00 logoff', { device: 'PC-2' }],
        ['06-02 06:00 lock', SYSTEM],
      ],
      ['06-01: 22:00–06-02 04:00 crosses-border'],
    ],
    [
      'stands on the workday of the last counted log, though a resume came later',
      ['06-01 22:00 logon', '06-02 04:00 suspend', '06-02 20:00 resume', ['06-03 06:00 logoff', SYSTEM]],
      ['06-01: 22:00–06-02 04:00 crosses-border'],
    ],
    [
      'over two borders is one flag',
      [
        '06-01 22:00 logon',
        ['06-02 09:00 logon', { device: 'PC-2' }],
        ['06-02 10:00 lock', { device: 'PC-2' }],
        '06-03 22:00 lock',
      ],
      ['06-01: 22:00– crosses-border no-clock-out', '06-02: 09:00–10:00', '06-03: 22:00– no-clock-out'],
    ],
    [
      'never makes a workday',
      [
        ['06-01 22:00 logon', SYSTEM],
        ['06-02 06:00 logoff', SYSTEM],
      ],
      [],
    ],
    [
      'is told by the last resume as well',
      ['06-01 22:00 logon', '06-01 23:00 suspend', '06-02 04:00 resume', '06-02 06:00 logoff'],
      ['06-01: 22:00–23:00 crosses-border', '06-02: 06:00– no-clock-out'],
    ],
  ])('%s', (_, logs, expected, settings) => {
    expect(workdaysOf(logs, settings)).toEqual(expected);
  });
});

describe('abnormal-end', () => {
  test.each<Case>([
    [
      'flags, and the reconciled logoff makes no 退勤',
      ['06-01 09:00 logon', ['06-01 15:00 logoff', RECONCILED]],
      ['06-01: 09:00– abnormal-end no-clock-out'],
    ],
    [
      'does so when the bridge writes it as the user’s',
      ['06-01 09:00 logon', ['06-01 15:00 logoff', { source: 'reconciled' }]],
      ['06-01: 09:00– abnormal-end no-clock-out'],
    ],
    [
      'stands on the workday of the last counted log of that session',
      [
        '06-01 09:00 logon',
        '06-01 18:00 lock',
        ['06-02 10:00 logon', { device: 'PC-2' }],
        ['06-02 11:00 logoff', RECONCILED],
      ],
      ['06-01: 09:00–18:00 abnormal-end', '06-02: 10:00– no-clock-out'],
    ],
    [
      'does not reach into an earlier session of the same number',
      [
        '06-01 09:00 logon',
        '06-01 18:00 logoff',
        ['06-02 03:00 logon', SYSTEM],
        ['06-02 04:00 logoff', RECONCILED],
      ],
      ['06-01: 09:00–18:00'],
    ],
    ['never makes a workday', [['06-01 15:00 logoff', RECONCILED]], []],
  ])('%s', (_, logs, expected, settings) => {
    expect(workdaysOf(logs, settings)).toEqual(expected);
  });

  test('offers the deduced instant as a correction', () => {
    const logs = logsOf(['06-01 09:00 logon', ['06-01 15:00 logoff', RECONCILED]]);
    const [day] = computeWorkdays(logs, settingsHistory([{ from: null, settings: TOKYO }]));
    expect(day?.abnormalEnds).toEqual([{ at: instantOf('06-01 15:00'), logId: '1' }]);
  });
});

describe('the flags of time', () => {
  test.each<Case>([
    [
      'are those of any log of the workday',
      [
        '06-01 09:00 logon',
        ['06-01 12:00 clock-change', { ...SYSTEM, trust: 'corrected' }],
        '06-01 18:00 logoff',
      ],
      ['06-01: 09:00–18:00 clock-corrected'],
    ],
    [
      'are sorted with the others, each once',
      [
        ['06-01 09:00 logon', { trust: 'unverified' }],
        ['06-01 09:00 unlock', { trust: 'unverified' }],
        ['06-02 04:00 lock', { ...SYSTEM, trust: 'corrected' }],
      ],
      ['06-01: 09:00– clock-corrected no-clock-out time-unverified'],
    ],
    [
      'are not those of other sources or of unknown kinds',
      [
        '06-01 09:00 logon',
        ['06-01 10:00 logon', { ...from('malion'), trust: 'corrected' }],
        ['06-01 11:00 teleport', { trust: 'unverified' }],
        '06-01 18:00 logoff',
      ],
      ['06-01: 09:00–18:00'],
    ],
    ['never make a workday', [['06-01 12:00 resume', { trust: 'corrected' }]], []],
  ])('%s', (_, logs, expected, settings) => {
    expect(workdaysOf(logs, settings)).toEqual(expected);
  });
});

test('a workday names the logs behind its punches, what they do to use, and all it rests on', () => {
  const logs = logsOf(['06-01 18:00 lock', '06-01 19:00 unlock', ['06-01 20:00 logoff', from('malion')]]);
  expect(computeWorkdays(logs, settingsHistory([{ from: null, settings: TOKYO }]))).toEqual([
    {
      date: '2026-06-01',
      in: { at: instantOf('06-01 18:00'), logId: '0', kind: 'lock', use: 'ends' },
      out: { at: instantOf('06-01 19:00'), logId: '1', kind: 'unlock', use: 'begins' },
      breaks: [],
      flags: [],
      abnormalEnds: [],
      logIds: ['0', '1'],
      carryOpenUntil: null,
    },
  ]);
});
