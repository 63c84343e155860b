import { expect, test } from 'vitest';
import { AuthFailures } from './auth-failures.ts';

function failures() {
  const time = { nowMs: 0 };
  const recorded: string[] = [];
  const subject = new AuthFailures({
    monotonicMs: () => time.nowMs,
    record: (sid, reason) => recorded.push(`${sid} ${reason}`),
  });
  const refuse = (times: number, sid = 'taro', reason = 'wrong') => {
    for (let n = 0; n < times; n += 1) subject.refused(sid, reason);
  };
  return { time, recorded, refuse };
}

test('what was tried and refused is recorded by its name, what was only left out is not', () => {
  const { recorded, refuse } = failures();
  for (const reason of [
    'password-missing',
    'wrong-password',
    'malformed',
    'used',
    'not-asked',
    'recovery-wrong',
  ])
    refuse(1, 'taro', reason);
  expect(recorded).toEqual(['taro wrong-password', 'taro used', 'taro recovery-wrong']);
});

test('hammering one tile fills no journal, and hides nobody else', () => {
  const { time, recorded, refuse } = failures();
  refuse(1_000);
  expect(recorded).toHaveLength(10);
  refuse(1, 'hanako');
  expect(recorded.at(-1)).toBe('hanako wrong');
  time.nowMs = 60_000;
  refuse(1_000);
  expect(recorded).toHaveLength(21);
  for (let minute = 2; minute <= 60; minute += 1) {
    time.nowMs = minute * 60_000;
    refuse(1_000);
  }
  expect(recorded).toHaveLength(21 + 59 * 10);
});
