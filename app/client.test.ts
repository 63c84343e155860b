import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { account } from '../contract/ids.ts';
import { type Client, createClient } from './client.ts';
import { createDevice, idOf, makeReceipt } from './device.test-support.ts';
import { testFolder } from './folder.test-support.ts';
import { createHttp } from './http.ts';
import { ScriptedBridge } from './scripted-bridge.test-support.ts';
import { problemReply, ScriptedServer } from './scripted-server.test-support.ts';
import { type ClientStatus, clientStatus } from './status/status.ts';
import type { ClientStep } from './steps.ts';
import { type TestTime, testTime, until } from './time.test-support.ts';

interface World {
  bridge: ScriptedBridge;
  server: ScriptedServer;
  time: TestTime;
  databaseFile: string;
  /** Steps of all clients of this world. */
  steps: ClientStep[];
  newClient(options?: { openDatabase?: (file: string) => Sqlite.Database }): Client;
}

async function world({ registered = true } = {}): Promise<World> {
  const folder = testFolder();
  const device = createDevice();
  const server = await ScriptedServer.start(device);
  const bridge = await ScriptedBridge.start(
    path.join(folder, 'bridge'),
    device,
    registered ? server.origin : null,
  );
  const time = testTime();
  // The server's clock is its own: it does not jump with the PC's.
  server.now = () => Date.UTC(2026, 7, 3) + time.clock.monotonicMs();
  const http = createHttp();
  const databaseFile = path.join(folder, 'queue.db');
  const steps: ClientStep[] = [];
  onTestFinished(async () => {
    await http.close();
    await bridge.stop();
    await server.stop();
  });
  return {
    bridge,
    server,
    time,
    databaseFile,
    steps,
    newClient(options = {}) {
      const client = createClient({
        connectBridge: () => net.connect(bridge.path),
        databaseFile,
        fetch: http.fetch,
        name: 'test',
        version: '1.0.0',
        surroundings: time,
        onStep: (step) => steps.push(step),
        ...options,
      });
      onTestFinished(() => client.stop());
      client.start();
      return client;
    },
  };
}

const allIds = ({ bridge }: World) => bridge.journal.records.map(idOf);
/** Everything recorded is at the server, and the bridge knows it. */
const done = (w: World) =>
  w.server.stored.length >= w.bridge.journal.records.length &&
  w.bridge.receivedThrough === w.bridge.journal.records.length;
const seen = (client: Client, wanted: (status: ClientStatus) => boolean) =>
  until(() => wanted(client.status));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** Lets the announced wait end, and no more: whoever is asked after it must not find that hours have passed. */
async function waitOut({ time }: World, client: Client): Promise<void> {
  const waitMs = Date.parse(client.status.server.nextAttemptAt ?? '') - time.clock.now();
  // A wait has a first part that new events do not end.
  const restMs = Math.min(waitMs, 5_000);
  time.pass(restMs);
  await turn();
  time.pass(waitMs - restMs);
}

test('brings what the bridge recorded to the server, and the receipt back', async () => {
  const w = await world();
  w.bridge.record(3);
  const client = w.newClient();
  await until(() => done(w));
  await seen(client, ({ today }) => today !== null);
  expect(w.server.stored).toEqual(allIds(w));
  expect(w.bridge.acknowledgedThrough).toBe(3);
  expect(clientStatus.parse(client.status)).toMatchObject({
    bridge: { state: 'connected' },
    server: { state: 'online', problem: null },
    queue: { waiting: 0, refused: 0, problem: null },
    today: { me: { employee: { lastName: '山田' } } },
  });
  expect(client.timeline(null, 10)).toMatchObject([{ state: 'sent' }, { state: 'sent' }, { state: 'sent' }]);
});

test('reports a new event at once, with the token it has', async () => {
  const w = await world();
  const client = w.newClient();
  await seen(client, ({ today }) => today !== null);
  w.bridge.record(1, 'lock');
  await until(() => done(w));
  expect(w.server.count('/v1/sessions')).toBe(1);
});

