import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FaultKind } from '../../sandbox/king-of-time/faults.ts';
import { openStore } from '../../server/store/store.ts';
import { createWorld, type World } from './world.ts';

const DATE = '2026-06-01';
const IN = '2026-06-01T08:40:00+09:00';
const HERE = '1 2026-06-01 2026-06-01T08:40:00';

async function punchIn(world: World, ...faults: { on: 'punch' | 'read'; kind: FaultKind; times: number }[]) {
  world.control.fail(...faults);
  world.at(IN);
  await world.day(DATE, { in: IN });
}

describe('a registration without an answer', () => {
  test.each(['timeout-after', 'garbled-after'] as const)(
    'that was taken (%s) is found by a read after the forbidden hours, and never sent twice',
    async (kind) => {
      const world = await createWorld();
      await punchIn(world, { on: 'punch', kind, times: 1 });
      await world.runUntil('2026-06-01T09:59:00+09:00');
      expect(await world.states()).toEqual(['in unverified']);
      expect(world.control.seen.map(({ method }) => method)).toEqual(['POST']);
      await world.runUntil('2026-06-01T10:05:00+09:00');
      expect(await world.states()).toEqual(['in sent']);
      expect(world.standing()).toEqual([HERE]);
      expect((await world.runs()).map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
        'register unknown',
        'read success',
      ]);
    },
  );

  test('that was not taken goes once more', async () => {
    const world = await createWorld();
    await punchIn(world, { on: 'punch', kind: 'timeout-before', times: 1 });
    await world.runUntil('2026-06-01T10:05:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
    expect(world.standing()).toEqual([HERE]);
  });

  test('twice, and not taken either time, becomes a task; an administrator can try again', async () => {
    const world = await createWorld();
    await punchIn(world, { on: 'punch', kind: 'timeout-before', times: 2 });
    await world.runUntil('2026-06-01T12:00:00+09:00');
    expect(await world.states()).toEqual(['in failed']);
    expect(await world.tasks()).toEqual(['not-arrived']);
    const [row] = await world.rows();
    expect(await world.actions.release(world.company, row?.id ?? '')).toEqual({ ok: true });
    await world.runUntil('2026-06-01T12:01:00+09:00');
    expect(world.standing()).toEqual([HERE]);
    expect(await world.tasks()).toEqual([]);
  });

  test('because the service stays silent is given up after the time limit', async () => {
    const world = await createWorld({ hangMs: 60_000, timing: { requestTimeoutMs: 50 } });
    await punchIn(world, { on: 'punch', kind: 'timeout-after', times: 1 });
    await world.runUntil('2026-06-01T10:05:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
    expect(world.standing()).toEqual([HERE]);
  });
});

describe('a process that dies', () => {
  test('between sending and the answer leaves a row the next one looks for', async () => {
    const world = await createWorld();
    let sent: () => void = () => undefined;
    const isSent = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const dying = world.forwarderOver(world.store, async (...request) => {
      await fetch(...request);
      sent();
      return new Promise<never>(() => undefined);
    });
    world.at(IN);
    await world.day(DATE, { in: IN }, dying);
    void dying.runDue();
    await isSent;
    expect(await world.states()).toEqual(['in sending']);

    await world.forwarder.recover();
    expect(await world.states()).toEqual(['in unverified']);
    await world.runUntil('2026-06-01T10:05:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
    expect(world.standing()).toEqual([HERE]);
  });

  test('on another node is noticed by the one that lives on', async () => {
    const world = await createWorld();
    world.at(IN);
    await world.day(DATE, { in: IN });
    const sending = { state: 'sending', changed_at: world.clock.now(), attempts: 1 };
    await world.store.updateTable('outbox').set(sending).execute();
    await world.runUntil('2026-06-01T08:45:00+09:00');
    expect(await world.states()).toEqual(['in unverified']);
  });
});

test('two workers on one store send each punch once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'forwarding-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'store.sqlite');
  const world = await createWorld({ file });
  const second = await openStore(file);
  onTestFinished(() => second.destroy());
  world.at('2026-06-02T06:00:00+09:00');
  await world.pcReports();
  await world.day(DATE, {
    in: IN,
    out: '2026-06-01T18:00:00+09:00',
    breaks: [['2026-06-01T12:00:00+09:00', '2026-06-01T13:00:00+09:00']],
  });
  const other = world.forwarderOver(second);
  for (let round = 0; round < 8; round += 1) {
    await Promise.all([world.forwarder.runDue(), other.runDue()]);
    world.at(new Date(world.clock.now() + 1_000).toISOString());
  }
  expect(world.standing()).toHaveLength(4);
  expect(new Set(await world.states())).toEqual(
    new Set(['in sent', 'break-start sent', 'break-end sent', 'out sent']),
  );
});

