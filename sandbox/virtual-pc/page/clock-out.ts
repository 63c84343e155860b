import type { ClientView } from '../page-messages.ts';

type Today = NonNullable<ClientView['today']>;

/** What to say of 退勤: its state, its time where that is more than a guess, and why it is held. */
export interface ClockOut {
  state: NonNullable<Today['outState']>;
  at: string | null;
  heldFor: string | null;
}

/** Held because the last thing seen is a beginning of use: somebody is at work, and leaving will settle it. */
const AT_WORK = 'out-by-begin';

/**
 * Null while there is nothing to say: every lock and unlock of a running day moves a provisional 退勤, and who is at work has not
 * left. A held one is said to need a look, without its time: the person is at the PC, so that time is not when they left.
 */
export function clockOutOf({ out, outState, outReason }: Today): ClockOut | null {
  if (out === null || outState === null) return null;
  if (outState === 'provisional' || outState === 'withdrawn') return null;
  if (outState !== 'held') return { state: outState, at: out, heldFor: null };
  return outReason === AT_WORK ? null : { state: outState, at: null, heldFor: outReason };
}
