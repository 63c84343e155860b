import { describe, expect, test } from 'vitest';
import { createWorld } from './world.ts';

const DATE = '2026-06-01';
const IN = '2026-06-01T09:00:00+09:00';
const OUT = '2026-06-01T18:00:00+09:00';
const AFTER = '2026-06-02T06:00:00+09:00';

/** A day that has been sent whole. */
async function sentDay(settings = {}) {
  const world = await createWorld({ settings });
  world.at(IN);
  await world.day(DATE, { in: IN });
  await world.runUntil(AFTER);
  await world.pcReports();
  await world.day(DATE, { in: IN, out: OUT });
  await world.runUntil('2026-06-02T06:10:00+09:00');
  return world;
}

describe('what turns up late', () => {
  test('an earlier 出勤 is a task, and is not posted as anything', async () => {
    const world = await sentDay();
    const before = world.standing();
    await world.day(DATE, { in: '2026-06-01T08:30:00+09:00', out: OUT });
    await world.runUntil('2026-06-02T07:00:00+09:00');
    expect(world.standing()).toEqual(before);
    expect(await world.tasks()).toEqual(['earlier-in']);
  });

  test('an earlier 出勤 before the first was sent simply replaces it', async () => {
    const world = await createWorld();
    world.control.set({ outage: 'unavailable' });
    world.at(IN);
    await world.day(DATE, { in: IN });
    await world.runUntil('2026-06-01T09:01:00+09:00');
    await world.day(DATE, { in: '2026-06-01T08:30:00+09:00' });
    world.control.set({ outage: 'none' });
    await world.runUntil('2026-06-01T09:30:00+09:00');
    expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T08:30:00']);
    expect(await world.tasks()).toEqual([]);
  });

  test.each([
    ['unavailable', 503],
    ['refused', 400],
  ])(
    'an earlier 出勤 known while the first is being sent and is %s (%i) is sent in its place',
    async (_what, status) => {
      const world = await createWorld();
      world.at(IN);
      await world.day(DATE, { in: IN });
      let isFirst = true;
      const forwarder = world.forwarderOver(world.store, async (...request) => {
        if (!isFirst) return fetch(...request);
        isFirst = false;
        await world.day(DATE, { in: '2026-06-01T08:30:00+09:00' });
        return new Response('', { status });
      });
      await forwarder.runDue();
      // Whoever sends next need not have planned first.
      world.at('2026-06-01T09:20:00+09:00');
      await forwarder.runDue();
      expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T08:30:00']);
      expect(await world.tasks()).toEqual([]);
    },
  );

  test('an earlier 出勤 known while the first is being sent is planned even if the process dies after the answer', async () => {
    const world = await createWorld();
    world.at(IN);
    await world.day(DATE, { in: IN });
    let settingsCanBeRead = true;
    const dying = world.forwarderOver(
      world.store,
      async () => {
        await world.day(DATE, { in: '2026-06-01T08:30:00+09:00' });
        settingsCanBeRead = false;
        return new Response('', { status: 503 });
      },
      () => {
        if (!settingsCanBeRead) throw new Error('The process died here');
        return world.settings;
      },
    );
    await dying.runDue();
    expect(await world.states()).toEqual(['in waiting']);
    world.at('2026-06-01T09:20:00+09:00');
    await world.forwarder.planDue();
    await world.forwarder.runDue();
    expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T08:30:00']);
  });

  test('an earlier 出勤 while the first is unverified is sent in its place if that did not arrive', async () => {
    const world = await createWorld();
    world.control.fail({ on: 'punch', kind: 'timeout-before', times: 1 });
    world.at(IN);
    await world.day(DATE, { in: IN });
    await world.runUntil('2026-06-01T09:01:00+09:00');
    await world.day(DATE, { in: '2026-06-01T08:30:00+09:00' });
    expect(await world.tasks()).toEqual(['earlier-in']);
    await world.runUntil('2026-06-01T10:30:00+09:00');
    expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T08:30:00']);
    expect(await world.tasks()).toEqual([]);
  });

  test('another 退勤 or break of a sent day is held beside a task; the task vanishes with its reason', async () => {
    const world = await sentDay();
    const later = '2026-06-01T19:00:00+09:00';
    const breaks: [string, string][] = [['2026-06-01T12:00:00+09:00', '2026-06-01T13:00:00+09:00']];
    await world.day(DATE, { in: IN, out: later, breaks });
    await world.runUntil('2026-06-02T07:00:00+09:00');
    expect(await world.states()).toEqual([
      'in sent',
      'break-start held (changed-after-sending)',
      'break-end held (changed-after-sending)',
      'out sent',
      'out held (changed-after-sending)',
    ]);
    expect(await world.tasks()).toEqual(['changed-after-sending']);
    await world.day(DATE, { in: IN, out: OUT });
    expect(await world.tasks()).toEqual([]);
    expect(world.standing()).toHaveLength(2);
  });

  test('a dismissed task stays dismissed', async () => {
    const world = await sentDay();
    const early = { in: '2026-06-01T08:30:00+09:00', out: OUT };
    await world.day(DATE, early);
    const task = await world.store.selectFrom('tasks').select('id').executeTakeFirstOrThrow();
    expect(await world.actions.dismissTask(world.company, task.id)).toEqual({ ok: true });
    expect(await world.actions.dismissTask(world.company, task.id)).toEqual({
      ok: false,
      refusal: 'not-there',
    });
    await world.day(DATE, early);
    expect(await world.tasks()).toEqual([]);
  });

  test('a punch of a closed period is held; released, it goes', async () => {
    const world = await createWorld();
    world.control.close(DATE);
    world.at('2026-06-04T12:00:00+09:00');
    await world.pcReports();
    await world.day(DATE, { in: IN, out: OUT });
    await world.runUntil('2026-06-04T12:01:00+09:00');
    expect(await world.states()).toEqual(['in held (closed-period)', 'out held (closed-period)']);
    expect(await world.tasks()).toEqual(['closed-period', 'closed-period']);
    for (const { id } of await world.rows()) await world.actions.release(world.company, id);
    await world.runUntil('2026-06-04T12:02:00+09:00');
    expect(world.standing()).toHaveLength(2);
    expect(await world.tasks()).toEqual([]);
  });
});

