import { MAX_READ_RECORDS } from '../../contract/bridge.ts';
import type { JournalId } from '../../contract/ids.ts';
import { Alarm } from '../alarm.ts';
import { Backoff } from '../backoff.ts';
import type { BridgeConnection } from '../bridge/connection.ts';
import { BridgeError } from '../bridge/errors.ts';
import type { BridgeLink } from '../bridge/link.ts';
import { QueueError } from '../queue/errors.ts';
import type { EventQueue } from '../queue/queue.ts';
import type { StatusBoard } from '../status/board.ts';
import { toInstant } from '../status/board.ts';
import { showCounts } from '../status/counts.ts';
import type { StepObserver } from '../steps.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PullOptions extends Surroundings {
  queue: EventQueue;
  link: Pick<BridgeLink, 'current'>;
  board: StatusBoard;
  onStep: StepObserver;
  /** New events lie in the queue. */
  onQueued: () => void;
}

/** The bridge announces new records; asking now and then finds them even if an announcement was lost. */
const ASK_EVERY_MS = 60_000;
const RETRY = { baseMs: 1_000, capMs: 60_000, floorMs: 200 };

/**
 * Brings the bridge's records into the queue. A record is acknowledged only after it was committed, so whatever is cut short is read
 * again, and the queue knows what it has.
 */
export class Pull {
  readonly #options: PullOptions;
  readonly #alarm: Alarm<'bridge' | 'journal'>;
  /** The connection on which the queue's position was already compared with the bridge's. */
  #compared: BridgeConnection | null = null;

  constructor(options: PullOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.timers);
  }

  journalGrew(): void {
    this.#alarm.ring('journal');
  }

  bridgeConnected(): void {
    this.#alarm.ring('bridge');
  }

  /** Pulls until `signal` aborts. @throws QueueError `damaged`, and only that. */
  async run(signal: AbortSignal): Promise<void> {
    const { link, board, random } = this.#options;
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted) {
      const connection = link.current;
      if (!connection) {
        await this.#alarm.sleep(null, ['bridge'], signal);
        continue;
      }
      try {
        await this.#all(connection, signal);
        backoff.succeeded();
        board.update({ queue: { problem: null } });
        await this.#alarm.sleep(ASK_EVERY_MS, ['bridge', 'journal'], signal);
      } catch (error) {
        if (error instanceof QueueError && error.code !== 'damaged')
          board.update({ queue: { problem: error.code } });
        else if (!(error instanceof BridgeError)) throw error;
        await this.#alarm.sleep(backoff.nextMs(), ['bridge'], signal);
      }
    }
  }

  /** Reads until the bridge has no more. */
  async #all(connection: BridgeConnection, signal: AbortSignal): Promise<void> {
    const { queue, clock, onStep, onQueued, board } = this.#options;
    let { journal, after } = await this.#start(connection);
    for (let more = true; more && !signal.aborted; ) {
      const page = await connection.request('journal.read', { journal, after, limit: MAX_READ_RECORDS });
      onStep('read-from-bridge');
      // Another journal than the one asked for is a new one, read from its beginning.
      const base = page.journal.id === journal ? after : 0;
      if (page.through < base || (page.more && page.through === base))
        throw new BridgeError('malformed-answer', 'journal.read does not go forward');
      const moved = page.records.length > 0 || page.through > base || page.journal.id !== journal;
      journal = page.journal.id;
      after = page.through;
      if (moved) {
        const added = queue.append({ journal, records: page.records, through: after }, clock.now());
        onStep('stored-in-queue');
        showCounts(queue, board);
        if (added > 0) onQueued();
      }
      await connection.request('journal.acknowledge', { journal, through: after });
      onStep('acknowledged');
      more = page.more;
    }
  }

  /**
   * Where to read on. A queue that does not know the journal, or remembers more of it than there is (a disk or machine was
   * restored), begins after the server's last receipt, not at what an earlier queue had acknowledged: what that one had not sent may
   * be lost with it.
   */
  async #start(connection: BridgeConnection): Promise<{ journal: JournalId; after: number }> {
    const { queue, board, clock } = this.#options;
    const { journal, receivedThrough } = await connection.request('status', {});
    let after = queue.position(journal.id);
    if (after === null || after > journal.headSequence) {
      after = Math.min(receivedThrough, journal.headSequence);
      queue.rewind(journal.id, after);
    }
    if (this.#compared !== connection) {
      // An acknowledgement lost with the last process is made good here, and the answer tells whether we once knew more.
      const { acknowledgedThrough } = await connection.request('journal.acknowledge', {
        journal: journal.id,
        through: after,
      });
      if (acknowledgedThrough > after) board.update({ queue: { fellBackAt: toInstant(clock.now()) } });
      this.#compared = connection;
    }
    return { journal: journal.id, after };
  }
}
