import { useEffect, useState } from 'react';
import type { PcState } from '../page-messages.ts';

const TICK_MS = 1_000;

/** The real time by the machine that plays the hardware, ticking: what every clock but the PC's shows. */
export function useRealTime({ realNowMs }: Pick<PcState, 'realNowMs'>): number {
  const [, tick] = useState(0);
  // The page may stand on another machine than the PC's hardware: its own clock only counts on from what that said.
  const [said, setSaid] = useState({ realNowMs, heardAtMs: performance.now() });
  if (said.realNowMs !== realNowMs) setSaid({ realNowMs, heardAtMs: performance.now() });
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return said.realNowMs + (performance.now() - said.heardAtMs);
}

/** What the PC's own clock shows, ticking. */
export function usePcClock(state: PcState): Date {
  return new Date(useRealTime(state) + state.clockOffsetMs);
}