describe('要確認', () => {
  const held = { in: IN, out: OUT, holds: { in: 'in-by-end', out: 'out-by-begin' } as const };

  async function heldDay(settings = {}) {
    const world = await createWorld({ settings });
    world.at(AFTER);
    await world.pcReports();
    await world.day(DATE, held);
    await world.runUntil('2026-06-02T06:01:00+09:00');
    return world;
  }

  test('waits for one click, which the next planning does not undo', async () => {
    const world = await heldDay();
    expect(await world.states()).toEqual(['in held (in-by-end)', 'out held (out-by-begin)']);
    const [row] = await world.rows();
    expect(await world.actions.release(world.company, row?.id ?? '')).toEqual({ ok: true });
    await world.day(DATE, held);
    await world.runUntil('2026-06-02T06:02:00+09:00');
    expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T09:00:00']);
    expect(await world.actions.release(world.company, row?.id ?? '')).toEqual({
      ok: false,
      refusal: 'not-there',
    });
  });

  test('or for the time, which stays whatever the day says later', async () => {
    const world = await heldDay();
    const { company, employee } = world;
    const enter = (kind: 'in' | 'out', time: string) =>
      world.actions.enterTime(company, { employee, date: DATE, kind, at: Date.parse(time) });
    expect(await enter('in', '2026-06-01T08:45:00+09:00')).toEqual({ ok: true });
    expect(await enter('out', '2026-06-01T08:00:00+09:00')).toEqual({ ok: false, refusal: 'out-before-in' });
    expect(await enter('out', '2026-06-04T08:00:00+09:00')).toEqual({
      ok: false,
      refusal: 'outside-workday',
    });
    expect(await enter('out', '2026-06-01T17:45:00+09:00')).toEqual({ ok: true });
    await world.day(DATE, held);
    await world.runUntil('2026-06-02T06:05:00+09:00');
    expect(world.standing()).toEqual([
      '1 2026-06-01 2026-06-01T08:45:00',
      '2 2026-06-01 2026-06-01T17:45:00',
    ]);
    expect(await world.tasks()).toEqual([]);
    expect(await enter('in', '2026-06-01T08:50:00+09:00')).toEqual({ ok: false, refusal: 'already-sent' });
  });

  test('is sent like anything else where the group wants what the vendor does', async () => {
    const world = await heldDay({ vendorCompatible: true });
    expect(await world.states()).toEqual(['in sent', 'out sent']);
  });

  test('a day that ended in a crash offers the deduced logoff as 退勤', async () => {
    const world = await createWorld();
    world.at(AFTER);
    await world.pcReports();
    await world.day(DATE, { in: IN, flags: ['abnormal-end', 'no-clock-out'] });
    await world.runUntil('2026-06-02T06:01:00+09:00');
    expect(await world.tasks()).toEqual(['abnormal-end']);
    const { company, employee } = world;
    await world.actions.enterTime(company, { employee, date: DATE, kind: 'out', at: Date.parse(OUT) });
    await world.runUntil('2026-06-02T06:02:00+09:00');
    expect(await world.tasks()).toEqual([]);
    expect(world.standing()).toHaveLength(2);
  });
});

test('while a night session may still be carried over, nothing after the border goes as 出勤', async () => {
  const world = await createWorld({ settings: { carryOver: true } });
  const nightIn = '2026-06-01T21:00:00+09:00';
  world.at('2026-06-02T05:20:00+09:00');
  await world.day(DATE, { in: nightIn, carryOpenUntil: '2026-06-02T13:00:00+09:00' });
  await world.day('2026-06-02', { in: '2026-06-02T05:20:00+09:00' });
  await world.runUntil('2026-06-02T12:59:59+09:00');
  expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T21:00:00']);
  await world.runUntil('2026-06-02T13:00:01+09:00');
  expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T21:00:00', '1 2026-06-02 2026-06-02T05:20:00']);
});

test('a change is looked at even when the process died between computing and planning', async () => {
  const world = await createWorld();
  await world.day(DATE, { in: '2026-06-01T09:00:00+09:00' });
  await world.forwarder.runDue();
  expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T09:00:00']);
  await world.computed(DATE, { in: '2026-06-01T08:30:00+09:00' });

  const next = world.forwarderOver(world.store);
  await next.recover();
  await next.planDue();
  expect(await world.tasks()).toEqual(['earlier-in']);
});
