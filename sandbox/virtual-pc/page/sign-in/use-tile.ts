import { useCallback, useEffect, useReducer, useState } from 'react';
import type { Tile } from '../../tile-messages.ts';
import { NO_WAIT, type Wait } from '../countdown.ts';
import { askTile } from '../pc-requests.ts';

const ASK_AGAIN_MS = { waiting: 1_500, unheard: 3_000 };

export interface HeardTile {
  /** Null until the PC has said what to ask for. */
  tile: Tile | null;
  /** How long codes are not looked at. */
  wait: Wait;
  /** The PC did not answer; it is asked again by itself. */
  unheard: boolean;
  askAgain: () => void;
}

/**
 * What a tile is to ask now.
 *
 * @param about anything whose change may change the answer
 */
export function useTile(sid: string, rehearsal: boolean, about: string): HeardTile {
  const [heard, setHeard] = useState<{ tile: Tile; wait: Wait } | null>(null);
  const [unheard, setUnheard] = useState(false);
  const [times, again] = useReducer((n: number) => n + 1, 0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again at every change of what it is about
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const tile = await askTile(sid, rehearsal);
      if (!wanted) return;
      setUnheard(tile === null);
      if (tile) setHeard({ tile, wait: { waitMs: tile.waitMs, heardAtMs: performance.now() } });
      const soon =
        tile === null ? ASK_AGAIN_MS.unheard : tile.action === 'wait' ? ASK_AGAIN_MS.waiting : null;
      if (soon !== null) timer = setTimeout(() => void ask(), soon);
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [sid, rehearsal, about, times]);

  const askAgain = useCallback(() => again(), []);
  return { tile: heard?.tile ?? null, wait: heard?.wait ?? NO_WAIT, unheard, askAgain };
}