test('brings many pages through in batches no larger than the contract’s, in order', async () => {
  const w = await world();
  w.bridge.record(1203);
  w.newClient();
  await until(() => done(w));
  expect(w.server.stored).toEqual(allIds(w));
  const sizes = w.server.asked
    .filter((asked) => asked.path === '/v1/events')
    .map(({ events }) => events.length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
});

test('acknowledges only what is committed, and reports only what is acknowledged by its own queue', async () => {
  const w = await world();
  w.bridge.record(2);
  w.newClient();
  await until(() => w.steps.includes('receipt-dropped'));
  const order = w.steps.filter((step) => step !== 'bridge-connected' && step !== 'pruned');
  expect(order.indexOf('stored-in-queue')).toBeLessThan(order.indexOf('acknowledged'));
  expect(order.indexOf('uploaded')).toBeLessThan(order.indexOf('verdicts-committed'));
  expect(order.indexOf('verdicts-committed')).toBeLessThan(order.indexOf('receipt-carried'));
});

test('without the network it keeps everything, says offline, and sends it when the network is back', async () => {
  const w = await world();
  w.server.onUpload = () => 'drop';
  w.bridge.record(2);
  const client = w.newClient();
  await seen(client, ({ server }) => server.state === 'offline');
  expect(client.status).toMatchObject({
    queue: { waiting: 2, oldestWaitingAt: '2026-08-03T00:01:00.000Z' },
    server: { problem: { code: 'unreachable' } },
  });
  expect(client.status.server.nextAttemptAt).not.toBeNull();
  w.server.onUpload = () => null;
  client.reportNow();
  await until(() => done(w));
  await seen(client, ({ server }) => server.state === 'online' && server.nextAttemptAt === null);
});

test('waits longer and longer for a server that is away, but never more than five minutes', async () => {
  const w = await world();
  const client = w.newClient();
  await seen(client, ({ today }) => today !== null);
  w.server.onUpload = () => 'drop';
  w.bridge.record(1);
  await seen(client, ({ server }) => server.state === 'offline');
  const waits: number[] = [];
  for (let n = 0; n < 12; n++) {
    const { problem, nextAttemptAt } = client.status.server;
    waits.push(Date.parse(nextAttemptAt ?? '') - Date.parse(problem?.at ?? ''));
    await waitOut(w, client);
    await until(() => client.status.server.problem?.at !== problem?.at);
  }
  expect(waits.slice(0, 4)).toEqual([1250, 2250, 4250, 8250]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
  expect(w.server.count('/v1/events')).toBe(13);
});

test('sends again what was uploaded without an answer; the server still has it once', async () => {
  const w = await world();
  w.server.onUpload = () => 'drop-after-acting';
  w.bridge.record(2);
  const client = w.newClient();
  await seen(client, ({ server }) => server.state === 'offline');
  expect(client.status.queue.waiting).toBe(2);
  w.server.onUpload = () => null;
  client.reportNow();
  await until(() => done(w));
  expect(w.server.stored).toEqual(allIds(w));
});

test('an upload whose answer lacks a verdict does not count', async () => {
  const w = await world();
  w.bridge.record(2);
  w.server.reply('/v1/events', {
    status: 200,
    body: { verdicts: [{ status: 'stored' }], receipts: [], serverTime: '2026-08-03T00:00:00.000Z' },
  });
  const client = w.newClient();
  await seen(client, ({ server }) => server.problem?.code === 'unfit-answer');
  expect(client.status).toMatchObject({ server: { state: 'offline' }, queue: { waiting: 2 } });
});

test('does what Retry-After says, whoever is impatient', async () => {
  const w = await world();
  w.bridge.record(1);
  w.server.reply('/v1/events', problemReply('unavailable', { 'retry-after': '60' }));
  const client = w.newClient();
  await seen(client, ({ server }) => server.problem?.code === 'unavailable');
  expect(client.status.server.state).toBe('waiting');
  client.reportNow();
  w.bridge.record(1);
  await seen(client, ({ queue }) => queue.waiting === 2);
  w.time.pass(5_000);
  await turn();
  w.time.pass(54_999);
  await turn();
  expect(w.server.count('/v1/events')).toBe(1);
  await waitOut(w, client);
  await until(() => done(w));
});

test('gets a new token when the server forgot the old one, without losing a round', async () => {
  const w = await world();
  const client = w.newClient();
  await seen(client, ({ today }) => today !== null);
  w.server.tokens.clear();
  w.bridge.record(1);
  await until(() => done(w));
  expect(w.server.count('/v1/sessions')).toBe(2);
  expect(client.status.server.problem).toBeNull();
});

test('never uses a token that has ended, whatever the wall clock says', async () => {
  const w = await world();
  const client = w.newClient();
  await seen(client, ({ today }) => today !== null);
  for (let asked = w.server.count('/v1/me'), n = 0; n < 10; n++, asked++) {
    w.time.setWallClock(Date.UTC(2000 + n * 7, 0, 1));
    w.time.pass(5 * 60_000);
    await until(() => w.server.count('/v1/me') > asked);
    await until(() => w.steps.filter((step) => step === 'today').length > asked);
  }
  expect(w.server.count('/v1/sessions')).toBe(4);
  expect(w.server.refused).toEqual([]);
});

test('a server that refuses every token is not asked in a circle', async () => {
  const w = await world();
  w.server.onUpload = () => problemReply('token-invalid');
  w.bridge.record(1);
  const client = w.newClient();
  await seen(client, ({ server }) => server.problem?.code === 'token-invalid');
  expect(w.server.count('/v1/events')).toBe(2);
  expect(client.status.server.state).toBe('waiting');
});

test('an event the server stumbles over is refused alone and stays visible', async () => {
  const w = await world();
  w.bridge.record(9);
  const poison = allIds(w)[4] ?? '';
  w.server.onUpload = (ids) => (ids.includes(poison) ? problemReply('malformed-batch') : null);
  const client = w.newClient();
  await seen(client, ({ queue }) => queue.refused === 1 && queue.waiting === 0);
  expect(w.server.stored).toEqual(allIds(w).filter((id) => id !== poison));
  expect(client.refused(0, 10)).toMatchObject([{ id: poison, refusal: 'malformed-batch' }]);
});

test('a retired device asks for a person and keeps its events', async () => {
  const w = await world();
  w.bridge.record(1);
  w.server.reply('/v1/sessions', problemReply('device-retired'));
  const client = w.newClient();
  await seen(client, ({ server }) => server.state === 'needs-you');
  expect(client.status).toMatchObject({
    server: { problem: { code: 'device-retired' } },
    queue: { waiting: 1 },
  });
});

test('waits for the registration and begins once there is one', async () => {
  const w = await world({ registered: false });
  w.bridge.record(1);
  const client = w.newClient();
  await seen(client, ({ server, queue }) => server.state === 'needs-you' && queue.waiting === 1);
  await until(() => w.steps.includes('acknowledged'));
  expect(client.status).toMatchObject({
    registration: null,
    server: { problem: { code: 'not-registered' } },
  });
  w.bridge.server = w.server.origin;
  await waitOut(w, client);
  await until(() => done(w));
  await seen(client, ({ server }) => server.state === 'online');
  expect(client.status.registration).toMatchObject({ company: 'abc' });
});

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

test('stops at once in the middle of a request, and leaves no timer behind', async () => {
  const w = await world();
  w.bridge.record(1);
  w.server.onUpload = () => 'hang';
  const client = w.newClient();
  await until(() => w.server.count('/v1/events') === 1);
  await client.stop();
  expect(w.time.pending).toBe(0);
});

test('a day that cannot be shown does not keep events waiting', async () => {
  const w = await world();
  w.server.reply('/v1/me', ...Array.from({ length: 50 }, () => problemReply('internal-error')));
  const client = w.newClient();
  await seen(client, ({ server }) => server.problem?.code === 'internal-error');
  w.bridge.record(1);
  await seen(client, ({ queue }) => queue.waiting === 1);
  w.time.pass(5_000);
  await until(() => done(w));
});
