import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DateTime } from 'luxon';
import { afterAll, describe, expect, test } from 'vitest';
import { type CaseResult, runScenarios, ScenarioError } from './scenario.ts';
import { SettingsError } from './settings.ts';

const file = path.join(import.meta.dirname, 'scenarios.json');
const text = readFileSync(file, 'utf8');
const { cases } = JSON.parse(text) as {
  cases: { id: string; expect: CaseResult['workdays']; uncertain?: number }[];
};

const millis = (time: string): number => DateTime.fromISO(time).toMillis();

/** Instants, not strings, are compared. */
function comparable(workdays: CaseResult['workdays']): unknown {
  return Object.entries(workdays)
    .toSorted()
    .map(([date, day]) => ({
      date,
      in: millis(day.in),
      out: day.out === null ? null : millis(day.out),
      breaks: day.breaks.map(([start, end]) => [millis(start), millis(end)]),
      flags: day.flags,
    }));
}

describe('scenarios.json', () => {
  const results = runScenarios(text);
  test.each(cases)('$id', ({ id, expect: expected, uncertain }) => {
    expect(comparable(results[id]?.workdays ?? {})).toEqual(comparable(expected));
    expect(results[id]?.uncertain).toBe(uncertain ?? 0);
  });
});

describe('a case may leave out', () => {
  const one = (differing: object): CaseResult | undefined =>
    runScenarios(JSON.stringify({ cases: [{ id: 'x', settings: {}, events: [], ...differing }] }))['x'];

  test('every setting', () => {
    const events = [{ at: '2026-06-01T00:00:00+09:00', kind: 'logon', device: 'PC-1' }];
    expect(one({ events })?.workdays).toEqual({
      '2026-06-01': { in: '2026-06-01T00:00:00+09:00', out: null, breaks: [], flags: ['no-clock-out'] },
    });
  });

  test('all events', () => {
    expect(one({})).toEqual({ workdays: {}, uncertain: 0 });
  });

  test('the clock run of a wall clock, which is then only as good as its neighbours', () => {
    const wall = (time: string) => ({ wall: `2026-06-01T${time}+09:00`, kind: 'logon', device: 'PC-1' });
    const devices = { 'PC-1': { registeredAt: '2026-06-01T09:00:00+09:00' } };
    expect(one({ devices, events: [wall('08:59:59'), wall('09:00:00')] })).toEqual({
      workdays: {
        '2026-06-01': {
          in: '2026-06-01T09:00:00+09:00',
          out: null,
          breaks: [],
          flags: ['no-clock-out', 'time-unverified'],
        },
      },
      uncertain: 1,
    });
  });

  test('but not both times of an event, the offset of a time, or a zone that exists', () => {
    const event = { kind: 'logon', device: 'PC-1' };
    expect(() => one({ events: [event] })).toThrow(ScenarioError);
    expect(() => one({ events: [{ ...event, at: '2026-06-01T09:00:00' }] })).toThrow(ScenarioError);
    expect(() => one({ settings: { timeZone: 'Asia/Edo' } })).toThrow(SettingsError);
  });
});

describe('the command', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'workdays-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(import.meta.dirname, 'workdays.ts'), ...args], {
      encoding: 'utf8',
    });

  test('prints one JSON object and nothing else', () => {
    const { stdout, stderr, status } = run(file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(cases.map(({ id }) => id));
  });

  test('says in words what is wrong, and ends with 2', () => {
    const broken = path.join(folder, 'broken.json');
    writeFileSync(broken, '{"cases": [{"id": 1}]}');
    for (const args of [[], [path.join(folder, 'missing.json')], [broken]]) {
      const { stdout, stderr, status } = run(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/Usage|no such file|not cases/);
      expect(stderr).not.toContain('    at ');
    }
  });
});
