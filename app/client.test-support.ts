import net from 'node:net';
import path from 'node:path';
import type Sqlite from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { type Client, createClient } from './client.ts';
import { createDevice, idOf } from './device.test-support.ts';
import { testFolder } from './folder.test-support.ts';
import { createHttp } from './http.ts';
import { ScriptedBridge } from './scripted-bridge.test-support.ts';
import { ScriptedServer } from './scripted-server.test-support.ts';
import type { ClientStatus } from './status/status.ts';
import type { ClientStep } from './steps.ts';
import { type TestTime, testTime, until } from './time.test-support.ts';

export interface World {
  bridge: ScriptedBridge;
  server: ScriptedServer;
  time: TestTime;
  databaseFile: string;
  /** Steps of all clients of this world. */
  steps: ClientStep[];
  newClient(options?: { openDatabase?: (file: string) => Sqlite.Database }): Client;
}

export async function world({ registered = true } = {}): Promise<World> {
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

export const allIds = ({ bridge }: World) => bridge.journal.records.map(idOf);
/** Everything recorded is at the server, and the bridge knows it. */
export const done = (w: World) =>
  w.server.stored.length >= w.bridge.journal.records.length &&
  w.bridge.receivedThrough === w.bridge.journal.records.length;
export const seen = (client: Client, wanted: (status: ClientStatus) => boolean) =>
  until(() => wanted(client.status));
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** Lets the announced wait end, and no more: whoever is asked after it must not find that hours have passed. */
export async function waitOut({ time }: World, client: Client): Promise<void> {
  const waitMs = Date.parse(client.status.server.nextAttemptAt ?? '') - time.clock.now();
  // A wait has a first part that new events do not end.
  const restMs = Math.min(waitMs, 5_000);
  time.pass(restMs);
  await turn();
  time.pass(waitMs - restMs);
}
