import { describe, expect, test } from 'vitest';
import { createWorld, type World } from './world.ts';

const DATE = '2026-06-01';
const IN = '2026-06-01T08:55:10+09:00';
const OUT = '2026-06-01T18:10:20+09:00';

const openDays = async (world: World) =>
  (await world.store.selectFrom('open_days').selectAll().orderBy('date').execute()).map(
    ({ date, look_at }) => `${date} ${new Date(look_at + 9 * 3_600_000).toISOString().slice(5, 16)}`,
  );

describe('a planned day', () => {
  test('is next looked at when its border passes, and no more once it is settled and sent', async () => {
    const world = await createWorld();
    world.at(OUT);
    await world.day(DATE, { in: IN, out: OUT });
    await world.runUntil('2026-06-01T23:00:00+09:00');
    expect(await openDays(world)).toEqual(['2026-06-01 06-02T05:00']);
    await world.runUntil('2026-06-02T05:00:00+09:00');
    expect(await openDays(world)).toEqual(['2026-06-01 06-02T05:01']);
    await world.pcReports();
    await world.runUntil('2026-06-02T05:01:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
    expect(await openDays(world)).toEqual([]);
  });

  test('is looked at ever less often while a PC is silent, and exactly when its grace ends', async () => {
    const world = await createWorld();
    world.at('2026-06-02T09:00:00+09:00');
    await world.day(DATE, { in: IN, out: OUT });
    expect(await openDays(world)).toEqual(['2026-06-01 06-02T09:02']);
    await world.runUntil('2026-06-05T04:58:00+09:00');
    expect(await openDays(world)).toEqual(['2026-06-01 06-05T05:00']);
    await world.runUntil('2026-06-05T05:00:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out held (unsettled)']);
    expect(await openDays(world)).toEqual(['2026-06-01 06-05T05:05']);
  });

  test('is not looked at for ever where an administrator decided instead of a silent PC', async () => {
    const world = await createWorld();
    world.at('2026-06-05T05:00:00+09:00');
    await world.day(DATE, { in: IN, out: OUT });
    const held = (await world.rows()).find(({ state }) => state === 'held');
    await world.actions.release(world.company, held?.id ?? '');
    expect(await openDays(world)).toEqual([]);
  });

  test('that vanished is not looked at again', async () => {
    const world = await createWorld();
    await world.day(DATE, { in: IN });
    expect(await openDays(world)).toHaveLength(1);
    await world.day(DATE, {});
    expect(await openDays(world)).toEqual([]);
  });

  test('sends its 出勤 at once when the night before is decided early', async () => {
    const world = await createWorld({ settings: { carryOver: true } });
    const night = { in: '2026-06-01T21:00:00+09:00', carryOpenUntil: '2026-06-02T13:00:00+09:00' };
    world.at('2026-06-02T05:20:00+09:00');
    await world.day(DATE, night);
    await world.day('2026-06-02', { in: '2026-06-02T05:20:00+09:00' });
    await world.runUntil('2026-06-02T06:00:00+09:00');
    expect(world.standing()).toHaveLength(1);
    await world.day(DATE, { in: night.in, out: '2026-06-02T05:10:00+09:00' });
    await world.runUntil('2026-06-02T06:00:01+09:00');
    expect(world.standing()).toContain('1 2026-06-02 2026-06-02T05:20:00');
  });

  test('that ended in a crash without a 退勤 becomes a task when it is settled, though nothing is left to send', async () => {
    const world = await createWorld();
    world.at(OUT);
    await world.day(DATE, { in: IN, flags: ['abnormal-end'] });
    await world.runUntil('2026-06-02T04:00:00+09:00');
    expect(await world.tasks()).toEqual([]);
    world.at('2026-06-02T05:30:00+09:00');
    await world.pcReports();
    await world.runUntil('2026-06-02T05:31:00+09:00');
    expect(await world.tasks()).toEqual(['abnormal-end']);
    expect(await openDays(world)).toEqual([]);
  });

  test('is looked at after the clock was set back, whatever was noted when it ran ahead', async () => {
    const world = await createWorld();
    world.at('2026-06-02T05:30:00+09:00');
    await world.day(DATE, { in: IN, out: OUT });
    const ahead = Date.parse('2027-06-02T05:30:00+09:00');
    await world.store.updateTable('open_days').set({ look_at: ahead, planned_at: ahead }).execute();
    await world.pcReports();
    await world.runUntil('2026-06-02T05:30:01+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
  });

  test('waits while forwarding is switched off, and is looked at when it is switched on', async () => {
    const world = await createWorld();
    world.at(OUT);
    await world.day(DATE, { in: IN, out: OUT });
    await world.runUntil(OUT);
    await world.store.updateTable('attendance_services').set({ enabled: 0 }).execute();
    world.at('2026-06-02T05:30:00+09:00');
    await world.pcReports();
    await world.runUntil('2026-06-02T06:00:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
    await world.store.updateTable('attendance_services').set({ enabled: 1 }).execute();
    await world.runUntil('2026-06-02T06:00:01+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
  });
});
