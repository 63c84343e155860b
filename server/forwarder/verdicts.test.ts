import { expect, test } from 'vitest';
import { ordinaryTiming } from './settings.ts';
import { afterReading, pauseAfter } from './verdicts.ts';

const around = { now: 0, timing: ordinaryTiming };

test('pauses grow to the cap with full jitter, and keep what the service asked for', () => {
  const pause = (failures: number, random: number, asked: number | null = null) =>
    pauseAfter({ ...around, failures, random: () => random }, asked).until;
  expect([0, 1, 2, 5, 100].map((failures) => pause(failures, 0.999))).toEqual([
    4995, 9990, 19980, 159840, 899100,
  ]);
  expect(pause(5, 0)).toBe(1_000);
  expect(pause(0, 0.5, 60_000)).toBe(60_000);
});

const row = { kind: 'out', lastProblem: 'unknown', verifiedAbsentAt: null } as const;
const time = '2026-06-01T18:00:20+09:00';
const standing = (...times: string[]) => times.map((one) => ({ time: `2026-06-01T${one}+09:00`, code: '2' }));

test.each([
  ['the same second', row, standing('18:00:20'), false, 'sent'],
  ['the same minute, should the service drop seconds', row, standing('18:00:00'), false, 'sent'],
  ['another kind at that time', row, [{ time, code: '1' }], false, 'waiting'],
  ['a later 退勤 where the service overwrites', row, standing('18:30:00'), true, 'sent'],
  ['a later 退勤 where it does not', row, standing('18:30:00'), false, 'waiting'],
  ['an earlier 退勤', row, standing('17:00:00'), true, 'waiting'],
  ['nothing, for the second time', { ...row, verifiedAbsentAt: 1 }, [], false, 'failed'],
  [
    'somebody else’s, after 打刻済み',
    { ...row, lastProblem: 'already-punched' },
    standing('17:00:00'),
    false,
    'held',
  ],
])('reading finds %s', (_name, of, found, isOverwriting, state) => {
  expect(afterReading(of, found, { time, isOverwriting, now: 0 }).state).toBe(state);
});
