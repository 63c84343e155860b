import path from 'node:path';
import { z } from 'zod';
import { journalId, sid } from '../../../contract/ids.ts';
import type { DurableFiles } from './durable-file.ts';

const storedProgress = z.object({
  journal: journalId,
  receivedThrough: z.number().int().nonnegative(),
  /** By SID. */
  acknowledged: z.record(sid, z.number().int().nonnegative()),
});
type StoredProgress = z.infer<typeof storedProgress>;

/** How far readers (by SID) and the server have got with the journal. Only ever moves forward; survives a restart. */
export class Progress {
  readonly #file: string;
  readonly #files: DurableFiles;
  #stored: StoredProgress | null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: string, files: DurableFiles, stored: StoredProgress | null) {
    this.#file = file;
    this.#files = files;
    this.#stored = stored;
  }

  /** A damaged file reads as none: everything is read and reported once more, which does no harm. */
  static async open(directory: string, files: DurableFiles): Promise<Progress> {
    const file = path.join(directory, 'progress.json');
    const content = await files.read(file);
    return new Progress(file, files, content && parse(content.toString('utf8')));
  }

  /** The furthest anybody was told of a journal. */
  get reached(): { journal: string; sequence: number } | null {
    if (!this.#stored) return null;
    const { journal, receivedThrough, acknowledged } = this.#stored;
    return { journal, sequence: Math.max(receivedThrough, ...Object.values(acknowledged)) };
  }

  get receivedThrough(): number {
    return this.#stored?.receivedThrough ?? 0;
  }

  /** How far each reader has acknowledged, by SID. */
  get acknowledged(): Readonly<StoredProgress['acknowledged']> {
    return this.#stored?.acknowledged ?? {};
  }

  acknowledgedThrough(reader: string): number {
    return this.#stored?.acknowledged[sid.parse(reader)] ?? 0;
  }

  /** Starts from nothing when the journal is another than before. */
  async follow(journal: string): Promise<void> {
    if (this.#stored?.journal === journal) return;
    await this.#change(() => ({ journal: journalId.parse(journal), receivedThrough: 0, acknowledged: {} }));
  }

  async received(through: number): Promise<number> {
    if (through > this.receivedThrough) {
      await this.#change((stored) => ({
        ...stored,
        receivedThrough: Math.max(through, stored.receivedThrough),
      }));
    }
    return this.receivedThrough;
  }

  async acknowledge(reader: string, through: number): Promise<number> {
    const key = sid.parse(reader);
    if (through > this.acknowledgedThrough(reader)) {
      await this.#change((stored) => {
        const furthest = Math.max(through, stored.acknowledged[key] ?? 0);
        return { ...stored, acknowledged: { ...stored.acknowledged, [key]: furthest } };
      });
    }
    return this.acknowledgedThrough(reader);
  }

  /** The file first, then memory: nobody is told of progress that a crash could take back. */
  #change(next: (stored: StoredProgress) => StoredProgress): Promise<void> {
    const work = async () => {
      const changed = next(this.#stored ?? NOTHING);
      await this.#files.replace(this.#file, JSON.stringify(changed));
      this.#stored = changed;
    };
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }
}

const NOTHING: StoredProgress = {
  journal: journalId.parse('00000000-0000-0000-0000-000000000000'),
  receivedThrough: 0,
  acknowledged: {},
};

function parse(text: string): StoredProgress | null {
  try {
    return storedProgress.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
