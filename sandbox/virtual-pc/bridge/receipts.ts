import type { ServerReceipt } from '../../../contract/event.ts';
import { receiptHolds, receiptKey } from './chain.ts';
import type { DeviceKey } from './device-key.ts';
import type { Journal } from './journal.ts';
import type { Progress } from './progress.ts';

export type ReceiptVerdict =
  | { accepted: true; receivedThrough: number }
  | { accepted: false; reason: 'receipt-invalid' | 'unknown-journal' | 'beyond-head' };

/**
 * Takes a server receipt, whoever carried it here, and compacts the journal by it. The MAC is looked at first: what the server
 * did not say is `receipt-invalid` whatever else is wrong with it.
 */
export async function takeReceipt(
  receipt: ServerReceipt,
  { key, journal, progress }: { key: DeviceKey; journal: Journal; progress: Progress },
): Promise<ReceiptVerdict> {
  if (receipt.device !== key.id || !receiptHolds(receiptKey(key.secret), receipt)) {
    return { accepted: false, reason: 'receipt-invalid' };
  }
  if (receipt.journal !== journal.id) return { accepted: false, reason: 'unknown-journal' };
  if (receipt.throughSequence > journal.head.headSequence) return { accepted: false, reason: 'beyond-head' };
  const receivedThrough = await progress.received(receipt.throughSequence);
  await journal.compact(receivedThrough);
  return { accepted: true, receivedThrough };
}
