import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createDevice } from '../device.test-support.ts';
import { testFolder } from '../folder.test-support.ts';
import { type Misbehaviour, ScriptedBridge } from '../scripted-bridge.test-support.ts';
import { type TestTime, testTime, until } from '../time.test-support.ts';
import { BridgeConnection } from './connection.ts';

const device = createDevice();

async function setUp(time: TestTime = testTime()) {
  const bridge = await ScriptedBridge.start(path.join(testFolder(), 'bridge'), device, 'https://log.example');
  onTestFinished(() => bridge.stop());
  const journalNotices: true[] = [];
  const open = () =>
    BridgeConnection.open({
      pipe: net.connect(bridge.path),
      client: 'test',
      clientVersion: '1.0.0',
      timers: time.timers,
      onJournal: () => journalNotices.push(true),
    });
  return { bridge, open, journalNotices, time };
}

const line = (content: unknown) => `${JSON.stringify(content)}\n`;

test('says hello and learns whose bridge it is', async () => {
  const { open } = await setUp();
  const connection = await open();
  expect(connection.hello).toMatchObject({ device: device.id, registration: { company: 'abc' } });
  connection.close();
});

test('answers find their requests whatever their order and however their bytes are cut', async () => {
  const { bridge, open } = await setUp();
  const connection = await open();
  const held: (() => void)[] = [];
  bridge.misbehave('sync', (socket, { id }) => {
    held.push(() => {
      const bytes = Buffer.from(line({ id, result: { reached: false, problem: '時計がずれています' } }));
      for (const byte of bytes) socket.write(Buffer.from([byte]));
    });
  });
  const sync = connection.request('sync', {});
  await until(() => held.length > 0);
  expect(await connection.request('status', {})).toMatchObject({ registered: true });
  for (const answer of held) answer();
  expect(await sync).toEqual({ reached: false, problem: '時計がずれています' });
  connection.close();
});

test('what is asked while the bridge waits for the server may have to wait as long', async () => {
  const { bridge, open, time } = await setUp();
  const connection = await open();
  const held: (() => void)[] = [];
  for (const method of ['logon.fetch-secret', 'status'] as const)
    bridge.misbehave(method, (_socket, _request, answer) => held.push(answer));
  const fetching = connection.request('logon.fetch-secret', { code: null });
  const status = connection.request('status', {});
  await until(() => held.length === 2);
  time.pass(59_000);
  for (const answer of held) answer();
  await expect(fetching).rejects.toMatchObject({ code: 'unknown-method' });
  expect(await status).toMatchObject({ registered: true });
  connection.close();
});

test('a refusal fails its own request and leaves the connection', async () => {
  const { open } = await setUp();
  const connection = await open();
  await expect(connection.request('sync', {})).rejects.toMatchObject({ code: 'unknown-method' });
  expect(await connection.request('status', {})).toMatchObject({ registered: true });
  connection.close();
});

test('a notice is passed on; one nobody knows is passed over', async () => {
  const { bridge, open, journalNotices } = await setUp();
  const connection = await open();
  bridge.misbehave('status', (socket, { id }) => {
    socket.write(line({ notice: 'weather', params: { rain: true } }));
    const journal = { id: bridge.journal.id, headSequence: 0 };
    const rest = { registered: true, receivedThrough: 0, lastSyncAt: null, lastProblem: null };
    socket.write(line({ id, result: { journal, ...rest } }));
  });
  await connection.request('status', {});
  bridge.record(1);
  await until(() => journalNotices.length === 1);
  connection.close();
});

const misbehaviours: Record<string, [code: string, Misbehaviour]> = {
  'no JSON': ['malformed-answer', (socket) => socket.write('hello?\n')],
  'no message': ['malformed-answer', (socket) => socket.write(line({ id: 'one' }))],
  'not UTF-8': ['malformed-answer', (socket) => socket.write(Buffer.from([0xc3, 0x28, 0x0a]))],
  'a line without end': ['malformed-answer', (socket) => socket.write('x'.repeat(1024 * 1024 + 1))],
  'an answer to nothing': ['malformed-answer', (socket) => socket.write(line({ id: 999, result: {} }))],
  'a result that does not fit': [
    'malformed-answer',
    (socket, { id }) => socket.write(line({ id, result: { registered: 'yes' } })),
  ],
  'a notice that does not fit': [
    'malformed-answer',
    (socket) => socket.write(line({ notice: 'journal', params: { id: 7 } })),
  ],
  'an error about the connection': [
    'line-too-long',
    (socket) => socket.write(line({ id: null, error: { code: 'line-too-long', message: '' } })),
  ],
  'the end': ['closed', (socket) => socket.end()],
  'a broken pipe': ['closed', (socket) => socket.destroy()],
};

test.each(Object.entries(misbehaviours))(
  '%s ends the connection and fails what is open',
  async (_, [code, how]) => {
    const { bridge, open } = await setUp();
    const connection = await open();
    bridge.misbehave('status', how);
    bridge.misbehave('journal.read', () => {});
    const journal = bridge.journal.id;
    const open1 = connection.request('journal.read', { journal, after: 0, limit: 1 });
    const open2 = connection.request('status', {});
    await expect(open2).rejects.toMatchObject({ code });
    await expect(open1).rejects.toMatchObject({ code });
    expect((await connection.closed).code).toBe(code);
    await expect(connection.request('status', {})).rejects.toMatchObject({ code });
  },
);

test('a bridge that does not answer in time is given up', async () => {
  const { bridge, open, time } = await setUp();
  const connection = await open();
  bridge.misbehave('status', () => {});
  const asked = connection.request('status', {});
  time.pass(9_999);
  expect(await connection.request('journal.acknowledge', { journal: bridge.journal.id, through: 0 })).toEqual(
    {
      acknowledgedThrough: 0,
    },
  );
  time.pass(1);
  await expect(asked).rejects.toMatchObject({ code: 'timed-out' });
});

test('no timer is left behind by requests that were answered', async () => {
  const { open, time } = await setUp();
  const connection = await open();
  await connection.request('status', {});
  expect(time.pending).toBe(0);
  connection.close();
});

test('a bridge that picks a version we do not speak is left', async () => {
  const { bridge, open } = await setUp();
  bridge.misbehave('hello', (socket, { id }) =>
    socket.write(line({ id, error: { code: 'version-unsupported', message: '' } })),
  );
  await expect(open()).rejects.toMatchObject({ code: 'version-unsupported' });
  const { account, device: id, journal } = (await open()).hello;
  bridge.misbehave('hello', (socket, request) =>
    socket.write(
      line({
        id: request.id,
        result: { version: 7, bridgeVersion: '9', account, device: id, registration: null, journal },
      }),
    ),
  );
  await expect(open()).rejects.toMatchObject({ code: 'version-unsupported' });
});

test('nobody listening is an answer too', async () => {
  const { bridge, open } = await setUp();
  await bridge.stop();
  await expect(open()).rejects.toMatchObject({ code: 'closed' });
  await bridge.listen();
});
