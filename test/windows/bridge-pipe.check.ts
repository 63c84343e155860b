/**
 * The addon's way to the bridge: who is let be the bridge, and what goes over the descriptor it gives. Under Wine nobody is the system:
 * the shipping build must refuse everybody there, and the build for tests is told which process to take for the service.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, afterEach } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BridgeConnection } from '../../app/bridge/connection.ts';
import { BridgeLink, type LinkState } from '../../app/bridge/link.ts';
import { bridgeOpener } from '../../app/bridge/open-pipe.ts';
import { createDevice } from '../../app/device.test-support.ts';
import { ScriptedBridge } from '../../app/scripted-bridge.test-support.ts';
import { systemSurroundings } from '../../app/surroundings.ts';
import { until } from '../../app/time.test-support.ts';
import { compiledAddon, loadLogonCore } from '../../native/addon/index.ts';
import { about, builtForTests, check, loadCoreUnderTest, newPipeName, windowsOf } from './support.ts';

const shipping = windowsOf(loadLogonCore());
const underTest = windowsOf(loadCoreUnderTest());
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterEach(() => {
  delete process.env['SYSTEMLOG_TEST_BRIDGE'];
});

/** From now on the build for tests takes this for the service. */
const theServiceIs = (who: number | 'any'): void => {
  process.env['SYSTEMLOG_TEST_BRIDGE'] = String(who);
};
const openTo = (name: string) => bridgeOpener({ path: name, loadCore: loadCoreUnderTest })();

