import { useEffect, useState } from 'react';

/** A wait as it was heard of: so long, from then on. Both on the page's own steady clock. */
export interface Wait {
  waitMs: number;
  heardAtMs: number;
}

/** Whole seconds that are left, rounded up so that 0 means over. */
export const secondsLeft = ({ waitMs, heardAtMs }: Wait, nowMs: number): number =>
  Math.max(0, Math.ceil((heardAtMs + waitMs - nowMs) / 1_000));

/** The key of the text for a stretch of time, and its numbers. */
export function stretchOf(seconds: number): { key: string; values: Record<string, number> } {
  if (seconds < 60) return { key: 'countdown.seconds', values: { s: seconds } };
  return { key: 'countdown.minutes', values: { m: Math.floor(seconds / 60), s: seconds % 60 } };
}

export const NO_WAIT: Wait = { waitMs: 0, heardAtMs: 0 };

/** Seconds left of a wait, counting down; `onOver` once when it is over. */
export function useCountdown(wait: Wait, onOver: () => void): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  const { waitMs, heardAtMs } = wait;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a wait is over once, however often the page is drawn meanwhile
  useEffect(() => {
    if (waitMs <= 0) return;
    setNowMs(performance.now());
    const timer = setInterval(() => {
      setNowMs(performance.now());
      if (secondsLeft({ waitMs, heardAtMs }, performance.now()) > 0) return;
      clearInterval(timer);
      onOver();
    }, 250);
    return () => clearInterval(timer);
  }, [waitMs, heardAtMs]);
  return waitMs <= 0 ? 0 : secondsLeft(wait, nowMs);
}
