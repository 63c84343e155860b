import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createDevice, createJournal, idOf, record, type TestJournal } from '../device.test-support.ts';
import { testFolder } from '../folder.test-support.ts';
import { QueueError } from './errors.ts';
import { type OpenedQueue, openQueue, type QueueOptions } from './open.ts';
import type { EventQueue } from './queue.ts';

const NOW = Date.UTC(2026, 7, 3, 9);
const PLENTY = 4 * 1024 * 1024;
const clock = { now: () => NOW };
const device = createDevice();

function opened(file: string, options: Partial<QueueOptions> = {}): OpenedQueue {
  const result = openQueue({ file, clock, ...options });
  onTestFinished(() => result.queue.close());
  return result;
}

const codeOf = (step: () => unknown): string | null => {
  try {
    step();
    return null;
  } catch (error) {
    if (error instanceof QueueError) return error.code;
    throw error;
  }
};

function fill(queue: EventQueue, journal: TestJournal, count: number): void {
  for (let n = 0; n < count; n++) {
    const sealed = record(device, journal, 'lock', { padding: 'あ'.repeat(100) });
    queue.append({ journal: journal.id, records: [sealed], through: journal.records.length }, NOW);
  }
}

/** Reads the journal again from where the queue says, as the client does. */
function catchUp(queue: EventQueue, journal: TestJournal): string[] {
  const after = queue.position(journal.id) ?? 0;
  queue.append(
    { journal: journal.id, records: journal.records.slice(after), through: journal.records.length },
    NOW,
  );
  return queue.waitingPage(1000, PLENTY).map(({ event }) => idOf(event));
}

test('begins an empty queue and its folder', () => {
  const file = path.join(testFolder(), 'a', 'b', 'queue.db');
  const { queue, setAside } = opened(file);
  expect(setAside).toBeNull();
  expect(queue.counts()).toEqual({ waiting: 0, refused: 0, oldestWaitingAt: null });
});

test('every commit is flushed before it counts', () => {
  const file = path.join(testFolder(), 'queue.db');
  let database: Sqlite.Database | null = null;
  opened(file, { openDatabase: (name) => (database = new Sqlite(name)) });
  const pragma = (name: string) => database?.pragma(name, { simple: true });
  expect([pragma('journal_mode'), pragma('synchronous')]).toEqual(['wal', 2]);
});

test('a file that is no database is set aside under its date, and said so at every later start', () => {
  const file = path.join(testFolder(), 'queue.db');
  writeFileSync(file, 'this is not a database, but somebody’s shopping list. '.repeat(40));
  const { setAside } = opened(file);
  expect(setAside).toEqual({ at: NOW, file: 'queue.db.damaged-2026-08-03T09-00-00.000Z', reason: 'damaged' });
  expect(readFileSync(path.join(path.dirname(file), setAside?.file ?? ''), 'utf8')).toContain('shopping');
  expect(opened(file).setAside).toEqual(setAside);
});

test('keeps the last five files that were set aside', () => {
  const file = path.join(testFolder(), 'queue.db');
  for (let n = 0; n < 8; n++) {
    writeFileSync(file, 'damaged'.repeat(500));
    opened(file).queue.close();
  }
  expect(readdirSync(path.dirname(file)).filter((name) => name.includes('damaged'))).toHaveLength(5);
});

test('leaves the file of a newer client alone', () => {
  const file = path.join(testFolder(), 'queue.db');
  opened(file).queue.close();
  const newer = new Sqlite(file);
  newer.pragma('user_version = 99');
  newer.close();
  const before = readFileSync(file);
  expect(codeOf(() => openQueue({ file, clock }))).toBe('newer-version');
  expect(readFileSync(file)).toEqual(before);
});

test('a folder in the place of the file is a state, not a crash', () => {
  const folder = testFolder();
  expect(codeOf(() => openQueue({ file: folder, clock }))).toBe('unavailable');
});

