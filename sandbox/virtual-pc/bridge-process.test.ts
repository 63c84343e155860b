import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HANAKO, sessionOf, signalOf, TARO, temporaryDirectory } from './bridge/bridge.test-support.ts';
import { REPORTING_DELAYS } from './bridge/reporter.ts';
import { BridgeGone, BridgeProcess } from './bridge-process.ts';
import { Cable } from './cable.ts';
import { ScriptedServer } from './scripted-server.test-support.ts';

let directory: string;
const undo: (() => Promise<unknown>)[] = [];
let server: ScriptedServer;
let cable: Cable;
let bridge: BridgeProcess;
let onRecorded: (kind: string) => void;

beforeEach(async () => {
  const temporary = await temporaryDirectory();
  directory = temporary.directory;
  undo.push(temporary.remove);
  server = await ScriptedServer.start();
  undo.push(() => server.close());
  cable = await Cable.lay(server.origin);
  undo.push(() => cable.close());
  const log = await open(path.join(directory, 'bridge.log'), 'a');
  undo.push(() => log.close());
  onRecorded = () => undefined;
  bridge = new BridgeProcess({
    config: {
      directory,
      server: server.origin,
      company: 'abc123',
      accessToken: 'A'.repeat(32),
      name: 'PC-01',
      timeZone: 'Asia/Tokyo',
      proxy: cable.url,
      accounts: [TARO, HANAKO],
      delays: { ...REPORTING_DELAYS, sessionEndMs: 100, machineMs: 100, heartbeatMs: 100 },
    },
    log: log.fd,
    onRecorded: ({ kind }) => onRecorded(kind),
    onState: () => undefined,
  });
  undo.push(() => bridge.stop(0));
  await bridge.start(0);
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function journal(): Promise<{ id: string; kind: string; source: string; sequence: number }[]> {
  const lines = (await readFile(path.join(directory, 'journal.jsonl'), 'utf8')).trim().split('\n').slice(1);
  return lines.map((line) => JSON.parse(JSON.parse(line).record));
}

test('a service killed between writing a record and confirming it records every event once, in order', async () => {
  cable.carries = false;
  const ids: string[] = [];
  let restarted = Promise.resolve();
  for (const round of [0, 1, 2, 3]) {
    const taro = sessionOf(directory, TARO, round);
    const signals = ['logon', 'lock', 'logoff'].map((kind) => signalOf(kind, taro));
    ids.push(...signals.map(({ id }) => id));
    const fatal = ['logon', 'logoff', 'lock', 'logoff'][round];
    onRecorded = (kind) => {
      if (kind !== fatal) return;
      onRecorded = () => undefined;
      restarted = bridge.killService();
    };
    await Promise.all(signals.map((signal) => bridge.signal(signal)));
    await restarted;
  }
  const records = await journal();
  expect(records.map(({ id }) => id)).toEqual(ids);
  expect(records.map(({ sequence }) => sequence)).toEqual(ids.map((_, index) => index + 1));
});

test('whenever the plug is pulled, the journal opens again and holds all that was confirmed', async () => {
  cable.carries = false;
  const confirmed: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.nat(12), async (delayMs) => {
      const taro = sessionOf(directory, TARO, confirmed.length);
      const told = ['logon', 'lock', 'unlock', 'lock'].map((kind) => signalOf(kind, taro));
      const telling = Promise.allSettled(
        told.map((signal) => bridge.signal(signal).then(() => confirmed.push(signal.id))),
      );
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await bridge.kill();
      await telling;
      await bridge.start(0);
      const records = await journal();
      expect(records.map(({ id }) => id)).toEqual(expect.arrayContaining(confirmed));
      expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index + 1));
    }),
    { numRuns: 6 },
  );
});

test('after the plug was pulled, open sessions are logged off in the journal and all of it reaches the server', async () => {
  await bridge.signal(signalOf('logon', sessionOf(directory, TARO)));
  await bridge.signal(signalOf('logon', sessionOf(directory, HANAKO)));
  await bridge.kill();
  await expect(bridge.signal(signalOf('lock', sessionOf(directory, TARO)))).rejects.toThrow(BridgeGone);
  await bridge.start(0);
  await expect.poll(() => server.kinds).toEqual(['logon', 'logon', 'logoff', 'logoff']);
  expect((await journal()).slice(2).map(({ source }) => source)).toEqual(['reconciled', 'reconciled']);
});

test('without network it records on, and sends when the cable is back', async () => {
  cable.carries = false;
  await bridge.signal(signalOf('startup', null));
  await bridge.signal(signalOf('logon', sessionOf(directory, TARO)));
  await bridge.signal(signalOf('logoff', sessionOf(directory, TARO)));
  expect(server.devices.size).toBe(0);
  cable.carries = true;
  bridge.networkUp();
  await expect.poll(() => server.kinds).toEqual(['startup', 'logon', 'logoff']);
});

test('at shutdown it reports what is left before it ends', async () => {
  await bridge.signal(signalOf('shutdown', null));
  await bridge.stop(5_000);
  expect(server.kinds).toEqual(['shutdown']);
  expect(bridge.running).toBe(false);
});
