/** The C++ bridge, ended by SIGKILL at any moment, between its journal, its clients and the real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sessionEvent } from '../../contract/event.ts';
import { sid } from '../../contract/ids.ts';
import { WITHOUT_NATIVE_BUILD } from '../bridge/native-build.ts';
import { NativeBridge, type NativeSession, nativeBridgeProgram } from '../conformance/native-bridge.ts';
import { openClient } from '../conformance/native-client.ts';
import { startServer } from './world.ts';

const program = nativeBridgeProgram() ?? '';
const KILLS = 60;
/** About how long a bridge works before it is ended, in milliseconds; its start takes part of it. */
const WORK_MS = 200;
const LOST_ANSWERS = 0.2;
const TARO = { sid: sid.parse('S-1-5-21-1-2-3-1001'), domain: 'PC-01', name: 'taro' };

if (!program) console.log(WITHOUT_NATIVE_BUILD);

async function startWorld() {
  const folder = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
  const server = await startServer(folder, () => Math.random() < LOST_ANSWERS);
  onTestFinished(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const { origin, companyCode: company, accessToken } = server;
  const setup = { server: origin, company, accessToken };
  const session: NativeSession = { id: 1, account: TARO, pipe: path.join(folder, 'session') };
  const start = (bootId: string, sessions: NativeSession[]) =>
    NativeBridge.start({ program, folder: path.join(folder, 'pc'), setup, sessions, bootId });
  return { server, folder, session, start };
}

describe.skipIf(!program)('the C++ bridge, killed at any moment', () => {
  test(`${KILLS} times, with answers of the server lost and a client that acknowledges everything, loses nothing and doubles nothing`, async () => {
    const { server, session, start } = await startWorld();
    /** What the bridge confirmed to have recorded, by sequence; the kind tells an event from the one in its place. */
    const confirmed = new Map<number, string>();
    /** What clients read, by sequence. */
    const read = new Map<number, string>();
    /** Events that may or may not have been recorded: their bridge died before it said so. */
    let unconfirmed = 0;

    const first = await start('one-boot', []);
    confirmed.set(await first.session('logon', session), 'logon');
    await first.kill();

    for (let round = 0; round < KILLS; round += 1) {
      const bridge = await start('one-boot', [session]);
      const dies = pause(Math.random() * WORK_MS).then(() => bridge.kill());
      const clients = Promise.allSettled([hostileClient(session.pipe), reader(session.pipe, read)]);
      for (let locks = true; ; locks = !locks) {
        const kind = locks ? 'lock' : 'unlock';
        const sequence = await bridge.session(kind, session).catch(() => null);
        if (sequence === null) break;
        // The second of two equal signals is none.
        if (!confirmed.has(sequence)) confirmed.set(sequence, kind);
      }
      unconfirmed += 1;
      await Promise.all([dies, clients]);
    }

    const bridge = await start('one-boot', [session]);
    const client = await openClient(session.pipe);
    for (let drained = false; !drained; ) {
      await client.ask('sync', {});
      const { journal, receivedThrough } = await client.ask('status', {});
      drained = receivedThrough === journal.headSequence;
    }
    const head = (await client.ask('status', {})).journal.headSequence;
    client.close();
    expect(await bridge.stop()).toBe(0);

    const stored = await server.stored();
    const kinds = new Map(stored.map(({ sequence, kind }) => [sequence, kind]));
    const lost = [...confirmed].filter(([sequence, kind]) => kinds.get(sequence) !== kind).length;
    const doubled =
      stored.length -
      Math.min(new Set(stored.map(({ id }) => id)).size, new Set(stored.map((log) => log.sequence)).size);
    console.log(
      `kills: ${KILLS}, lost: ${lost}, doubled: ${doubled}\n` +
        `  events: ${stored.length}, confirmed: ${confirmed.size}, read by clients: ${read.size}`,
    );
    expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
    expect(stored.length).toBe(head);
    expect(stored.length).toBeLessThanOrEqual(confirmed.size + unconfirmed);
    expect(new Set(stored.map(({ journal }) => journal)).size).toBe(1);
    const ids = new Map(stored.map(({ sequence, id }) => [sequence, id]));
    for (const [sequence, id] of read) expect(ids.get(sequence)).toBe(id);
  });

  test('after a power cut writes the missing logoff as reconciled, at the last sign of life', async () => {
    const { session, folder, start } = await startWorld();
    const again = { ...session, pipe: path.join(folder, 'session-2') };
    const before = await start('first', []);
    await before.session('logon', session);
    await before.kill();
    const bridge = await start('second', []);
    await bridge.session('logon', again);
    const client = await openClient(again.pipe);
    const { records } = await client.ask('journal.read', { journal: null, after: 0, limit: 500 });
    const events = records.map(({ record }) => sessionEvent.parse(JSON.parse(record)));
    expect(events.map(({ kind, source, reason }) => [kind, source, reason])).toEqual([
      ['logon', 'bridge', null],
      ['logoff', 'reconciled', 'unexpected-shutdown'],
      ['logon', 'bridge', null],
    ]);
    expect(events[1]?.session).toBe(events[0]?.session);
    expect(events[1]?.clock.bootId).toBe(events[0]?.clock.bootId);
    expect(events[2]?.clock.bootId).not.toBe(events[0]?.clock.bootId);
    client.close();
    expect(await bridge.stop()).toBe(0);
  });
});

/** Acknowledges whatever there is, keeps nothing, and has the bridge report all the time; until the bridge is gone. */
async function hostileClient(pipe: string): Promise<never> {
  const client = await openClient(pipe);
  for (;;) {
    const { journal } = await client.ask('status', {});
    await client.ask('journal.acknowledge', { journal: journal.id, through: journal.headSequence });
    await client.ask('sync', {});
  }
}

/** Reads the journal from its start over and over, and keeps what it saw; until the bridge is gone. */
async function reader(pipe: string, read: Map<number, string>): Promise<never> {
  const client = await openClient(pipe);
  const { journal } = await client.ask('status', {});
  for (;;) {
    for (let after = 0, more = true; more; ) {
      const page = await client.ask('journal.read', { journal: journal.id, after, limit: 500 });
      for (const { record } of page.records) {
        const event = sessionEvent.parse(JSON.parse(record));
        const known = read.get(event.sequence);
        if (known !== undefined && known !== event.id)
          throw new Error('a place in the journal changed hands');
        read.set(event.sequence, event.id);
      }
      ({ through: after, more } = page);
    }
    await pause(10);
  }
}
