import type { ProblemCode } from '../../contract/problem.ts';

/** A request that is turned down: thrown anywhere below a route, answered as the problem of its code. */
export class Refusal extends Error {
  readonly problem: ProblemCode;
  /** What happened this time, in English, without secrets. */
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: ProblemCode, detail?: string, retryAfterSeconds?: number) {
    super(detail ?? problem);
    this.name = 'Refusal';
    this.problem = problem;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
