import type { ProblemCode } from '../../contract/problem.ts';

/**
 * What came of a request of logon. A refusal is returned and not thrown, because the failure it counts must be kept while everything
 * a throw passes is rolled back.
 */
export type Verdict<T> =
  | { ok: true; value: T }
  | { ok: false; problem: ProblemCode; detail?: string; waitMs?: number };

export const granted = <T>(value: T): Verdict<T> => ({ ok: true, value });

export const refused = (problem: ProblemCode, detail?: string): Verdict<never> => ({
  ok: false,
  problem,
  ...(detail !== undefined && { detail }),
});

export const refusedFor = (waitMs: number): Verdict<never> => ({
  ok: false,
  problem: 'too-many-requests',
  detail: 'Too many wrong codes',
  waitMs,
});