describe('a service that cannot or will not', () => {
  test.each(['unavailable', 'maintenance', 'too-many'] as const)(
    '%s: the punch waits, more and more patiently, and goes when it can',
    async (kind) => {
      const world = await createWorld();
      await punchIn(world, { on: 'punch', kind, times: 12 });
      await world.runUntil('2026-06-01T08:40:01+09:00');
      const [row] = await world.rows();
      expect(row).toMatchObject({ state: 'waiting', attempts: 1 });
      expect(row?.last_problem).toMatch(/^(unavailable|slow-down)/);
      await world.runUntil('2026-06-01T12:00:00+09:00');
      expect(world.standing()).toEqual([HERE]);
      const runs = await world.runs();
      const waits = runs.slice(1).map((run, index) => run.started_at - (runs[index]?.started_at ?? 0));
      expect(waits.every((wait, index) => wait >= (waits[index - 1] ?? 0))).toBe(true);
      expect(Math.max(...waits)).toBeLessThanOrEqual(15 * 60_000);
    },
  );

  test('a wrong token stops nobody for good: punches wait, visibly, until it is put right', async () => {
    const world = await createWorld();
    const service = world.store.updateTable('attendance_services');
    const { sealed_token } = await world.store
      .selectFrom('attendance_services')
      .select('sealed_token')
      .executeTakeFirstOrThrow();
    await service.set({ sealed_token: world.seal('wrong') }).execute();
    await punchIn(world);
    await world.runUntil('2026-06-01T08:50:00+09:00');
    const [row] = await world.rows();
    expect(row).toMatchObject({ state: 'waiting' });
    expect(row?.last_problem).toMatch(/^not-authorized: 100/);
    await service.set({ sealed_token }).execute();
    await world.runUntil('2026-06-01T09:30:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
  });

  test('a token that cannot be opened is tried again later', async () => {
    const world = await createWorld();
    await world.store.updateTable('attendance_services').set({ sealed_token: 'k9.AAAA' }).execute();
    await punchIn(world);
    expect(await world.forwarder.runDue()).toBeGreaterThan(world.clock.now());
    expect(await world.states()).toEqual(['in waiting']);
  });

  test('an employee it does not know makes the punch fail at once', async () => {
    const world = await createWorld();
    world.control.state.employees = world.control.state.employees.filter(({ code }) => code !== '0001');
    await punchIn(world);
    await world.runUntil('2026-06-01T08:50:00+09:00');
    expect(await world.rows()).toMatchObject([{ state: 'failed', attempts: 1 }]);
    expect((await world.rows())[0]?.last_problem).toMatch(/^unknown-employee: 526/);
  });
});

describe('打刻済み', () => {
  test('of our own punch is found by the read', async () => {
    const world = await createWorld();
    world.control.set({ alreadyPunched: true });
    world.control.punch(world.employee, { date: DATE, time: IN, code: '1', mark: 'IC' });
    await punchIn(world);
    await world.runUntil('2026-06-01T10:05:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
  });

  test('of somebody else’s is held for the administrator, who may have deleted it', async () => {
    const world = await createWorld();
    world.control.set({ alreadyPunched: true });
    const time = '2026-06-01T08:30:00+09:00';
    const other = world.control.punch(world.employee, { date: DATE, time, code: '1', mark: 'IC' });
    await punchIn(world);
    await world.runUntil('2026-06-01T10:05:00+09:00');
    expect(await world.states()).toEqual(['in held (other-recorder)']);
    expect(await world.tasks()).toEqual(['other-recorder']);
    world.control.removePunch(other.id);
    const [row] = await world.rows();
    await world.actions.release(world.company, row?.id ?? '');
    await world.runUntil('2026-06-01T10:06:00+09:00');
    expect(world.standing()).toEqual([HERE]);
    expect(await world.tasks()).toEqual([]);
  });

  test('said without any punch standing is believed twice at most', async () => {
    const world = await createWorld();
    await punchIn(world, { on: 'punch', kind: 'already-punched', times: 2 });
    await world.runUntil('2026-06-01T10:05:00+09:00');
    expect(await world.states()).toEqual(['in failed']);
    expect(await world.tasks()).toEqual(['not-arrived']);
  });
});

describe('other recorders', () => {
  const settings = { otherRecorders: true };

  test('出勤 waits for the end of the forbidden hours, and goes when nobody else has punched', async () => {
    const world = await createWorld({ settings });
    await punchIn(world);
    await world.runUntil('2026-06-01T10:00:00+09:00');
    expect(world.control.seen).toEqual([]);
    await world.runUntil('2026-06-01T10:02:00+09:00');
    expect(world.standing()).toEqual([HERE]);
  });

  test('出勤 is not sent beside another one', async () => {
    const world = await createWorld({ settings });
    const other = { date: DATE, time: '2026-06-01T08:30:00+09:00', code: '1', mark: 'IC' } as const;
    world.control.punch(world.employee, other);
    await punchIn(world);
    await world.runUntil('2026-06-01T12:00:00+09:00');
    expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T08:30:00']);
    expect(await world.tasks()).toEqual(['other-recorder']);
  });
});

test('a read that is refused or breaks leaves the punch unverified until one succeeds', async () => {
  const world = await createWorld();
  await punchIn(
    world,
    { on: 'punch', kind: 'timeout-after', times: 1 },
    { on: 'read', kind: 'too-many', times: 2 },
    { on: 'read', kind: 'timeout-before', times: 1 },
  );
  await world.runUntil('2026-06-01T10:30:00+09:00');
  expect(await world.states()).toEqual(['in sent']);
  expect(world.standing()).toEqual([HERE]);
});

test('no log and no 連携ログ ever holds the token', async () => {
  const world = await createWorld();
  await punchIn(world, { on: 'punch', kind: 'timeout-after', times: 1 });
  await world.runUntil('2026-06-01T10:05:00+09:00');
  expect(JSON.stringify([await world.runs(), await world.rows()])).not.toContain('sandbox0king');
});
