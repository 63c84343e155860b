import { expect, onTestFinished, test } from 'vitest';
import type { PunchState } from '../../contract/me.ts';
import { ClientProcess } from './client-process.ts';
import { clockOutOf } from './page/clock-out.ts';

const IN = { kind: 'in', at: '2026-06-01T00:00:00.000Z', state: 'sent' };
const OUT_AT = '2026-06-01T03:05:00.000Z';
const outAs = (state: PunchState) => ({ kind: 'out', at: OUT_AT, state });

/** What the page learns of the day from a client that was told of these punches. */
async function todayWith(punches: object[]) {
  const me = {
    account: { sid: 'S-1-5-21-1-2-3-1001', domain: 'PC-01', name: 'taro' },
    employee: { code: '0001', lastName: '山田', firstName: '太郎', group: null },
    settings: { timeZone: 'Asia/Tokyo', dayBorder: '05:00', language: 'ja' },
    today: { date: '2026-06-01', in: IN.at, out: OUT_AT, breaks: [], flags: [], punches },
    status: { lastEventAt: null, findings: [] },
    serverTime: OUT_AT,
  };
  const status = {
    server: { state: 'online', problem: null, lastSuccessAt: null },
    queue: { waiting: 0, refused: 0, problem: null },
    today: { me },
  };
  const said = Promise.withResolvers<void>();
  const client = new ClientProcess({
    command: () => ({
      file: process.execPath,
      arguments: ['-e', 'console.log(process.argv[1]); process.stdin.resume()', JSON.stringify({ status })],
    }),
    start: { bridgePath: '', databaseFile: '', proxyUrl: '' },
    log: 2,
    onChange: said.resolve,
  });
  onTestFinished(() => client.kill());
  await said.promise;
  const today = client.status?.today;
  if (!today) throw new Error('The client was not understood');
  return today;
}

test('who is at work is not told that they clocked out: a provisional 退勤 is not shown', async () => {
  const today = await todayWith([IN, outAs('provisional')]);
  expect(today).toMatchObject({ inState: 'sent', out: OUT_AT, outState: 'provisional' });
  expect(clockOutOf(today)).toBeNull();
});

test('a held 退勤 is shown as one to be checked, not as a time, and with its reason', async () => {
  const today = await todayWith([IN, { ...outAs('held'), reason: 'unsettled' }]);
  expect(clockOutOf(today)).toEqual({ state: 'held', at: null, heldFor: 'unsettled' });
  expect(today.inReason).toBeNull();
});

test('who is at work is not told that their 退勤 needs a look because they signed in last', async () => {
  expect(clockOutOf(await todayWith([IN, { ...outAs('held'), reason: 'out-by-begin' }]))).toBeNull();
});

test.each(['waiting', 'sent', 'unverified', 'failed'] as const)(
  'a 退勤 that is %s is shown with its time and state',
  async (state) => {
    expect(clockOutOf(await todayWith([IN, outAs(state)]))).toEqual({
      state,
      at: OUT_AT,
      heldFor: null,
    });
  },
);

test('a 退勤 that is no longer part of the day, or of no known state, is not shown', async () => {
  expect(clockOutOf(await todayWith([IN, outAs('withdrawn')]))).toBeNull();
  expect(clockOutOf(await todayWith([IN]))).toBeNull();
});
