import { useEffect, useState } from 'react';
import type { PcState } from '../page-messages.ts';

const TICK_MS = 1_000;

/** What the PC's own clock shows, ticking. */
export function usePcClock({ realNowMs, clockOffsetMs }: PcState): Date {
  const [, tick] = useState(0);
  // The page may stand on another machine than the PC's hardware: its own clock only counts on from what that said.
  const [said, setSaid] = useState({ realNowMs, heardAtMs: performance.now() });
  if (said.realNowMs !== realNowMs) setSaid({ realNowMs, heardAtMs: performance.now() });
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return new Date(said.realNowMs + clockOffsetMs + (performance.now() - said.heardAtMs));
}
