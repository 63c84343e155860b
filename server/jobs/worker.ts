import type { Logger } from 'pino';

/** The steps a worker takes, in order. Each may be repeated at any time and picks up where a killed worker left off. */
export interface WorkerSteps {
  /** Computes the workdays of employees whose logs changed. @returns whether there were any. */
  recompute: () => Promise<boolean>;
  /** Decides what goes to the attendance service, of workdays that changed or that time has made ready. */
  planDue: () => Promise<void>;
  /** Sends what is due. @returns when something is due next, in milliseconds since 1970; null when nothing is. */
  runDue: () => Promise<number | null>;
}

export interface Worker {
  /** There may be work: looks at once, or once more after the round that is under way. */
  poke(): void;
  /** Resolves when the round under way has ended; nothing is begun after. */
  stop(): Promise<void>;
}

/**
 * Turns stored logs into punches and forwards them, in the background of the server process. What is to be done stands
 * in the store, never in this loop: a poke that is lost costs `pollMs`, not a punch.
 */
export function startWorker(
  steps: WorkerSteps,
  { now, pollMs = 15_000, log }: { now: () => number; pollMs?: number; log: Logger },
): Worker {
  let wanted = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | null = null;

  async function once(): Promise<number | null> {
    while (await steps.recompute()) {
      if (stopped) return null;
    }
    await steps.planDue();
    return steps.runDue();
  }

  async function rounds(): Promise<void> {
    let nextAt: number | null = null;
    do {
      wanted = false;
      try {
        nextAt = await once();
      } catch (error) {
        log.error({ err: error }, 'A round of the worker failed; it is tried again');
      }
    } while (wanted && !stopped);
    round = null;
    if (stopped) return;
    const waitMs = nextAt === null ? pollMs : Math.min(pollMs, Math.max(0, nextAt - now()));
    timer = setTimeout(poke, waitMs);
  }

  function poke(): void {
    if (stopped) return;
    wanted = true;
    clearTimeout(timer);
    round ??= rounds();
  }

  poke();
  return {
    poke,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
