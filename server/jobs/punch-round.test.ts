import { expect, test } from 'vitest';
import { punchRound } from './punch-round.ts';

test('everything that changed is computed before anything is planned, and planned before anything is sent', async () => {
  const batches = [true, true];
  const seen: string[] = [];
  const round = punchRound({
    recompute: async () => {
      seen.push('recompute');
      return batches.shift() ?? false;
    },
    planDue: async () => void seen.push('plan'),
    runDue: async () => {
      seen.push('run');
      return 42;
    },
  });
  expect(await round(() => false)).toBe(42);
  expect(seen).toEqual(['recompute', 'recompute', 'recompute', 'plan', 'run']);
});

test('a process that wants to end sends nothing more', async () => {
  const seen: string[] = [];
  const round = punchRound({
    recompute: async () => true,
    planDue: async () => void seen.push('plan'),
    runDue: async () => null,
  });
  expect(await round(() => true)).toBeNull();
  expect(seen).toEqual([]);
});
