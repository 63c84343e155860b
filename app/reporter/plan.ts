import type { Backoff } from '../backoff.ts';
import type { QueueErrorCode } from '../queue/errors.ts';
import type { ClientStatus } from '../status/status.ts';
import type { Failure } from './failure.ts';

/** Why a sleeping reporter wakes: new events, the bridge came (back), or somebody asked for it. */
export type Wake = 'events' | 'bridge' | 'now';

/** What to do after a round that did not get through. */
export interface Plan {
  state: ClientStatus['server']['state'];
  code: string;
  waitMs: number;
  /**
   * What ends the wait early. A server that answers, and is in trouble, is not woken by new events: ten thousand people unlock
   * their screens in the same half hour.
   */
  wakes: readonly Wake[];
}

/** Only somebody can put these right; asking again is cheap insurance, in milliseconds. */
const NEEDS_YOU_MS = 5 * 60_000;
const REGISTRATION_MS = 30_000;
const NEEDS_YOU = ['unknown-device', 'device-retired'];
const RETRY_AFTER_JITTER_MS = 10_000;

/** How to go on after a failure. Draws from `backoff`, which the caller resets when a round got through. */
export function planAfter(failure: Failure, backoff: Backoff): Plan {
  const { code } = failure;
  switch (failure.kind) {
    case 'unreachable': {
      const person = code === 'proxy-refused' || code === 'certificate-time';
      return {
        state: person ? 'needs-you' : 'offline',
        code,
        waitMs: backoff.nextMs(),
        wakes: ['now', 'events'],
      };
    }
    case 'bridge':
      if (code === 'not-registered')
        return { state: 'needs-you', code, waitMs: REGISTRATION_MS, wakes: ['bridge', 'now'] };
      return { state: 'waiting', code: 'no-bridge', waitMs: backoff.nextMs(), wakes: ['bridge', 'now'] };
    case 'refused': {
      // A server that names a time is believed; not even a person's "now" goes against it.
      if (failure.retryAfterMs !== null)
        return {
          state: 'waiting',
          code,
          waitMs: failure.retryAfterMs + Math.min(backoff.nextMs(), RETRY_AFTER_JITTER_MS),
          wakes: [],
        };
      if (NEEDS_YOU.includes(code))
        return { state: 'needs-you', code, waitMs: NEEDS_YOU_MS, wakes: ['bridge', 'now'] };
      return { state: 'waiting', code, waitMs: backoff.nextMs(), wakes: ['now'] };
    }
  }
}

/** The same, but for what only shows the person their day: it must not keep new events waiting. */
export function planAfterToday(failure: Failure, backoff: Backoff): Plan {
  const plan = planAfter(failure, backoff);
  return plan.wakes.includes('now') ? { ...plan, wakes: ['bridge', 'now', 'events'] } : plan;
}

/** How to go on while the queue's file is in trouble: verdicts could not be kept, so nothing more is sent for now. */
export const planAfterQueue = (code: QueueErrorCode, backoff: Backoff): Plan => ({
  state: 'waiting',
  code,
  waitMs: backoff.nextMs(),
  wakes: ['now'],
});
