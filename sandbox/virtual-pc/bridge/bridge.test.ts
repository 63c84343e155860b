import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedServer } from '../scripted-server.test-support.ts';
import {
  bridgeOptions,
  HANAKO,
  HeldTime,
  sessionOf,
  signalOf,
  TARO,
  temporaryDirectory,
} from './bridge.test-support.ts';
import { Bridge, type BridgeOptions } from './bridge.ts';
import { durableFiles } from './durable-file.ts';
import type { BridgeState, RecordedEvent } from './hardware-messages.ts';

let directory: string;
let remove: () => Promise<void>;
let server: ScriptedServer;
let time: HeldTime;
let recorded: RecordedEvent[];
let state: BridgeState | null;
const running: Bridge[] = [];

beforeEach(async () => {
  ({ directory, remove } = await temporaryDirectory());
  server = await ScriptedServer.start();
  time = new HeldTime();
  recorded = [];
  state = null;
});
afterEach(async () => {
  for (const bridge of running.splice(0)) await bridge.stop(0);
  await server.close();
  await remove();
});

async function start(more: Partial<BridgeOptions> = {}): Promise<Bridge> {
  const bridge = await Bridge.start({
    ...bridgeOptions(directory, server.origin, time),
    onRecorded: (event) => recorded.push(event),
    onState: (now) => {
      state = now;
    },
    ...more,
  });
  running.push(bridge);
  return bridge;
}

/** The power goes: nothing more of this bridge reaches the disk or the network. */
async function powerCut(bridge: Bridge): Promise<void> {
  running.splice(running.indexOf(bridge), 1);
  await bridge.stop(0);
}

const journalFile = () => path.join(directory, 'journal.jsonl');
const kinds = () => recorded.map(({ kind }) => kind);
const taro = () => sessionOf(directory, TARO);
const hanako = () => sessionOf(directory, HANAKO);

test('a signal told twice is recorded once', async () => {
  const bridge = await start();
  const logon = signalOf('logon', taro());
  await bridge.signal(logon);
  await bridge.signal(logon);
  await powerCut(bridge);
  await (await start({ sessions: [taro()] })).signal(logon);
  expect(kinds()).toEqual(['logon']);
});

test('a session that a power cut ended is logged off at the last sign of life, before anything else', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', taro()));
  time.pass(5_000);
  await expect.poll(() => readFile(path.join(directory, 'heartbeat.json'), 'utf8')).toContain('00:00:05');
  const runBefore = (await readRecord(-1)).clock;
  await powerCut(bridge);
  time.pass(3_600_000);
  const next = await start();
  await next.signal(signalOf('startup', null));
  expect(recorded.slice(1)).toMatchObject([
    { kind: 'logoff', source: 'reconciled', initiator: 'system', occurredAt: '2026-06-01T00:00:05.000Z' },
    { kind: 'startup', occurredAt: '2026-06-01T01:00:05.000Z' },
  ]);
  expect((await readRecord(-2)).clock).toEqual({ bootId: runBefore.bootId, uptimeMs: 5_000 });
});

test('a service restarted inside a session logs nobody off and on', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', taro()));
  await powerCut(bridge);
  await start({ sessions: [taro()] });
  expect(kinds()).toEqual(['logon']);
});

test('a session is still known to be open after its logon was compacted away', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', hanako()));
  for (let n = 0; n < 40; n += 1) await bridge.signal(signalOf('lock', taro()));
  await syncNow(bridge);
  expect(
    (await readFile(journalFile(), 'utf8')).split('\n').filter((line) => line.includes('"logon')),
  ).toHaveLength(0);
  await powerCut(bridge);
  await start();
  expect(recorded.slice(-2)).toMatchObject([
    { kind: 'logoff', source: 'reconciled', account: HANAKO },
    { kind: 'logoff', source: 'reconciled', account: TARO },
  ]);
});

