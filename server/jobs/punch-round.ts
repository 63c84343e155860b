import type { Round } from './worker.ts';

/** The way from stored logs to the attendance service, in its order. */
export interface PunchSteps {
  /** Computes the workdays of employees whose logs changed. @returns whether there were any. */
  recompute: () => Promise<boolean>;
  /** Decides what goes to the attendance service, of workdays that changed or that time has made ready. */
  planDue: () => Promise<void>;
  /** Sends what is due. @returns when something is due next, in milliseconds since 1970; null when nothing is. */
  runDue: () => Promise<number | null>;
}

/** Everything that changed is computed before anything is planned, and planned before anything is sent. */
export const punchRound =
  (steps: PunchSteps): Round =>
  async (stopped) => {
    while (await steps.recompute()) {
      if (stopped()) return null;
    }
    await steps.planDue();
    return steps.runDue();
  };
