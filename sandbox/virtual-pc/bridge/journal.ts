import path from 'node:path';
import { GENESIS_MAC, MAX_RECORD_BYTES, type SessionEvent } from '../../../contract/event.ts';
import { type JournalId, journalId } from '../../../contract/ids.ts';
import { journalKey, seal } from './chain.ts';
import type { AppendFile, DurableFiles } from './durable-file.ts';
import {
  decodeJournal,
  encodeHeader,
  encodeRecord,
  type JournalRecord,
  type OpenSession,
  openSessionsAfter,
} from './journal-codec.ts';

export interface JournalHead {
  id: JournalId;
  headSequence: number;
  headMac: string;
}

/** A schema that tolerates unknown fields has a type that hides its known ones from `Omit`. */
type KnownFields<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
/** An event before the journal has given it its place. */
export type UnplacedEvent = Omit<KnownFields<SessionEvent>, 'journal' | 'sequence'>;

export interface JournalOptions {
  directory: string;
  files: DurableFiles;
  deviceSecret: Uint8Array;
  newJournalId: () => string;
  /** Names a file set aside; must not repeat. */
  newFileMark: () => string;
  /**
   * The furthest anybody was told of a journal: a file that ends before it lost records that had counted, and going on
   * with it would use sequences twice.
   */
  reached: { journal: string; sequence: number } | null;
}

/** What the name of a journal file that was set aside begins with. */
export const DAMAGED_PREFIX = 'journal.damaged-';

/** Records kept behind a receipt, so that an event delivered a second time after a restart is recognised. */
const KEPT_AFTER_RECEIPT = 32;

/**
 * The append-only file of everything that happened on this PC. `append` returns when the record is on the disk; nothing that is
 * not on the disk is ever read from here. Appends and compactions happen one after another, in the order they were asked for.
 */
export class Journal {
  readonly id: JournalId;
  readonly #options: JournalOptions;
  readonly #key: Uint8Array;
  #file: AppendFile;
  #bytes: number;
  #records: JournalRecord[];
  #openBefore: OpenSession[];
  #ids: Set<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    options: JournalOptions,
    file: AppendFile,
    content: { id: JournalId; openBefore: OpenSession[]; records: JournalRecord[]; bytes: number },
  ) {
    this.#options = options;
    this.#file = file;
    this.id = content.id;
    this.#key = journalKey(options.deviceSecret, content.id);
    this.#openBefore = content.openBefore;
    this.#records = content.records;
    this.#bytes = content.bytes;
    this.#ids = new Set(content.records.map(({ event }) => event.id));
  }

  /**
   * Opens the journal of a directory, or begins one. Cuts off what a power cut left unfinished; sets a damaged file aside
   * (`setAside`, to be told to people; damaged-journals.ts sends what can be read of it) and begins anew.
   */
  static async open(options: JournalOptions): Promise<{ journal: Journal; setAside: string | null }> {
    const { files, reached } = options;
    await files.makeDirectory(options.directory);
    const file = journalFile(options);
    const found = decodeJournal((await files.read(file)) ?? Buffer.alloc(0), (id) =>
      journalKey(options.deviceSecret, id),
    );
    if (found.state === 'none' && !reached) return { journal: await begin(options), setAside: null };
    const head = found.state === 'whole' ? (found.records.at(-1)?.event.sequence ?? 0) : 0;
    const goesOn =
      found.state === 'whole' &&
      (!reached || (reached.journal === found.header.journal && reached.sequence <= head));
    if (goesOn) {
      const handle = await files.openForAppend(file);
      await handle.truncate(found.bytes);
      const { journal: id, open: openBefore } = found.header;
      const content = { id, openBefore, records: found.records, bytes: found.bytes };
      return { journal: new Journal(options, handle, content), setAside: null };
    }
    const aside = path.join(options.directory, `${DAMAGED_PREFIX}${options.newFileMark()}`);
    if (await files.read(file)) await files.rename(file, aside);
    const open = found.state === 'none' ? [] : openSessionsAfter(found.header?.open ?? [], found.records);
    return { journal: await begin(options, open), setAside: aside };

    async function begin(from: JournalOptions, openBefore: OpenSession[] = []): Promise<Journal> {
      const id = journalId.parse(from.newJournalId());
      const header = encodeHeader({ journal: id, open: openBefore });
      await files.replace(file, header);
      const handle = await files.openForAppend(file);
      return new Journal(from, handle, { id, openBefore, records: [], bytes: Buffer.byteLength(header) });
    }
  }

  get head(): JournalHead {
    const last = this.#records.at(-1);
    return {
      id: this.id,
      headSequence: last?.event.sequence ?? 0,
      headMac: last?.sealed.mac ?? GENESIS_MAC,
    };
  }

  /** Everything still kept, oldest first. */
  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  get openSessions(): OpenSession[] {
    return openSessionsAfter(this.#openBefore, this.#records);
  }

  holds(eventId: string): boolean {
    return this.#ids.has(eventId);
  }

  /** The kept records after a sequence. */
  after(sequence: number): readonly JournalRecord[] {
    const first = this.#records[0]?.event.sequence ?? 1;
    return this.#records.slice(Math.max(0, sequence + 1 - first));
  }

  /**
   * Records an event and flushes it.
   * @throws when the disk refuses. Nothing was recorded then, and appending again is safe.
   */
  append(event: UnplacedEvent): Promise<JournalRecord> {
    return this.#inTurn(async () => {
      const placed: SessionEvent = { ...event, journal: this.id, sequence: this.head.headSequence + 1 };
      const text = JSON.stringify(placed);
      if (Buffer.byteLength(text) > MAX_RECORD_BYTES) throw new Error('A journal record would be too long');
      const sealed = seal(this.#key, this.head.headMac, text);
      const line = Buffer.from(encodeRecord(sealed));
      try {
        await this.#file.append(line, this.#bytes);
      } catch (error) {
        await this.#file.truncate(this.#bytes).catch(() => undefined);
        throw error;
      }
      this.#bytes += line.length;
      const record = { sealed, event: placed };
      this.#records.push(record);
      this.#ids.add(placed.id);
      return record;
    });
  }

  /**
   * Drops records the server has receipted, except the newest few: the head is never dropped.
   * @returns how many were dropped.
   */
  compact(receivedThrough: number): Promise<number> {
    return this.#inTurn(async () => {
      const keepFrom = Math.min(receivedThrough, this.head.headSequence - KEPT_AFTER_RECEIPT) + 1;
      const dropped = this.#records.filter(({ event }) => event.sequence < keepFrom);
      if (dropped.length === 0) return 0;
      const kept = this.#records.slice(dropped.length);
      const openBefore = openSessionsAfter(this.#openBefore, dropped);
      const content = Buffer.from(
        encodeHeader({ journal: this.id, open: openBefore }) +
          kept.map(({ sealed }) => encodeRecord(sealed)).join(''),
      );
      const { files } = this.#options;
      const file = journalFile(this.#options);
      await files.replace(file, content).catch(async (error: unknown) => {
        // The new file may be in place although the call failed; appending to the old one would then write into nothing.
        if (!(await files.read(file))?.equals(content)) throw error;
      });
      const replaced = this.#file;
      this.#file = await files.openForAppend(file);
      await replaced.close();
      this.#bytes = content.length;
      this.#records = kept;
      this.#openBefore = openBefore;
      this.#ids = new Set(kept.map(({ event }) => event.id));
      return dropped.length;
    });
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next;
    return next;
  }
}

const journalFile = ({ directory }: JournalOptions): string => path.join(directory, 'journal.jsonl');
