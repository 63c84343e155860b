/** The tray's queue on better-sqlite3's Windows binary and Windows' way with files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import {
  createDevice,
  createJournal,
  record,
  recordMac,
  type TestJournal,
} from '../../app/device.test-support.ts';
import { type OpenedQueue, openQueue } from '../../app/queue/open.ts';
import type { EventQueue } from '../../app/queue/queue.ts';
import { type Doomed, startDoomed } from './doomed.ts';
import { about, check, scratchFolder } from './support.ts';

const NOW = Date.UTC(2026, 7, 3, 9);
const PLENTY = 64 * 1024 * 1024;
const device = createDevice();
const folder = scratchFolder();
const open = (file: string): OpenedQueue => openQueue({ file, clock: { now: () => NOW } });
const fileNamed = (name: string) => path.join(folder, name, 'キュー 1.db');

function journalOf(count: number, extra: object = {}) {
  const journal = createJournal();
  for (let n = 0; n < count; n++) record(device, journal, n % 2 ? 'unlock' : 'lock', extra);
  return journal;
}

/** Everything that waits, oldest first, each seal checked against the device's own key. */
function waiting(queue: EventQueue, journal: TestJournal) {
  const events = queue.waitingPage(1_000_000, PLENTY).map(({ event }) => event);
  for (const event of events) {
    assert.equal(event.mac, recordMac(device, journal.id, event.previousMac, event.record));
  }
  return events;
}

about('the queue on Windows', () => {
  check('is a database with a flushed log, in a folder with a Japanese name', () => {
    const file = fileNamed('初めて');
    let database: Sqlite.Database | null = null;
    const { queue, setAside } = openQueue({
      file,
      clock: { now: () => NOW },
      openDatabase: (name) => (database = new Sqlite(name)),
    });
    const pragma = (name: string) => database?.pragma(name, { simple: true });
    assert.deepEqual([pragma('journal_mode'), pragma('synchronous')], ['wal', 2]);
    assert.equal(setAside, null);
    assert.equal(pragma('integrity_check'), 'ok');
    queue.close();
    assert.ok(existsSync(file));
  });

  check('gives back what it was given, and its reading position, after it was closed', () => {
    const file = fileNamed('往復');
    const journal = journalOf(500, { padding: '髙橋①～'.repeat(40) });
    const first = open(file).queue;
    assert.equal(first.append({ journal: journal.id, records: journal.records, through: 500 }, NOW), 500);
    first.close();
    const { queue } = open(file);
    assert.equal(queue.position(journal.id), 500);
    assert.deepEqual(waiting(queue, journal), journal.records);
    queue.close();
  });

  check('takes a page and its position together or not at all', () => {
    const { queue } = open(fileNamed('一括'));
    const journal = journalOf(3);
    const page = { journal: journal.id, records: journal.records };
    // A position that is no number is refused by the table after the records went in.
    assert.throws(() => queue.append({ ...page, through: Number.NaN }, NOW), { name: 'QueueError' });
    assert.equal(queue.counts().waiting, 0);
    assert.equal(queue.position(journal.id), null);
    assert.equal(queue.append({ ...page, through: 3 }, NOW), 3);
    assert.equal(queue.append({ ...page, through: 3 }, NOW), 0);
    queue.close();
  });

  check('waits for another process that writes, then says busy, then goes on', async () => {
    const file = fileNamed('二重');
    const { queue } = open(file);
    const journal = journalOf(1);
    const page = { journal: journal.id, records: journal.records, through: 1 };
    const program = path.join(import.meta.dirname, 'programs', 'hold-queue.ts');
    const holder = spawn(process.execPath, [program, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    assert.throws(() => queue.append(page, NOW), { code: 'busy' });
    holder.stdin.end();
    await once(holder, 'exit');
    assert.equal(queue.append(page, NOW), 1);
    queue.close();
  });
});

about('a damaged queue on Windows', () => {
  check('is set aside under a name that Windows allows, and a new one begun', () => {
    const file = fileNamed('壊れた');
    open(file).queue.close();
    writeFileSync(file, 'これはデータベースではありません。'.repeat(100));
    const { queue, setAside } = open(file);
    assert.equal(setAside?.file, 'キュー 1.db.damaged-2026-08-03T09-00-00.000Z');
    assert.match(readFileSync(path.join(path.dirname(file), setAside.file), 'utf8'), /データベース/);
    assert.equal(queue.counts().waiting, 0);
    queue.close();
    assert.deepEqual(open(file).setAside, setAside);
  });

  check('with every page in its middle overwritten is noticed; its records can be read again', () => {
    const file = fileNamed('途中');
    const journal = journalOf(300);
    const page = { journal: journal.id, records: journal.records, through: 300 };
    const before = open(file).queue;
    before.append(page, NOW);
    before.close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 4096, bytes.length - 4096));
    const { queue, setAside } = open(file);
    assert.equal(setAside?.reason, 'damaged');
    assert.equal(queue.append(page, NOW), 300);
    queue.close();
  });

  check('that lost its content but not its log is no new one', async () => {
    const file = fileNamed('空');
    const journal = journalOf(5000);
    const appender = appending(file, journal);
    await appender.begun;
    await appender.kill();
    assert.ok(existsSync(`${file}-wal`));
    truncateSync(file, 0);
    const { queue, setAside } = open(file);
    assert.equal(setAside?.reason, 'damaged');
    queue.close();
    assert.equal(readdirSync(path.dirname(file)).filter((name) => name.includes('damaged-')).length, 2);
  });
});

about('a killed queue on Windows', () => {
  const KILLS = 8;
  const file = fileNamed('強制終了');
  const journal = journalOf(20_000);

  check(
    `${KILLS} times at random moments between appends loses nothing it had acknowledged and doubles nothing`,
    async (t) => {
      let acknowledged = 0;
      for (let n = 0; n < KILLS; n++) {
        const appender = appending(file, journal);
        // Now and then before it has begun.
        if (n % 4 !== 3) await appender.begun;
        await pause(Math.random() * 250);
        acknowledged = Math.max(acknowledged, await appender.kill());
        const { queue, setAside } = open(file);
        const through = queue.position(journal.id) ?? 0;
        assert.equal(setAside, null);
        assert.ok(through >= acknowledged, `acknowledged ${acknowledged}, found ${through}`);
        assert.deepEqual(waiting(queue, journal), journal.records.slice(0, through));
        queue.close();
      }
      assert.ok(acknowledged > KILLS, 'the processes were killed before they had done anything');
      assert.ok(
        acknowledged < journal.records.length,
        'the processes were killed after they had done everything',
      );
      t.diagnostic(`${acknowledged} events acknowledged over ${KILLS} kills`);
    },
  );
});

/** A process that appends a journal to a queue; it says how far appends had returned. */
function appending(file: string, journal: TestJournal): Doomed {
  const journalFile = `${path.join(folder, journal.id)}.json`;
  if (!existsSync(journalFile)) writeFileSync(journalFile, JSON.stringify(journal));
  return startDoomed('append-forever.ts', [file, journalFile]);
}
