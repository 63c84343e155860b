import type { Logger } from 'pino';

/**
 * One look at all there is to do. It may be repeated at any time and picks up where a killed process left off.
 *
 * @param stopped asked between steps: whether the process wants to end.
 * @returns when something is due next, in milliseconds since 1970; null when nothing is.
 */
export type Round = (stopped: () => boolean) => Promise<number | null>;

export interface Worker {
  /** There may be work: looks at once, or once more after the round that is under way. */
  poke(): void;
  /** Resolves when the round under way has ended; nothing is begun after. */
  stop(): Promise<void>;
}

/** Even where something is overdue already: a round that cannot do it must not spin. */
const SHORTEST_WAIT_MS = 50;

/**
 * Does rounds in the background of the server process. What is to be done stands in the store, never in this loop: a poke that
 * is lost costs `pollMs`, not a punch.
 */
export function startWorker(
  once: Round,
  { now, pollMs = 15_000, log }: { now: () => number; pollMs?: number; log: Logger },
): Worker {
  let wanted = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | null = null;

  async function rounds(): Promise<void> {
    let nextAt: number | null = null;
    do {
      wanted = false;
      try {
        nextAt = await once(() => stopped);
      } catch (error) {
        log.error({ err: error }, 'A round of the worker failed; it is tried again');
      }
    } while (wanted && !stopped);
    round = null;
    if (stopped) return;
    const waitMs = nextAt === null ? pollMs : Math.min(pollMs, Math.max(SHORTEST_WAIT_MS, nextAt - now()));
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
