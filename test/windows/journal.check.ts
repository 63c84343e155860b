/** The bridge's journal as the C++ core writes and reads it on Windows, and its way into the client's queue in one process. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  createDevice,
  createJournal,
  record,
  recordMac,
  type TestJournal,
} from '../../app/device.test-support.ts';
import { openQueue } from '../../app/queue/open.ts';
import { GENESIS_MAC } from '../../contract/event.ts';
import { type JournalReader, loadLogonCore } from '../../native/addon/index.ts';
import { startDoomed } from './doomed.ts';
import { about, check, scratchFolder } from './support.ts';

const NOW = Date.UTC(2026, 7, 3, 9);
const PLENTY = 64 * 1024 * 1024;
const KILLS = 8;

const core = loadLogonCore();
const device = createDevice();
const base = scratchFolder();
const folderNamed = (name: string) => path.join(base, name);

/** The events of a journal with the seals that TypeScript's own HMAC gives them. */
function eventsOf(count: number): TestJournal {
  const journal = createJournal();
  for (let n = 0; n < count; n++)
    record(device, journal, n % 2 ? 'unlock' : 'lock', { note: '席を外す ～髙' });
  return journal;
}

async function writeJournal(folder: string, { id, records }: TestJournal): Promise<void> {
  const writer = await core.createJournal(folder, device.id, device.secret, id);
  for (const sealed of records) assert.deepEqual(await writer.append(sealed.record), sealed);
  await writer.close();
}

/** Brings a journal into a queue, page by page, as the client does over the pipe. */
async function pull(reader: JournalReader, id: TestJournal['id'], file: string): Promise<void> {
  const { queue } = openQueue({ file, clock: { now: () => NOW } });
  for (let more = true; more; ) {
    const page = await reader.read(queue.position(id) ?? 0, 70);
    queue.append(
      { journal: id, records: page.records.map((sealed) => ({ ...sealed })), through: page.through },
      NOW,
    );
    more = page.more;
  }
  queue.close();
}

about('the journal of the core on Windows', () => {
  check('seals as TypeScript does, and reaches the queue whole and in order', async () => {
    const [folder, file] = [folderNamed('日誌'), path.join(folderNamed('キュー'), 'queue.db')];
    const journal = eventsOf(500);
    await writeJournal(folder, journal);
    const reader = await core.openJournal(folder, device.id, device.secret);
    assert.deepEqual(
      [reader.journal, reader.firstSequence, reader.headSequence, reader.headMac],
      [journal.id, 1, 500, journal.records.at(-1)?.mac],
    );
    assert.equal(await reader.verify(), 500);
    await pull(reader, journal.id, file);
    await reader.close();

    const { queue } = openQueue({ file, clock: { now: () => NOW } });
    assert.equal(queue.position(journal.id), 500);
    let previousMac = GENESIS_MAC;
    for (const { event } of queue.waitingPage(1_000, PLENTY)) {
      assert.equal(event.previousMac, previousMac);
      assert.equal(event.mac, recordMac(device, journal.id, event.previousMac, event.record));
      assert.equal(await core.checkSeal(device.secret, journal.id, event), true);
      previousMac = event.mac;
    }
    assert.equal(previousMac, journal.records.at(-1)?.mac);
    queue.close();
  });

  check('can be read while it is written, by one writer only', async () => {
    const folder = folderNamed('同時');
    const journal = eventsOf(50);
    const writer = await core.createJournal(folder, device.id, device.secret, journal.id);
    for (const [n, { record: text }] of journal.records.entries()) {
      await writer.append(text);
      if (n % 10 !== 9) continue;
      const reader = await core.openJournal(folder, device.id, device.secret);
      assert.equal((await reader.read(0, 500)).through, n + 1);
      await reader.close();
    }
    await assert.rejects(core.openJournalWriter(folder, device.id, device.secret), { code: 'locked' });
    await writer.close();
    const next = await core.openJournalWriter(folder, device.id, device.secret);
    assert.equal(next.headSequence, 50);
    await next.close();
  });

  check('is nobody’s but its device’s, and says where it is damaged', async () => {
    const folder = folderNamed('損傷');
    await writeJournal(folder, eventsOf(60));
    const stranger = createDevice();
    const strange = await core.openJournal(folder, device.id, stranger.secret);
    await assert.rejects(strange.read(0, 20));
    await strange.close();
    const segment = readdirSync(folder).find((name) => name.startsWith('segment-')) ?? '';
    const file = path.join(folder, segment);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('"sequence":30,');
    bytes.write('"sequence":31,', at);
    writeFileSync(file, bytes);
    await assert.rejects(core.openJournalWriter(folder, device.id, device.secret), { code: 'damaged' });
    const reader = await core.openJournal(folder, device.id, device.secret);
    assert.equal((await reader.read(0, 20)).through, 20);
    await assert.rejects(reader.verify(), { code: 'damaged' });
    await reader.close();
  });
});

about('a bridge’s process on Windows', () => {
  check(
    `killed ${KILLS} times while it records loses nothing recorded, and what it left goes on`,
    async (t) => {
      const [folder, file] = [
        folderNamed('強制終了'),
        path.join(folderNamed('強制終了のキュー'), 'queue.db'),
      ];
      const journal = eventsOf(20_000);
      const journalFile = path.join(base, 'events.json');
      writeFileSync(journalFile, JSON.stringify(journal));
      await (await core.createJournal(folder, device.id, device.secret, journal.id)).close();
      const args = [folder, journalFile, device.id, device.secret.toString('base64url')];
      let acknowledged = 0;
      for (let n = 0; n < KILLS; n++) {
        const bridge = startDoomed('append-to-journal.ts', args);
        if (n % 4 !== 3) await bridge.begun;
        await pause(Math.random() * 250);
        acknowledged = Math.max(acknowledged, await bridge.kill());
        const reader = await core.openJournal(folder, device.id, device.secret);
        assert.ok(
          reader.headSequence >= acknowledged,
          `acknowledged ${acknowledged}, found ${reader.headSequence}`,
        );
        await pull(reader, journal.id, file);
        await reader.close();
      }
      const { queue } = openQueue({ file, clock: { now: () => NOW } });
      const queued = queue.waitingPage(100_000, PLENTY).map(({ event }) => event);
      queue.close();
      assert.deepEqual(queued, journal.records.slice(0, queued.length));
      assert.ok(acknowledged > KILLS && queued.length >= acknowledged);
      assert.ok(queued.length < journal.records.length, 'it was killed after it had done everything');
      t.diagnostic(
        `${KILLS} kills, ${acknowledged} events acknowledged, ${queued.length} in the queue, 0 lost, 0 doubled`,
      );
    },
  );
});
