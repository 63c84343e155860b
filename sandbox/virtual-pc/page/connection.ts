import { useCallback, useEffect, useState } from 'react';
import { type Action, actionResult, type PcState, pcState } from '../page-messages.ts';
import type { SignInRefusal } from '../tile-messages.ts';

export interface Connection {
  /** Null until the PC has said something. */
  state: PcState | null;
  /** The PC cannot be heard at the moment; the browser keeps trying. */
  lost: boolean;
  act: Act;
}

/** Does something to the PC; resolves when it has taken effect: null, or why nothing was done. */
export type Act = (action: Action) => Promise<SignInRefusal | null>;

const UNHEARD: SignInRefusal = { reason: 'not-now', waitMs: 0, clockOffsetMs: 0, recoveryCodesLeft: 0 };

/** The virtual PC behind this page. */
export function useConnection(): Connection {
  const [state, setState] = useState<PcState | null>(null);
  const [lost, setLost] = useState(false);

  useEffect(() => {
    const source = new EventSource('/api/states');
    source.onopen = () => setLost(false);
    source.onerror = () => setLost(true);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const read = pcState.safeParse(JSON.parse(data));
      if (read.success) setState(read.data);
    };
    return () => source.close();
  }, []);

  const act = useCallback<Act>(async (action) => {
    try {
      const response = await fetch('/api/actions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(action),
      });
      const { data } = actionResult.safeParse(await response.json());
      if (!data) return UNHEARD;
      const { reason, waitMs = 0, clockOffsetMs = 0, recoveryCodesLeft = 0 } = data.done ? UNHEARD : data;
      return data.done ? null : { reason, waitMs, clockOffsetMs, recoveryCodesLeft };
    } catch {
      return UNHEARD;
    }
  }, []);

  return { state, lost, act };
}
