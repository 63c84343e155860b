/**
 * Appends a journal's records to a queue, a few at a time, until it is killed: `append-forever.ts DATABASE JOURNAL-FILE`. Each line on
 * standard output is a sequence through which `append` has returned: from then on nothing of it may be lost.
 */
import { readFileSync, writeSync } from 'node:fs';
import type { TestJournal } from '../../../app/device.test-support.ts';
import { openQueue } from '../../../app/queue/open.ts';
import { journalId } from '../../../contract/ids.ts';

const [database = '', journalFile = ''] = process.argv.slice(2);
const { id, records } = JSON.parse(readFileSync(journalFile, 'utf8')) as TestJournal;
const journal = journalId.parse(id);
const { queue } = openQueue({ file: database, clock: { now: () => Date.now() } });

let through = queue.position(journal) ?? 0;
writeSync(1, `${through}\n`);
while (through < records.length) {
  const page = records.slice(through, through + 1 + Math.floor(Math.random() * 8));
  through += page.length;
  queue.append({ journal, records: page, through }, Date.now());
  writeSync(1, `${through}\n`);
}
