import type { SealedEvent, ServerReceipt } from '../../../contract/event.ts';
import type { SignedStatement } from '../../../contract/statement.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '../../../contract/upload.ts';
import type { MachineClock } from './clock-run.ts';
import { damagedJournals, markReported } from './damaged-journals.ts';
import { type DeviceKey, signStatement } from './device-key.ts';
import type { DurableFiles } from './durable-file.ts';
import type { Journal } from './journal.ts';
import type { Progress } from './progress.ts';
import { type ReceiptVerdict, takeReceipt } from './receipts.ts';
import type { ServerConnection } from './server-connection.ts';

export interface JournalUploadsOptions {
  /** Origin of the server. */
  server: string;
  directory: string;
  files: DurableFiles;
  key: DeviceKey;
  clock: MachineClock;
  journal: Journal;
  progress: Progress;
  connection: ServerConnection;
  /** The server's receipts reach further. */
  onProgress: () => void;
}

/** Room for the frame of an upload around its events. */
const BATCH_FRAME_BYTES = 16 * 1024;

/** The most one upload holds. */
export const UPLOAD_LIMITS = {
  maxBatchEvents: MAX_BATCH_EVENTS,
  maxBatchBytes: MAX_BATCH_BYTES - BATCH_FRAME_BYTES,
};

/** The journal on its way to the server: records and anchors out, receipts back. */
export class JournalUploads {
  readonly #options: JournalUploadsOptions;

  constructor(options: JournalUploadsOptions) {
    this.#options = options;
  }

  /** The clock's and the journal's present state over a nonce of the server's. */
  anchor(nonce: string): SignedStatement {
    const { key, journal, server, clock } = this.#options;
    const { id, headSequence, headMac } = journal.head;
    return signStatement(key, {
      purpose: 'anchor',
      server,
      device: key.id,
      nonce,
      clock: clock.reading(),
      journal: { id, headSequence, headMac },
    });
  }

  /** Uploads one batch with an anchor and takes the receipts of the answer. */
  async upload(events: readonly SealedEvent[]): Promise<void> {
    const answer = await this.#options.connection.upload([...events], (nonce) => this.anchor(nonce));
    for (const receipt of answer.receipts) await this.takeReceipt(receipt);
  }

  /** Sends what was saved of damaged journals. */
  async uploadDamaged(): Promise<void> {
    const { files, directory, key } = this.#options;
    for (const damaged of await damagedJournals(directory, files, key.secret)) {
      for (let start = 0; start < damaged.records.length; start += MAX_BATCH_EVENTS) {
        const batch = damaged.records.slice(start, start + MAX_BATCH_EVENTS);
        await this.upload(batch.map(({ sealed }) => sealed));
      }
      await markReported(files, damaged);
    }
  }

  async takeReceipt(receipt: ServerReceipt): Promise<ReceiptVerdict> {
    const { key, journal, progress, onProgress } = this.#options;
    const verdict = await takeReceipt(receipt, { key, journal, progress });
    onProgress();
    return verdict;
  }
}
