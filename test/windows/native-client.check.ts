/**
 * An event's whole way in the binaries of Windows: the C++ bridge's journal, its pipe as the addon opens it, the client's queue, the
 * server in the Node of the machine around (`server.ts`), which loses answers. Bridge and client are ended by TerminateProcess at random
 * moments.
 */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BridgeConnection } from '../../app/bridge/connection.ts';
import { bridgeOpener } from '../../app/bridge/open-pipe.ts';
import { systemSurroundings } from '../../app/surroundings.ts';
import { sessionEvent } from '../../contract/event.ts';
import { account } from '../../contract/ids.ts';
import { NativeBridge, type NativeSession } from '../conformance/native-bridge.ts';
import { ClientProcess } from './client-process.ts';
import type { CheckServer } from './server.ts';
import { about, builtForTests, check, loadCoreUnderTest, newPipeName, scratchFolder } from './support.ts';
import { assertWhole } from './whole-way.ts';

/** So many rounds of kills, or as many as fit into this time, in milliseconds. */
const ROUNDS = 12;
const ROUNDS_MS = 30_000;
/** Kills fall into this time after the client's first word, in milliseconds. */
const WORK_MS = 400;
const START_MS = 30_000;
const DRAIN_MS = 90_000;
/** Between two events, at most, in milliseconds. */
const EVENT_MS = 20;
const LAST_EVENTS = 20;
const REGISTER_TRIES = 10;
const given = process.env['SYSTEMLOG_SERVER'] ?? 'null';
process.env['SYSTEMLOG_TEST_BRIDGE'] = 'any';

const folder = scratchFolder();
const database = path.join(folder, 'キュー', 'queue.db');
const logFile = path.join(folder, 'failures.log');
const log = openSync(logFile, 'a');
const session: NativeSession = {
  id: 1,
  account: account.parse({ sid: 'S-1-5-21-1-2-3-1001', domain: 'PC-01', name: '田中 太郎' }),
  pipe: newPipeName(),
};
let client: ClientProcess | null = null;
let bridge: NativeBridge | null = null;
after(async () => {
  recording = false;
  client?.abandon();
  await bridge?.kill();
  closeSync(log);
});

/** How far the bridges confirmed the journal to reach, and how many events they were told of. */
let confirmed = 0;
let told = 0;
let recording = true;

function startClient(): void {
  client = new ClientProcess({ pipe: session.pipe, database, log });
}

async function startBridge({ origin, companyCode, accessToken }: CheckServer, first: boolean): Promise<void> {
  bridge = await NativeBridge.start({
    program: builtForTests('../test/bridge_under_test.exe') ?? '',
    folder: path.join(folder, 'bridge'),
    setup: { server: origin, company: companyCode, accessToken },
    sessions: first ? [] : [session],
    bootId: 'one-boot',
  });
}

/** Has events recorded until it is enough, by whichever bridge there is. */
async function record(): Promise<void> {
  for (let locked = false; recording; locked = !locked) {
    const to = bridge;
    if (!to) {
      await pause(5);
      continue;
    }
    told++;
    const head = await to.session(locked ? 'unlock' : 'lock', session).catch(() => null);
    if (head !== null) {
      // A lock that a killed bridge had not recorded is followed by an unlock of what is not locked, which is no event.
      assert.ok(head >= confirmed, `the journal reached ${confirmed}, and then ${head}`);
      confirmed = head;
    }
    await pause(Math.random() * EVENT_MS);
  }
}

const talk = async (): Promise<BridgeConnection> =>
  BridgeConnection.open({
    pipe: await bridgeOpener({ path: session.pipe, loadCore: loadCoreUnderTest })(),
    client: 'check',
    clientVersion: '1.0.0',
    timers: systemSurroundings.timers,
    onJournal: () => undefined,
  });

async function comesTrue(what: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const signal = AbortSignal.timeout(ms);
  while (!(await what())) {
    if (signal.aborted) return false;
    await pause(20);
  }
  return true;
}

/** The ids of all events of the account in the journal, which must be whole. */
async function journalIds(connection: BridgeConnection): Promise<string[]> {
  const { journal } = await connection.request('status', {});
  const ids: string[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await connection.request('journal.read', { journal: journal.id, after, limit: 500 });
    for (const { record } of page.records) {
      const event = sessionEvent.parse(JSON.parse(record));
      assert.equal(event.sequence, ids.length + 1);
      ids.push(event.id);
    }
    ({ through: after, more } = page);
  }
  return ids;
}

about('the way of an event from the C++ bridge on Windows', () => {
  check(
    'loses nothing and doubles nothing while bridge and client are killed at random moments',
    async (t) => {
      if (given === 'null') {
        t.skip('needs a server: test/windows/run.ts starts one');
        return;
      }
      const server = JSON.parse(given) as CheckServer;
      await startBridge(server, true);
      confirmed = (await bridge?.session('logon', session)) ?? 0;
      told = 1;
      const registering = await talk();
      for (let tries = 0; !(await registering.request('status', {})).registered; tries++) {
        assert.ok(
          tries < REGISTER_TRIES,
          `not registered: ${(await registering.request('status', {})).lastProblem}`,
        );
        await registering.request('sync', {});
      }
      registering.close();

      const recorder = record();
      startClient();
      let kills = 0;
      const startedMs = performance.now();
      for (let n = 0; n < ROUNDS && performance.now() - startedMs < ROUNDS_MS; n++) {
        // Mostly in the middle of its work; now and then wherever it is, before it has begun as well.
        if (n % 4 !== 3) await comesTrue(() => client?.status?.server.state === 'online', START_MS);
        await pause(Math.random() * WORK_MS);
        if (n % 3 !== 1) {
          await client?.kill();
          startClient();
          kills++;
        }
        if (n % 3 !== 0) {
          const dying = bridge;
          bridge = null;
          await dying?.kill();
          await startBridge(server, false);
          kills++;
        }
      }
      const enough = confirmed + LAST_EVENTS;
      assert.ok(await comesTrue(() => confirmed >= enough, START_MS), 'the last bridge records nothing');
      recording = false;
      await recorder;
      const connection = await talk();
      const drained = await comesTrue(async () => {
        const { receivedThrough, journal } = await connection.request('status', {});
        return receivedThrough === journal.headSequence;
      }, DRAIN_MS);
      const { receivedThrough } = await connection.request('status', {});
      assert.ok(
        drained,
        `the server has ${receivedThrough} of ${confirmed}; ${JSON.stringify(client?.status)}; ${readFileSync(logFile, 'utf8').slice(-2_000)}`,
      );
      const recorded = await journalIds(connection);
      connection.close();
      await client?.kill();

      const reached = recorded.length + 1;
      assert.ok(
        reached >= confirmed && reached <= told + 1,
        `${confirmed} confirmed, ${reached}, ${told} told`,
      );
      const { storedIds } = server;
      const stored = await assertWhole({ recorded, begun: new Set(recorded), storedIds, database });
      t.diagnostic(`${kills} kills, ${recorded.length} events recorded, ${stored} stored, 0 lost, 0 doubled`);
    },
  );
});
