/**
 * Records a journal's events with the C++ core until it is killed: `append-to-journal.ts FOLDER JOURNAL-FILE DEVICE SECRET`. Each line
 * on standard output is a sequence whose `append` has resolved: from then on it may not be lost.
 */
import { readFileSync, writeSync } from 'node:fs';
import type { TestJournal } from '../../../app/device.test-support.ts';
import { loadLogonCore } from '../../../native/addon/index.ts';

const [folder = '', journalFile = '', device = '', secret = ''] = process.argv.slice(2);
const { records } = JSON.parse(readFileSync(journalFile, 'utf8')) as TestJournal;
const journal = await loadLogonCore().openJournalWriter(folder, device, Buffer.from(secret, 'base64url'));

writeSync(1, `${journal.headSequence}\n`);
for (const [n, { record }] of records.slice(journal.headSequence).entries()) {
  await journal.append(record);
  writeSync(1, `${journal.headSequence + n + 1}\n`);
}
