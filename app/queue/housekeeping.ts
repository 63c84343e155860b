import { setImmediate as nextTurn } from 'node:timers/promises';
import { Alarm } from '../alarm.ts';
import type { StepObserver } from '../steps.ts';
import type { Surroundings } from '../surroundings.ts';
import { QueueError } from './errors.ts';
import type { EventQueue } from './queue.ts';

/** How long a sent event stays for the timeline, in milliseconds: 31 days, the longest month. */
const KEPT_MS = 31 * 24 * 60 * 60 * 1000;
const EVERY_MS = 60 * 60 * 1000;
const AT_ONCE = 500;

/** Deletes what was sent long ago, now and every hour, until `signal` aborts. @throws QueueError `damaged`, and only that. */
export async function keepTidy(
  queue: EventQueue,
  { clock, timers }: Surroundings,
  onStep: StepObserver,
  signal: AbortSignal,
): Promise<void> {
  const alarm = new Alarm<never>(timers);
  while (!signal.aborted) {
    try {
      // In small transactions with room between them for what is urgent.
      while (!signal.aborted && queue.prune(clock.now() - KEPT_MS, AT_ONCE) === AT_ONCE) await nextTurn();
      onStep('pruned');
    } catch (error) {
      if (!(error instanceof QueueError) || error.code === 'damaged') throw error;
      // A disk in trouble is reported by those who need it; tidying can wait.
    }
    await alarm.sleep(EVERY_MS, [], signal);
  }
}
