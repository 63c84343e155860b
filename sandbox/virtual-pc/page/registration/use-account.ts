import { useCallback, useEffect, useState } from 'react';
import { askClient, type Refused } from '../pc-requests.ts';
import { passesByItself } from './problems.ts';
import type { AccountStanding } from './standing.ts';

/** Until it is asked again by itself, in milliseconds: a tray app that has just started finds its bridge within a second or two. */
const ASK_AGAIN_MS = 1_500;

export interface Account {
  /** Null while it is asked for the first time. */
  standing: AccountStanding | null;
  /** Why it could not be asked. */
  refused: Refused | null;
  /** Asks anew; resolves with what was heard. */
  reload: () => Promise<AccountStanding | null>;
}

/**
 * How the account of the session on the monitor stands, as its tray app says.
 *
 * @param about anything whose change may change it
 */
export function useAccount(core: AccountStanding['core'], about: string): Account {
  const [standing, setStanding] = useState<AccountStanding | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);

  const reload = useCallback(async (): Promise<AccountStanding | null> => {
    const [logon, here] = await Promise.all([
      askClient({ command: 'logon-state' }),
      askClient({ command: 'logon-standing' }),
    ]);
    // The server's word counts; what the PC itself does not say is not known.
    if (!logon.ok) {
      setRefused(logon);
      return null;
    }
    const heard = { logon: logon.value, here: here.ok ? here.value.account : null, core };
    setRefused(null);
    setStanding(heard);
    return heard;
  }, [core]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again at every change of what it is about
  useEffect(() => {
    void reload();
  }, [reload, about]);

  // Every refusal is an object of its own, so each sets a new timer.
  useEffect(() => {
    if (!refused || !passesByItself(refused)) return;
    const timer = setTimeout(() => void reload(), ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [reload, refused]);

  return { standing, refused, reload };
}
