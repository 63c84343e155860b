/** What must be so at the end of an event's whole way, however often bridge and client were killed on it. */
import assert from 'node:assert/strict';
import { openQueue } from '../../app/queue/open.ts';

export interface WholeWay {
  /** The ids of the events that were recorded for certain. */
  recorded: readonly string[];
  /** Those that may have been: a bridge was killed in the middle. */
  begun: ReadonlySet<string>;
  /** Where the server tells the ids of what it stored. */
  storedIds: string;
  /** The client's queue. */
  database: string;
}

/**
 * Nothing lost, nothing doubled, nothing made up, and nothing left to send.
 *
 * @returns how many events the server has
 */
export async function assertWhole({ recorded, begun, storedIds, database }: WholeWay): Promise<number> {
  const stored = (await (await fetch(storedIds)).json()) as string[];
  assert.equal(stored.length, new Set(stored).size, 'doubled on the server');
  const lost = recorded.filter((id) => !stored.includes(id));
  assert.deepEqual(lost, [], 'lost');
  const madeUp = stored.filter((id) => !begun.has(id));
  assert.deepEqual(madeUp, [], 'made up');

  const { queue, setAside } = openQueue({ file: database, clock: { now: () => Date.now() } });
  const queued = queue.timeline(null, 1_000_000).map(({ id }) => id);
  assert.equal(setAside, null);
  assert.equal(queued.length, new Set(queued).size, 'doubled in the queue');
  assert.deepEqual(queue.counts(), { waiting: 0, refused: 0, oldestWaitingAt: null });
  queue.close();
  return stored.length;
}