test('a full disk refuses a page whole, says so, and takes it once there is room', () => {
  const file = path.join(testFolder(), 'queue.db');
  let database: Sqlite.Database | null = null;
  const { queue } = opened(file, { openDatabase: (name) => (database = new Sqlite(name)) });
  const room = (pages: number) => database?.pragma(`max_page_count = ${pages}`);
  const journal = createJournal();
  for (let n = 0; n < 400; n++) record(device, journal, 'lock', { padding: 'x'.repeat(500) });
  const page = { journal: journal.id, records: journal.records, through: 400 };
  room(30);
  expect(codeOf(() => queue.append(page, NOW))).toBe('disk-full');
  expect(queue.counts().waiting).toBe(0);
  expect(queue.position(journal.id)).toBeNull();
  room(100_000);
  expect(queue.append(page, NOW)).toBe(400);
});

test('a file that may only be read is a state', () => {
  const file = path.join(testFolder(), 'queue.db');
  let database: Sqlite.Database | null = null;
  const { queue } = opened(file, { openDatabase: (name) => (database = new Sqlite(name)) });
  const lock = (on: boolean) => database?.pragma(`query_only = ${on ? 'ON' : 'OFF'}`);
  const page = { journal: createJournal().id, records: [], through: 1 };
  lock(true);
  expect(codeOf(() => queue.append(page, NOW))).toBe('read-only');
  lock(false);
  expect(codeOf(() => queue.append(page, NOW))).toBeNull();
});

test('a record that the disk changed is noticed before it is sent', () => {
  const file = path.join(testFolder(), 'queue.db');
  const { queue } = opened(file);
  fill(queue, createJournal(), 3);
  queue.close();
  const bytes = readFileSync(file);
  bytes[bytes.lastIndexOf('あ') + 1] = 0;
  writeFileSync(file, bytes);
  const again = opened(file);
  expect(again.setAside).toBeNull();
  expect(codeOf(() => again.queue.waitingPage(10, PLENTY))).toBe('damaged');
  again.queue.close();
  expect(opened(file, { distrust: 'damaged' }).setAside?.reason).toBe('damaged');
});

/** A queue as a power cut leaves it: some pages in the database, the newer ones in its log. */
function queueWithLog(): { file: string; journal: TestJournal } {
  const folder = testFolder();
  const journal = createJournal();
  const live = opened(path.join(folder, 'live.db'), {
    openDatabase: (name) => {
      const database = new Sqlite(name);
      database.pragma('wal_autocheckpoint = 40');
      return database;
    },
  });
  fill(live.queue, journal, 60);
  const file = path.join(folder, 'queue.db');
  for (const end of ['', '-wal']) copyFileSync(path.join(folder, `live.db${end}`), `${file}${end}`);
  return { file, journal };
}

const damages = {
  'cut off': (file: string, at: number) => truncateSync(file, at),
  'zeroed from there': (file: string, at: number) => {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0, at));
  },
  'one block of zeros': (file: string, at: number) => {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0, at, at + 512));
  },
};

for (const [name, damage] of Object.entries(damages)) {
  for (const end of ['', '-wal']) {
    test(`${end || 'database'} ${name}: always starts, and everything is there once the bridge was asked`, () => {
      const { file, journal } = queueWithLog();
      const wanted = journal.records.map(idOf);
      const size = statSync(`${file}${end}`).size;
      const folder = testFolder();
      for (let at = 0, n = 0; at < size; at += 512 * 9, n++) {
        const copy = path.join(folder, `${n}.db`);
        for (const part of ['', '-wal']) copyFileSync(`${file}${part}`, `${copy}${part}`);
        damage(`${copy}${end}`, at);
        let { queue, setAside } = openQueue({ file: copy, clock });
        let ids: string[] | null = null;
        try {
          ids = catchUp(queue, journal);
        } catch (error) {
          // Found only when read: the client then opens the file anew, without trusting it.
          expect(error).toMatchObject({ code: 'damaged' });
          queue.close();
          ({ queue, setAside } = openQueue({ file: copy, clock, distrust: 'damaged' }));
          ids = catchUp(queue, journal);
        }
        expect([...ids].sort(), `damaged at ${at}`).toEqual([...wanted].sort());
        if (setAside) expect(existsSync(path.join(folder, setAside.file))).toBe(true);
        // A database cut below its first page is no database, and nothing else would explain the missing rows.
        if (end === '' && name !== 'one block of zeros' && at < 4096) expect(setAside).not.toBeNull();
        queue.close();
      }
    });
  }
}
