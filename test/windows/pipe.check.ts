/** The bridge protocol over named pipes: the client's end against a scripted bridge, and the bridge's end against rude clients. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { after } from 'node:test';
import { BridgeConnection } from '../../app/bridge/connection.ts';
import { BridgeLink, type LinkState } from '../../app/bridge/link.ts';
import { createDevice, makeReceipt, recordMac, statementHolds } from '../../app/device.test-support.ts';
import { type Misbehaviour, ScriptedBridge } from '../../app/scripted-bridge.test-support.ts';
import { systemSurroundings } from '../../app/surroundings.ts';
import { until } from '../../app/time.test-support.ts';
import { MAX_LINE_BYTES } from '../../contract/bridge.ts';
import { account } from '../../contract/ids.ts';
import { type BridgeService, ProtocolSession } from '../../sandbox/virtual-pc/bridge/protocol-session.ts';
import { RateLimit } from '../../sandbox/virtual-pc/bridge/rate-limit.ts';
import { SessionSocket } from '../../sandbox/virtual-pc/bridge/session-socket.ts';
import { systemTimers } from '../../sandbox/virtual-pc/bridge/timers.ts';
import { about, check, newPipeName } from './support.ts';

const device = createDevice();
const line = (content: unknown): string => `${JSON.stringify(content)}\n`;

async function startBridge() {
  const bridge = await ScriptedBridge.start(newPipeName(), device, 'https://log.example');
  after(() => bridge.stop());
  const notices: true[] = [];
  const connect = () =>
    BridgeConnection.open({
      pipe: net.connect(bridge.path),
      client: 'check',
      clientVersion: '1.0.0',
      timers: systemSurroundings.timers,
      onJournal: () => notices.push(true),
    });
  return { bridge, connect, notices };
}

about('the client’s end of the pipe', () => {
  check('says hello, reads, acknowledges and carries receipts', async () => {
    const { bridge, connect } = await startBridge();
    bridge.record(700, 'lock', { note: '席を外す ～髙' });
    const connection = await connect();
    assert.equal(connection.hello.device, device.id);
    const journal = bridge.journal.id;
    const read = (after: number) => connection.request('journal.read', { journal, after, limit: 500 });
    const pages = [await read(0), await read(500)];
    assert.deepEqual(
      pages.map(({ through, more }) => [through, more]),
      [
        [500, true],
        [700, false],
      ],
    );
    for (const sealed of pages.flatMap(({ records }) => records)) {
      assert.equal(sealed.mac, recordMac(device, journal, sealed.previousMac, sealed.record));
      assert.match(sealed.record, /席を外す ～髙/);
    }
    assert.deepEqual(await connection.request('journal.acknowledge', { journal, through: 700 }), {
      acknowledgedThrough: 700,
    });
    const receipt = makeReceipt(device, journal, 600);
    assert.deepEqual(await connection.request('receipt', { receipt }), { receivedThrough: 600 });
    assert.equal(bridge.acknowledgedThrough, 700);
    connection.close();
  });

  check('gets a signed ticket and anchor', async () => {
    const { connect } = await startBridge();
    const connection = await connect();
    const { ticket, anchor } = await connection.request('ticket', { nonce: 'n'.repeat(24) });
    assert.ok(statementHolds(device, ticket) && statementHolds(device, anchor));
    connection.close();
  });

  check('takes lines of nearly the longest length, many at a time', async () => {
    const { bridge, connect } = await startBridge();
    bridge.record(122, 'lock', { padding: 'あ'.repeat(2_500) });
    const connection = await connect();
    const journal = bridge.journal.id;
    const pages = await Promise.all(
      Array.from({ length: 12 }, () => connection.request('journal.read', { journal, after: 0, limit: 500 })),
    );
    const bytes = Buffer.byteLength(JSON.stringify(pages[0]));
    assert.ok(bytes > MAX_LINE_BYTES * 0.9 && bytes < MAX_LINE_BYTES, `${bytes} bytes`);
    for (const page of pages) assert.deepEqual(page.records, bridge.journal.records);
    connection.close();
  });

  check('serves eight at once, and tells each that the journal grew', async () => {
    const { bridge, connect, notices } = await startBridge();
    const connections = await Promise.all(Array.from({ length: 8 }, connect));
    bridge.record(3);
    await until(() => notices.length === 8);
    const heads = await Promise.all(connections.map((connection) => connection.request('status', {})));
    assert.ok(heads.every(({ journal }) => journal.headSequence === 3));
    for (const connection of connections) connection.close();
  });

  check('puts an answer together that comes a byte at a time', async () => {
    const { bridge, connect } = await startBridge();
    const connection = await connect();
    bridge.misbehave('sync', (socket, { id }) => {
      const bytes = Buffer.from(line({ id, result: { reached: false, problem: '時計がずれています' } }));
      for (const byte of bytes) socket.write(Buffer.from([byte]));
    });
    assert.deepEqual(await connection.request('sync', {}), { reached: false, problem: '時計がずれています' });
    connection.close();
  });

  const misbehaviours: Record<string, [code: string, Misbehaviour]> = {
    'no JSON': ['malformed-answer', (socket) => socket.write('hello?\n')],
    'bytes that are not UTF-8': [
      'malformed-answer',
      (socket) => socket.write(Buffer.from([0xc3, 0x28, 0x0a])),
    ],
    'a line without end': ['malformed-answer', (socket) => socket.write('x'.repeat(MAX_LINE_BYTES + 1))],
    'an answer to nothing': ['malformed-answer', (socket) => socket.write(line({ id: 999, result: {} }))],
    'an error about the connection': [
      'line-too-long',
      (socket) => socket.write(line({ id: null, error: { code: 'line-too-long', message: '' } })),
    ],
    'half an answer and then the end': ['closed', (socket) => socket.end('{"id":')],
    'a broken pipe': ['closed', (socket) => socket.destroy()],
  };
  for (const [name, [code, how]] of Object.entries(misbehaviours)) {
    check(`is ended by ${name}, and fails what was open`, async () => {
      const { bridge, connect } = await startBridge();
      const [connection, bystander] = [await connect(), await connect()];
      bridge.misbehave('status', how);
      await assert.rejects(connection.request('status', {}), { code });
      assert.equal((await connection.closed).code, code);
      await assert.rejects(connection.request('status', {}), { code });
      assert.equal((await bystander.request('status', {})).registered, true);
      bystander.close();
    });
  }

  check('learns at once that nobody is there', async () => {
    const pipe = net.connect(newPipeName());
    await assert.rejects(
      BridgeConnection.open({
        pipe,
        client: 'check',
        clientVersion: '1.0.0',
        timers: systemSurroundings.timers,
        onJournal: () => undefined,
      }),
      { code: 'closed', message: /ENOENT/ },
    );
  });

  check('is connected again when a bridge that went away is back', async () => {
    const { bridge } = await startBridge();
    const states: LinkState['state'][] = [];
    const link = new BridgeLink({
      ...systemSurroundings,
      connect: () => net.connect(bridge.path),
      client: 'check',
      clientVersion: '1.0.0',
      onState: ({ state }) => states.push(state),
      onJournal: () => undefined,
    });
    const stopping = new AbortController();
    const running = link.run(stopping.signal);
    await until(() => link.current !== null);
    await bridge.stop();
    await until(() => link.current === null);
    await bridge.listen();
    await until(() => link.current !== null);
    assert.deepEqual(states, ['connecting', 'connected', 'connecting', 'connected']);
    stopping.abort();
    await running;
  });
});

about('the bridge’s end of the pipe', () => {
  const service = {
    hello: async () => ({}),
    status: async () => ({ padding: 'x'.repeat(900_000) }),
  } as unknown as BridgeService;

  /** Listens as the virtual PC's bridge does, and talks to it in bare bytes. */
  async function listen(clients = 8, patienceMs = 15_000) {
    const path = newPipeName();
    const newConversation = () =>
      new ProtocolSession({
        account: account.parse({ sid: 'S-1-5-21-1-2-3-1001', domain: 'PC-01', name: '太郎' }),
        service,
        rate: new RateLimit(1_000, 1_000, () => performance.now()),
        onFailure: (error) => assert.fail(String(error)),
      });
    const socket = await SessionSocket.open({
      path,
      newConversation,
      timers: systemTimers,
      limits: { clients, patienceMs },
    });
    after(() => socket.close());
    return () => talker(path);
  }

  const HELLO = line({ id: 1, method: 'hello', params: { versions: [1], client: 'c', clientVersion: '1' } });

  check('answers every line of a client that sends them all at once', async () => {
    const client = await (await listen())();
    client.write(HELLO + line({ id: 2, method: 'status', params: {} }).repeat(5));
    const lines = await client.lines(6);
    assert.ok(lines.slice(1).every((text) => text.length > 900_000));
    client.end();
  });

  for (const [name, sent, code] of [
    ['a line that is too long', Buffer.alloc(MAX_LINE_BYTES + 1, 'x'), 'line-too-long'],
    ['garbage', Buffer.from([0, 0xff, 0xfe, 0x0a]), 'malformed-message'],
    ['JSON that is no request', Buffer.from('[]\n'), 'malformed-message'],
  ] as const) {
    check(`says ${code} to ${name}, closes, and goes on with others`, async () => {
      const connect = await listen();
      const [rude, polite] = [await connect(), await connect()];
      rude.write(sent);
      assert.match((await rude.lines(1))[0] ?? '', new RegExp(code));
      await rude.closed;
      polite.write(HELLO);
      assert.deepEqual(JSON.parse((await polite.lines(1))[0] ?? ''), { id: 1, result: {} });
      polite.end();
    });
  }

  check('turns a client away when there are too many, and takes one when one has gone', async () => {
    const connect = await listen(2);
    const [first, second] = [await connect(), await connect()];
    for (const client of [first, second]) {
      client.write(HELLO);
      await client.lines(1);
    }
    const third = await connect();
    assert.match((await third.lines(1))[0] ?? '', /too-many-requests/);
    await third.closed;
    first.end();
    // The bridge hears of it a moment later than the client that left.
    const greetedNow = async () => {
      const next = await connect();
      next.write(HELLO);
      const [answer = ''] = await next.lines(1);
      next.end();
      return answer.includes('result');
    };
    while (!(await greetedNow())) await new Promise(setImmediate);
    second.end();
  });

  check('is done with a client that says nothing, or vanishes in the middle of a line', async () => {
    const connect = await listen(8, 300);
    const silent = await connect();
    await silent.closed;
    const vanishing = await connect();
    vanishing.write('{"id":1,"meth');
    vanishing.destroy();
    const polite = await connect();
    polite.write(HELLO);
    assert.equal((await polite.lines(1)).length, 1);
    polite.end();
  });
});

/** One end of a pipe, in bare lines. */
async function talker(path: string) {
  const socket = net.connect(path);
  socket.setEncoding('utf8');
  let said = '';
  socket.on('data', (text: string) => {
    said += text;
  });
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const whole = () => said.split('\n').slice(0, -1);
  return {
    closed,
    write: (bytes: string | Buffer) => socket.write(bytes),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
    /** The first lines, once there are so many. */
    async lines(count: number): Promise<string[]> {
      await until(() => whole().length >= count);
      return whole().slice(0, count);
    },
  };
}
