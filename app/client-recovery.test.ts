import { writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { account } from '../contract/ids.ts';
import { allIds, done, seen, turn, world } from './client.test-support.ts';
import { createDevice, makeReceipt } from './device.test-support.ts';
import { until } from './time.test-support.ts';

test('starts without the bridge, finds it when it comes, and again when it was restarted', async () => {
  const w = await world();
  await w.bridge.stop();
  w.bridge.record(1);
  const client = w.newClient();
  await seen(client, ({ bridge }) => bridge.problem === 'closed');
  await w.bridge.listen();
  w.time.pass(30_000);
  await until(() => done(w));
  await w.bridge.stop();
  await seen(client, ({ bridge }) => bridge.state === 'connecting');
  w.bridge.record(1);
  await w.bridge.listen();
  w.time.pass(30_000);
  await until(() => done(w));
  expect(w.server.stored).toEqual(allIds(w));
});

test('says so when the bridge speaks another version', async () => {
  const w = await world();
  w.bridge.misbehave('hello', (socket, { id }) =>
    socket.write(`${JSON.stringify({ id, error: { code: 'version-unsupported', message: '' } })}\n`),
  );
  const client = w.newClient();
  await seen(client, ({ bridge }) => bridge.state === 'incompatible');
  w.time.pass(30_000);
  await seen(client, ({ bridge }) => bridge.state === 'connected');
});

test('a lost queue is read again from the server’s receipt on, not from what was acknowledged', async () => {
  const w = await world();
  w.server.onUpload = () => 'drop';
  w.bridge.record(3);
  const first = w.newClient();
  await seen(first, ({ queue }) => queue.waiting === 3);
  await until(() => w.bridge.acknowledgedThrough === 3);
  await first.stop();
  writeFileSync(w.databaseFile, 'overwritten by something else '.repeat(200));
  w.server.onUpload = () => null;
  const second = w.newClient();
  await until(() => done(w));
  expect(w.server.stored).toEqual(allIds(w));
  expect(second.status.queue).toMatchObject({ setAside: { reason: 'damaged' } });
  expect(second.status.queue.fellBackAt).not.toBeNull();
});

test('a queue found damaged while in use is put away and made anew without a restart', async () => {
  const w = await world();
  w.server.onUpload = () => 'drop';
  w.bridge.record(3);
  const client = w.newClient();
  await seen(client, ({ server }) => server.state === 'offline');
  const other = new Sqlite(w.databaseFile);
  other.exec(`UPDATE events SET record = replace(record, 'unlock', 'logoff')`);
  other.close();
  w.server.onUpload = () => null;
  client.reportNow();
  await seen(client, ({ queue }) => queue.problem === 'damaged');
  await turn();
  w.time.pass(1_000);
  await until(() => done(w));
  expect(w.server.stored).toEqual(allIds(w));
  expect(client.status.queue.setAside).toMatchObject({ reason: 'damaged' });
});

test('another account’s queue is put away unread and unsent', async () => {
  const w = await world();
  w.server.onUpload = () => 'drop';
  w.bridge.record(1);
  const first = w.newClient();
  await seen(first, ({ queue }) => queue.waiting === 1);
  await first.stop();
  w.bridge.beginJournal();
  w.bridge.account = account.parse({ ...w.bridge.account, sid: 'S-1-5-21-1-2-3-1002' });
  const uploads = w.server.count('/v1/events');
  const second = w.newClient();
  await seen(second, ({ queue }) => queue.problem === 'other-account');
  w.time.pass(1_000);
  await seen(second, ({ queue }) => queue.setAside?.reason === 'other-account');
  await seen(second, ({ today }) => today !== null);
  expect(second.timeline(null, 10)).toEqual([]);
  expect(w.server.count('/v1/events')).toBe(uploads);
});

test('a new journal of the bridge is read from its beginning', async () => {
  const w = await world();
  w.bridge.record(4);
  w.newClient();
  await until(() => done(w));
  const before = allIds(w);
  w.bridge.beginJournal();
  w.bridge.record(2);
  await until(() => w.server.stored.length === 6 && w.bridge.receivedThrough === 2);
  expect(w.server.stored).toEqual([...before, ...allIds(w)]);
});

test('a journal that is shorter than it was is read again, so that the server can see the fork', async () => {
  const w = await world();
  w.bridge.record(4);
  const client = w.newClient();
  await until(() => done(w));
  await client.stop();
  w.bridge.journal.records.splice(2);
  w.bridge.receivedThrough = 1;
  w.bridge.acknowledgedThrough = 1;
  w.newClient();
  const reads = w.bridge.asked.filter((method) => method === 'journal.read').length;
  await until(() => w.bridge.asked.filter((method) => method === 'journal.read').length > reads);
  w.bridge.record(3, 'lock');
  await until(() => w.server.stored.length === 7);
});

test('a receipt the bridge will never take is dropped, one it could not take now is carried later', async () => {
  const w = await world();
  w.bridge.record(1);
  w.bridge.misbehave('receipt', (socket) => socket.destroy());
  const client = w.newClient();
  await seen(client, ({ bridge }) => bridge.problem === 'closed');
  w.time.pass(30_000);
  await until(() => done(w));
  const foreign = makeReceipt(createDevice(), w.bridge.journal.id, 1);
  w.server.reply('/v1/events', {
    status: 200,
    body: {
      verdicts: [{ status: 'stored' }],
      receipts: [foreign],
      serverTime: new Date(w.time.clock.now()).toISOString(),
    },
  });
  w.bridge.record(1);
  await until(() => w.bridge.asked.filter((method) => method === 'receipt').length === 3);
  w.bridge.record(1);
  await until(() => w.bridge.asked.filter((method) => method === 'receipt').length === 4);
});

test('a full disk is a state: nothing is acknowledged, and it goes on by itself when there is room', async () => {
  const w = await world();
  const opened: Sqlite.Database[] = [];
  const client = w.newClient({
    openDatabase: (file) => {
      const database = new Sqlite(file);
      opened.push(database);
      return database;
    },
  });
  await seen(client, ({ today }) => today !== null);
  const room = (pages: number) => opened[0]?.pragma(`max_page_count = ${pages}`);
  room(1);
  w.bridge.record(200, 'lock', { padding: 'x'.repeat(500) });
  await seen(client, ({ queue }) => queue.problem === 'disk-full');
  expect(w.bridge.acknowledgedThrough).toBe(0);
  room(1_000_000);
  w.time.pass(1_000);
  await until(() => done(w));
  expect(client.status.queue.problem).toBeNull();
  expect(w.server.stored).toEqual(allIds(w));
});

test('starts even where no file can be made, and says why', async () => {
  const w = await world();
  let broken = true;
  const client = w.newClient({
    openDatabase: (file) => {
      if (broken) throw new Sqlite.SqliteError('unable to open database file', 'SQLITE_CANTOPEN');
      return new Sqlite(file);
    },
  });
  w.bridge.record(1);
  await seen(client, ({ queue, bridge }) => queue.problem === 'unavailable' && bridge.state === 'connected');
  broken = false;
  w.time.pass(5_000);
  await until(() => done(w));
});