/** A pipe server in C++: native/addon/under_test/pipe_server.cpp. */
async function startServer(how: 'echo' | 'single') {
  const name = newPipeName();
  const child = spawn(builtForTests('pipe_server.exe') ?? '', [name, how], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.add(child);
  const pid = child.pid ?? 0;
  await once(child.stdout, 'data');
  return { name, pid, kill: () => child.kill('SIGKILL') };
}

/** Sends bytes, gets as many back. */
async function echoed(pipe: NodeJS.ReadWriteStream, bytes: Buffer): Promise<Buffer> {
  const got: Buffer[] = [];
  let length = 0;
  const all = new Promise<void>((resolve, reject) => {
    pipe.on('data', (chunk: Buffer) => {
      got.push(chunk);
      length += chunk.length;
      if (length >= bytes.length) resolve();
    });
    pipe.once('close', () => reject(new Error(`closed after ${length} bytes`)));
  });
  pipe.write(bytes);
  await all;
  return Buffer.concat(got);
}

/** A server in this Node that keeps what it was sent. */
async function listen(onClient: (socket: net.Socket) => void) {
  const name = newPipeName();
  const server = net.createServer(onClient).listen(name);
  await once(server, 'listening');
  after(() => void server.close());
  return name;
}

about('who is let be the bridge', () => {
  check('nobody: the pipe is absent', async () => {
    await assert.rejects(shipping.openBridge(newPipeName(), 1_000), { code: 'bridge-absent' });
    await assert.rejects(openTo(newPipeName()), { name: 'BridgeError', code: 'bridge-absent' });
  });

  for (const name of [
    String.raw`\\server\pipe\systemlog-client`,
    String.raw`C:\pipe`,
    '',
    `${String.raw`\\.\pipe\x`}\0y`,
  ]) {
    check(`nobody by the name of ${JSON.stringify(name)}`, async () => {
      await assert.rejects(shipping.openBridge(name, 0), { code: 'invalid-argument' });
    });
  }

  check('no file, though its name looks like a pipe’s', async () => {
    const file = String.raw`\\.\pipe\..\C:\windows\win.ini`;
    await assert.rejects(shipping.openBridge(file, 0), { name: 'CoreError' });
  });

  for (const told of [null, 'any'] as const) {
    check(`not a user's program, which is not sent a byte${told ? ', whatever is said' : ''}`, async () => {
      if (told) theServiceIs(told);
      const got: unknown[] = [];
      const name = await listen((socket) => {
        socket
          .on('data', (bytes) => got.push(bytes))
          .on('end', () => got.push('end'))
          .on('error', () => got.push('end'));
      });
      await assert.rejects(shipping.openBridge(name, 1_000), { code: 'bridge-not-trusted' });
      await until(() => got.length > 0);
      assert.deepEqual(got, ['end']);
      const server = await startServer('echo');
      await assert.rejects(shipping.openBridge(server.name, 1_000), { code: 'bridge-not-trusted' });
      server.kill();
    });
  }

  check('only the process that is the service, for the build for tests', async () => {
    const server = await startServer('echo');
    await assert.rejects(underTest.openBridge(server.name, 1_000), { code: 'bridge-not-trusted' });
    theServiceIs(process.pid);
    await assert.rejects(openTo(server.name), { name: 'BridgeError', code: 'bridge-not-trusted' });
    theServiceIs(server.pid);
    (await openTo(server.name)).destroy();
    server.kill();
  });

  check('nobody can be told to the build that ships', () => {
    const seam = Buffer.from('SYSTEMLOG_TEST_BRIDGE', 'utf16le');
    assert.equal(readFileSync(compiledAddon).includes(seam), false);
    assert.equal(readFileSync(builtForTests('systemlog-under-test.node') ?? '').includes(seam), true);
  });

  check('refused arguments are TypeErrors', async () => {
    await assert.rejects(shipping.openBridge(7 as unknown as string, 0), TypeError);
    await assert.rejects(shipping.openBridge(newPipeName(), 30_001), TypeError);
  });
});

about('the descriptor of the bridge’s pipe', () => {
  check('carries a megabyte both ways, to C++ and to Node', async () => {
    theServiceIs('any');
    const bytes = randomBytes(1024 * 1024);
    const server = await startServer('echo');
    const pipe = await openTo(server.name);
    assert.ok((await echoed(pipe, bytes)).equals(bytes));
    pipe.destroy();
    server.kill();
    const inNode = await openTo(
      await listen((socket) => void socket.pipe(socket).on('error', () => undefined)),
    );
    assert.ok((await echoed(inNode, bytes)).equals(bytes));
    inNode.destroy();
  });

  check('is one of many at once', async () => {
    const server = await startServer('echo');
    theServiceIs(server.pid);
    const pipes = await Promise.all(Array.from({ length: 8 }, () => openTo(server.name)));
    await Promise.all(
      pipes.map(async (pipe) => {
        const bytes = randomBytes(50_000);
        assert.ok((await echoed(pipe, bytes)).equals(bytes));
      }),
    );
    for (const pipe of pipes) pipe.destroy();
    server.kill();
  });

  check('is closed with its socket, and free again', async () => {
    theServiceIs('any');
    let here = 0;
    const name = await listen((socket) => {
      here++;
      socket
        .on('close', () => here--)
        .on('error', () => undefined)
        .resume();
    });
    const first = await underTest.openBridge(name, 1_000);
    new net.Socket({ fd: first }).destroy();
    // More than a process may have descriptors.
    for (let n = 0; n < 2_100; n += 20) {
      await Promise.all(Array.from({ length: 20 }, async () => (await openTo(name)).destroy()));
    }
    await until(() => here === 0);
    const last = await underTest.openBridge(name, 1_000);
    assert.ok(last < first + 25, `${first}, after 2,100 others ${last}`);
    new net.Socket({ fd: last }).destroy();
  });

  check('waits for a free instance, but not for ever', async () => {
    const server = await startServer('single');
    theServiceIs(server.pid);
    const holder = await openTo(server.name);
    const startedMs = performance.now();
    await assert.rejects(underTest.openBridge(server.name, 300), { code: 'bridge-busy' });
    assert.ok(performance.now() - startedMs >= 290);
    const second = underTest.openBridge(server.name, 20_000);
    let opened = false;
    second.then(
      () => {
        opened = true;
      },
      () => undefined,
    );
    await pause(100);
    assert.equal(opened, false);
    holder.destroy();
    new net.Socket({ fd: await second }).destroy();
    server.kill();
  });

  check('ends with a server that is killed', async () => {
    const server = await startServer('echo');
    theServiceIs(server.pid);
    const pipe = await openTo(server.name);
    pipe.on('error', () => undefined).resume();
    await echoed(pipe, Buffer.from('x'));
    const closed = once(pipe, 'close');
    server.kill();
    await closed;
    await assert.rejects(openTo(server.name), { code: 'bridge-absent' });
  });
});

about('the client over the addon’s pipe', () => {
  const device = createDevice();
  const startBridge = async () => {
    theServiceIs(process.pid);
    const bridge = await ScriptedBridge.start(newPipeName(), device, 'https://log.example');
    after(() => bridge.stop());
    return bridge;
  };
  const connect = async (name: string) =>
    BridgeConnection.open({
      pipe: await openTo(name),
      client: 'check',
      clientVersion: '1.0.0',
      timers: systemSurroundings.timers,
      onJournal: () => undefined,
    });

  check('says hello and reads', async () => {
    const bridge = await startBridge();
    bridge.record(700, 'lock', { note: '席を外す ～髙' });
    const connection = await connect(bridge.path);
    const journal = bridge.journal.id;
    const page = await connection.request('journal.read', { journal, after: 200, limit: 500 });
    assert.deepEqual(page.records, bridge.journal.records.slice(200));
    connection.close();
  });

  check('learns of a bridge that ends in the middle of a line', async () => {
    const bridge = await startBridge();
    const connection = await connect(bridge.path);
    bridge.misbehave('status', (socket) => socket.end('{"id":'));
    await assert.rejects(connection.request('status', {}), { code: 'closed' });
  });

  check('says why it is not connected, and is connected when the bridge has come', async () => {
    const name = newPipeName();
    theServiceIs(process.pid);
    const states: LinkState[] = [];
    const link = new BridgeLink({
      ...systemSurroundings,
      connect: bridgeOpener({ path: name, loadCore: loadCoreUnderTest }),
      client: 'check',
      clientVersion: '1.0.0',
      onState: (state) => states.push(state),
      onJournal: () => undefined,
    });
    const stopping = new AbortController();
    const linked = link.run(stopping.signal);
    await until(() => states.length === 2);
    assert.deepEqual(states[1], { state: 'connecting', problem: 'bridge-absent' });
    const bridge = await ScriptedBridge.start(name, device, 'https://log.example');
    await until(() => link.current !== null);
    stopping.abort();
    await linked;
    await bridge.stop();
  });
});
