import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sessionEvent } from '../../contract/event.ts';
import { sid } from '../../contract/ids.ts';
import { ScriptedServer } from '../../sandbox/virtual-pc/scripted-server.test-support.ts';
import { NativeBridge, nativeBridgeProgram } from '../conformance/native-bridge.ts';
import { openClient } from '../conformance/native-client.ts';

const program = nativeBridgeProgram();
const ROUNDS = 25;
const TARO = { sid: sid.parse('S-1-5-21-1-2-3-1001'), domain: 'PC-01', name: 'taro' };

describe.skipIf(!program)('the C++ bridge, killed at any moment', () => {
  test('keeps every event it had confirmed, once and in order, and goes on behind them', async () => {
    const server = await ScriptedServer.start();
    const folder = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
    const setup = { server: server.origin, company: 'abc123', accessToken: 'A'.repeat(32) };
    const session = { id: 1, account: TARO, pipe: path.join(folder, 'session') };
    /** How far the bridge confirmed the journal to reach, and how far it can have come at most. */
    let confirmed = 0;
    let told = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const sessions = round === 0 ? [] : [session];
      const bridge = await NativeBridge.start({
        program: program ?? '',
        folder,
        setup,
        sessions,
        bootId: 'one-boot',
      });
      if (round === 0) {
        confirmed = await bridge.session('logon', session);
        told = 1;
      }
      const dies = pause(Math.random() * 60).then(() => bridge.kill());
      for (let locked = false; ; locked = !locked) {
        told += 1;
        const head = await bridge.session(locked ? 'unlock' : 'lock', session).catch(() => null);
        if (head === null) break;
        confirmed = head;
      }
      await dies;
    }
    const bridge = await NativeBridge.start({
      program: program ?? '',
      folder,
      setup,
      sessions: [session],
      bootId: 'one-boot',
    });
    const client = await openClient(session.pipe);
    const events = [];
    for (let after = 0, more = true; more; ) {
      const { journal } = await client.ask('status', {});
      const page = await client.ask('journal.read', { journal: journal.id, after, limit: 500 });
      events.push(...page.records.map(({ record }) => sessionEvent.parse(JSON.parse(record))));
      ({ through: after, more } = page);
    }
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.length).toBeGreaterThanOrEqual(confirmed);
    expect(events.length).toBeLessThanOrEqual(told);
    expect(events.filter(({ kind }) => kind === 'logon')).toHaveLength(1);
    expect(events.filter(({ source }) => source !== 'bridge')).toHaveLength(0);
    // What the client acknowledges away is reported all the same.
    const { journal } = await client.ask('status', {});
    await client.ask('journal.acknowledge', { journal: journal.id, through: journal.headSequence });
    await client.ask('sync', {});
    expect(server.arrived).toHaveLength(events.length);
    client.close();
    await bridge.stop();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('after a power cut writes the missing logoff as reconciled, at the last sign of life', async () => {
    const server = await ScriptedServer.start();
    const folder = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
    const setup = { server: server.origin, company: 'abc123', accessToken: 'A'.repeat(32) };
    const session = { id: 1, account: TARO, pipe: path.join(folder, 'session') };
    const again = { ...session, pipe: path.join(folder, 'session-2') };
    const options = { program: program ?? '', folder, setup, sessions: [] };
    const before = await NativeBridge.start({ ...options, bootId: 'first' });
    await before.session('logon', session);
    await before.kill();
    const bridge = await NativeBridge.start({ ...options, bootId: 'second' });
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
    await bridge.stop();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
});
