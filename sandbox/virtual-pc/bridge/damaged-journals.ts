import path from 'node:path';
import { journalKey } from './chain.ts';
import type { DurableFiles } from './durable-file.ts';
import { DAMAGED_PREFIX } from './journal.ts';
import { decodeJournal, type JournalRecord } from './journal-codec.ts';

/** A journal file that was set aside, with what can be proved of it: its records up to the damage. */
export interface DamagedJournal {
  file: string;
  records: readonly JournalRecord[];
}

/** The set-aside files whose readable part the server has not been told yet. */
export async function damagedJournals(
  directory: string,
  files: DurableFiles,
  deviceSecret: Uint8Array,
): Promise<DamagedJournal[]> {
  const names = (await files.list(directory)).filter((name) => name.startsWith(DAMAGED_PREFIX));
  const found: DamagedJournal[] = [];
  for (const name of names) {
    const file = path.join(directory, name);
    const content = decodeJournal((await files.read(file)) ?? Buffer.alloc(0), (id) =>
      journalKey(deviceSecret, id),
    );
    found.push({ file, records: content.state === 'none' ? [] : content.records });
  }
  return found;
}

/** Marks a set-aside file as told. It stays where it is, for people to look at. */
export const markReported = (files: DurableFiles, { file }: DamagedJournal): Promise<void> =>
  files.rename(file, file.replace(DAMAGED_PREFIX, 'journal.reported-'));