test('the wall clock may be moved; the run’s own clock goes on and a resume begins another', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', taro()));
  time.pass(1_000);
  bridge.setClock(-86_400_000);
  await bridge.signal(signalOf('clock-change', null));
  const [before, moved] = [await readRecord(0), await readRecord(1)];
  expect(moved.occurredAt).toBe('2026-05-31T00:00:01.000Z');
  expect(moved.clock).toEqual({ bootId: before.clock.bootId, uptimeMs: before.clock.uptimeMs + 1_000 });
  await bridge.signal(signalOf('suspend', taro()));
  time.pass(1_000);
  await bridge.signal(signalOf('resume', taro()));
  const resumed = await readRecord(3);
  expect(resumed.clock.bootId).not.toBe(before.clock.bootId);
  expect(resumed.clock.uptimeMs).toBe(0);
});

test('reports by itself what concerns the machine, and soon after a logoff what its tray left', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('startup', null));
  time.pass(2_000);
  await expect.poll(() => server.kinds).toEqual(['startup']);
  await bridge.signal(signalOf('logon', taro()));
  await bridge.signal(signalOf('logoff', taro()));
  time.pass(1_000);
  await expect.poll(() => server.kinds).toEqual(['startup', 'logon', 'logoff']);
  await expect.poll(() => state?.receivedThrough).toBe(3);
});

test('a client that acknowledges everything and loses its queue loses nothing', async () => {
  const bridge = await start();
  await syncNow(bridge);
  const session = taro();
  await bridge.signal(signalOf('logon', session));
  await bridge.signal(signalOf('lock', session));
  const { journal, headSequence } = bridge.state;
  const ask = (id: number, method: string, params: object) => `${JSON.stringify({ id, method, params })}\n`;
  const client = connect(session.path);
  client.write(
    ask(1, 'hello', { versions: [1], client: 'hostile', clientVersion: '1' }) +
      ask(2, 'journal.acknowledge', { journal, through: headSequence }),
  );
  await expect.poll(() => state?.acknowledged[TARO.sid]).toBe(2);
  client.destroy();
  expect(server.arrived).toEqual([]);
  time.pass(180_000);
  await expect.poll(() => server.kinds).toEqual(['logon', 'lock']);
});

test('keeps trying, ever more slowly, until the server takes the events', async () => {
  server.refuseWith = 'unavailable';
  const bridge = await start();
  await bridge.signal(signalOf('startup', null));
  time.pass(2_000);
  await expect.poll(() => state?.lastProblem).toBe('unavailable');
  server.refuseWith = null;
  time.pass(999);
  expect(server.arrived).toEqual([]);
  time.pass(1);
  await expect.poll(() => server.kinds).toEqual(['startup']);
  await expect.poll(() => state?.lastProblem).toBeNull();
});

test('registers again with a server that has forgotten the device', async () => {
  const bridge = await start();
  await syncNow(bridge);
  server.devices.clear();
  await bridge.signal(signalOf('startup', null));
  time.pass(2_000);
  await expect.poll(() => state?.lastProblem).toBe('unknown-device');
  time.pass(1_000);
  await expect.poll(() => server.kinds).toEqual(['startup']);
});

test('sends nothing while the PC sleeps', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', taro()));
  await bridge.signal(signalOf('suspend', taro()));
  time.pass(10_000_000);
  await bridge.signal(signalOf('resume', taro()));
  expect(server.arrived).toEqual([]);
  time.pass(2_000);
  await expect.poll(() => server.kinds).toEqual(['logon', 'suspend']);
  time.pass(180_000);
  await expect.poll(() => server.kinds).toEqual(['logon', 'suspend', 'resume']);
});

test('leaves a session’s fresh records to its tray, and sends them when that does not', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', taro()));
  await bridge.signal(signalOf('clock-change', null));
  time.pass(2_000);
  await expect.poll(() => server.kinds).toEqual(['clock-change']);
  await expect.poll(() => state?.lastSyncAt).not.toBeNull();
  time.pass(180_000);
  await expect.poll(() => server.kinds).toEqual(['logon', 'clock-change']);
});

test('an upload answered without receipts compacts nothing', async () => {
  server.withholdReceipts = true;
  const bridge = await start();
  for (let n = 0; n < 40; n += 1) await bridge.signal(signalOf('lock', taro()));
  const before = await readFile(journalFile(), 'utf8');
  await syncNow(bridge);
  expect(server.arrived).toHaveLength(40);
  expect(await readFile(journalFile(), 'utf8')).toBe(before);
});

