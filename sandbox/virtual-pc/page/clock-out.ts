import type { ClientView } from '../page-messages.ts';

type Today = NonNullable<ClientView['today']>;

/** What to say of 退勤: its state, and its time where that is more than a guess. */
export interface ClockOut {
  state: NonNullable<Today['outState']>;
  at: string | null;
}

/**
 * Null while there is nothing to say: every lock and unlock of a running day moves a provisional 退勤, and who is at work has not
 * left. A held one is said to need a look, without its time: the person is at the PC, so that time is not when they left.
 */
export function clockOutOf({ out, outState }: Today): ClockOut | null {
  if (out === null || outState === null) return null;
  if (outState === 'provisional' || outState === 'withdrawn') return null;
  return { state: outState, at: outState === 'held' ? null : out };
}
