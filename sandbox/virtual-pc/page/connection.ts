import { useCallback, useEffect, useState } from 'react';
import { type Action, type ActionResult, actionResult, type PcState, pcState } from '../page-messages.ts';

export interface Connection {
  /** Null until the PC has said something. */
  state: PcState | null;
  /** The PC cannot be heard at the moment; the browser keeps trying. */
  lost: boolean;
  /** Does something to the PC; resolves when it has taken effect. */
  act: (action: Action) => Promise<ActionResult>;
}

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

  const act = useCallback(async (action: Action): Promise<ActionResult> => {
    try {
      const response = await fetch('/api/actions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(action),
      });
      return actionResult.safeParse(await response.json()).data ?? { done: false, reason: 'not-now' };
    } catch {
      return { done: false, reason: 'not-now' };
    }
  }, []);

  return { state, lost, act };
}