test('a receipt compacts up to itself, keeps the head, and the chain goes on over a restart', async () => {
  const bridge = await start();
  for (let n = 0; n < 40; n += 1) await bridge.signal(signalOf('lock', taro()));
  await syncNow(bridge);
  const lines = (await readFile(journalFile(), 'utf8')).trim().split('\n');
  expect(lines.length - 1).toBe(32);
  await powerCut(bridge);
  const next = await start({ sessions: [taro()] });
  await next.signal(signalOf('unlock', taro()));
  await syncNow(next);
  expect(server.arrived.map(({ event }) => event.sequence)).toEqual(
    Array.from({ length: 41 }, (_, n) => n + 1),
  );
});

test('a damaged journal is set aside, a new one begun, and what can be read of the old one is sent', async () => {
  const bridge = await start();
  for (const kind of ['logon', 'lock', 'unlock']) await bridge.signal(signalOf(kind, taro()));
  await powerCut(bridge);
  const lines = (await readFile(journalFile(), 'utf8')).split('\n');
  await writeFile(journalFile(), lines.with(2, (lines[2] ?? '').replace('lock', 'lick')).join('\n'));
  const next = await start({ sessions: [taro()] });
  expect(next.state.setAside).toMatch(/journal\.damaged-/);
  expect(next.state.headSequence).toBe(0);
  await next.signal(signalOf('lock', taro()));
  await syncNow(next);
  expect(server.arrived.map(({ event }) => [event.kind, event.sequence])).toEqual([
    ['logon', 1],
    ['lock', 1],
  ]);
  expect((await readdir(directory)).filter((name) => name.startsWith('journal.reported-'))).toHaveLength(1);
});

test('a journal that lost records others had seen is not continued: no sequence is used twice', async () => {
  const bridge = await start();
  await bridge.signal(signalOf('logon', taro()));
  const early = await readFile(journalFile());
  await bridge.signal(signalOf('lock', taro()));
  await syncNow(bridge);
  const { journal } = bridge.state;
  await powerCut(bridge);
  await writeFile(journalFile(), early);
  expect((await start({ sessions: [taro()] })).state.journal).not.toBe(journal);
});

test('a full disk loses no event: it is recorded when there is room, in order', async () => {
  let full = false;
  const failures: unknown[] = [];
  const bridge = await start({
    onFailure: (error) => failures.push(error),
    files: {
      ...durableFiles,
      async openForAppend(file) {
        const real = await durableFiles.openForAppend(file);
        return {
          ...real,
          async append(bytes, position) {
            if (!full) return real.append(bytes, position);
            await real.append(bytes.subarray(0, 20), position);
            throw new Error('ENOSPC: no space left on device');
          },
        };
      },
    },
  });
  await bridge.signal(signalOf('logon', taro()));
  full = true;
  const waiting = [bridge.signal(signalOf('lock', taro())), bridge.signal(signalOf('unlock', taro()))];
  await expect.poll(() => failures.length).toBe(1);
  expect(kinds()).toEqual(['logon']);
  full = false;
  time.pass(1_000);
  await Promise.all(waiting);
  await powerCut(bridge);
  const next = await start({ sessions: [taro()] });
  expect(next.recent(10).map(({ kind }) => kind)).toEqual(['logon', 'lock', 'unlock']);
});

test('the device stays the same over restarts and its secrets are its owner’s only', async () => {
  const bridge = await start();
  const { device } = bridge.state;
  await powerCut(bridge);
  expect((await start()).state.device).toBe(device);
  const { mode } = await stat(path.join(directory, 'device.json'));
  expect(mode & 0o777).toBe(0o600);
});

async function syncNow(bridge: Bridge): Promise<void> {
  expect(await bridge.reportNow()).toEqual({ reached: true, problem: null });
}

async function readRecord(at: number) {
  const lines = (await readFile(journalFile(), 'utf8')).trim().split('\n').slice(1);
  return JSON.parse(JSON.parse(lines.at(at) ?? '').record);
}
