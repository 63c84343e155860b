import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeldTime, TARO, temporaryDirectory } from './bridge.test-support.ts';
import type { BridgeService } from './protocol-session.ts';
import { ProtocolSession } from './protocol-session.ts';
import { RateLimit } from './rate-limit.ts';
import { SessionSocket } from './session-socket.ts';

const HELLO = '{"id":1,"method":"hello","params":{"versions":[1],"client":"t","clientVersion":"1"}}\n';
const PATIENCE_MS = 1_000;

let time: HeldTime;
let socketPath: string;
const undo: (() => unknown)[] = [];

/** A bridge of which only the greeting and one very long answer are of interest. */
const service = {
  hello: async () => ({}),
  status: async () => ({ padding: 'x'.repeat(900_000) }),
} as unknown as BridgeService;

beforeEach(async () => {
  const { directory, remove } = await temporaryDirectory();
  time = new HeldTime();
  socketPath = path.join(directory, 's.sock');
  const socket = await SessionSocket.open({
    path: socketPath,
    newConversation: () =>
      new ProtocolSession({
        account: TARO,
        service,
        rate: new RateLimit(1_000, 1, () => time.monotonicMs),
        onFailure: (error) => {
          throw error;
        },
      }),
    timers: time,
    limits: { clients: 2, patienceMs: PATIENCE_MS },
  });
  undo.push(remove, () => socket.close());
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Client {
  socket: Socket;
  heard: () => string;
  closed: () => boolean;
}

async function client(): Promise<Client> {
  const socket = connect(socketPath);
  let heard = '';
  let closed = false;
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
  });
  socket
    .on('error', () => undefined)
    .on('close', () => {
      closed = true;
    });
  undo.push(() => socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, heard: () => heard, closed: () => closed };
}

/** A client that said hello; the bridge has nothing left to wait for from it. */
async function greeted(): Promise<Client> {
  const one = await client();
  one.socket.write(HELLO);
  await expect.poll(one.heard).toContain('"result"');
  return one;
}

test('a client that says nothing is not waited for for ever; one that said hello may be silent', async () => {
  const polite = await greeted();
  const silent = await client();
  await expect.poll(() => time.waiting).toBe(1);
  time.pass(PATIENCE_MS);
  await expect.poll(silent.closed).toBe(true);
  time.pass(PATIENCE_MS * 1_000);
  polite.socket.write(HELLO);
  await expect.poll(() => polite.heard().split('\n').length).toBe(3);
});

test('a client that does not end the line it began is let go', async () => {
  const one = await greeted();
  one.socket.write('{"id":2,');
  await expect.poll(() => time.waiting).toBe(1);
  time.pass(PATIENCE_MS);
  await expect.poll(one.closed).toBe(true);
});

test('a client that does not take its answers is let go, and gets no more work done', async () => {
  const one = await greeted();
  one.socket.pause();
  for (let id = 2; id < 20; id += 1) one.socket.write(`{"id":${id},"method":"status","params":{}}\n`);
  await expect.poll(() => time.waiting).toBe(1);
  time.pass(PATIENCE_MS);
  one.socket.resume();
  await expect.poll(one.closed).toBe(true);
  expect(one.heard().split('\n').length).toBeLessThan(18);
});

test('one client more than a session may have is told so and turned away; the others go on', async () => {
  const first = await greeted();
  await greeted();
  const third = await client();
  await expect.poll(third.closed).toBe(true);
  expect(third.heard()).toContain('too-many-requests');
  first.socket.write(HELLO);
  await expect.poll(() => first.heard().split('\n').length).toBe(3);
});
