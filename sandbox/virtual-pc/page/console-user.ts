import type { PcState, UserView } from '../page-messages.ts';

/** Whoever has the session on the monitor, if anybody. */
export const consoleUser = ({ users }: PcState): UserView | undefined =>
  users.find(({ session }) => session === 'console');
