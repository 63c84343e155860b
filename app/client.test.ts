import { expect, test } from 'vitest';
import { allIds, done, seen, turn, waitOut, world } from './client.test-support.ts';
import { problemReply } from './scripted-server.test-support.ts';
import { clientStatus } from './status/status.ts';
import { until } from './time.test-support.ts';

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
