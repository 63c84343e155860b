import type { UploadAnswer } from '../../contract/upload.ts';
import type { WaitingEvent } from '../queue/types.ts';
import type { Failure, Outcome } from './failure.ts';

export interface Delivery {
  /** Uploads the events in this order. */
  send: (events: readonly WaitingEvent[]) => Promise<Outcome<UploadAnswer>>;
  /** Keeps the answer's verdicts and receipts. */
  commit: (events: readonly WaitingEvent[], answer: Pick<UploadAnswer, 'verdicts' | 'receipts'>) => void;
}

const SPLITS = ['malformed-batch', 'batch-too-large'];

/**
 * Uploads a page of events. A batch the server cannot take as a whole is halved until the event it stumbles over stands
 * alone; that one is refused, the others go through. What was sent before a failure stays committed.
 *
 * @returns null when every event has its verdict.
 */
export async function deliver(page: readonly WaitingEvent[], delivery: Delivery): Promise<Failure | null> {
  const outcome = await delivery.send(page);
  if (outcome.ok) {
    delivery.commit(page, outcome.value);
    return null;
  }
  if (!tooMuch(outcome.failure)) return outcome.failure;
  if (page.length === 1) return refuse(page, outcome.failure, delivery);
  const middle = Math.ceil(page.length / 2);
  return (await deliver(page.slice(0, middle), delivery)) ?? (await deliver(page.slice(middle), delivery));
}

/**
 * A refusal is for good, so it must be the event's fault: a server that cannot take an empty batch either has a fault of its own, and
 * something on the way that writes no problem of ours has no say at all.
 */
async function refuse(
  page: readonly WaitingEvent[],
  failure: Extract<Failure, { kind: 'refused' }>,
  delivery: Delivery,
): Promise<Failure | null> {
  if (!SPLITS.includes(failure.code)) return failure;
  const empty = await delivery.send([]);
  if (!empty.ok) return empty.failure;
  delivery.commit(page, { verdicts: [{ status: 'refused', code: failure.code }], receipts: [] });
  return null;
}

const tooMuch = (failure: Failure): failure is Extract<Failure, { kind: 'refused' }> =>
  failure.kind === 'refused' && (failure.status === 413 || SPLITS.includes(failure.code));
