import { describe, expect, test } from 'vitest';
import { createWorld } from './world.ts';

const IN = '2026-06-01T08:55:10+09:00';
const LUNCH: [string, string] = ['2026-06-01T12:00:00+09:00', '2026-06-01T13:00:05+09:00'];
const OUT = '2026-06-01T18:10:20+09:00';

describe('a working day', () => {
  test('出勤 goes as it happens, in the forbidden hours too; the rest goes when the day is settled, in order', async () => {
    const world = await createWorld();
    world.at(IN);
    await world.day('2026-06-01', { in: IN });
    await world.runUntil(IN);
    expect(world.standing()).toEqual(['1 2026-06-01 2026-06-01T08:55:10']);

    world.at(OUT);
    await world.day('2026-06-01', { in: IN, out: OUT, breaks: [LUNCH] });
    await world.runUntil('2026-06-02T04:59:00+09:00');
    expect(world.standing()).toHaveLength(1);

    world.at('2026-06-02T05:30:00+09:00');
    await world.pcReports();
    await world.runUntil('2026-06-02T05:31:00+09:00');
    expect(world.control.state.punches.map(({ code, time }) => `${code} ${time}`)).toEqual([
      '1 2026-06-01T08:55:10+09:00',
      '3 2026-06-01T12:00:00+09:00',
      '4 2026-06-01T13:00:05+09:00',
      '2 2026-06-01T18:10:20+09:00',
    ]);
    expect(await world.states()).toEqual(['in sent', 'break-start sent', 'break-end sent', 'out sent']);
    expect(await world.tasks()).toEqual([]);
    const runs = await world.runs();
    expect(runs.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual(
      Array(4).fill('register success'),
    );
  });

  test('waits until every PC has reported past the border, and all of its records are held', async () => {
    const world = await createWorld();
    await world.addPc('pc-2');
    world.at('2026-06-02T06:00:00+09:00');
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.pcReports('pc-1');
    await world.pcReports('pc-2', '2026-06-02T04:59:59+09:00');
    await world.pcReports('pc-2', '2026-06-02T05:59:00+09:00', 11);
    await world.runUntil('2026-06-02T07:00:00+09:00');
    expect(await world.states()).toEqual(['in sent']);

    await world.store
      .updateTable('journals')
      .set({ contiguous_sequence: 11 })
      .where('device', '=', 'pc-2')
      .execute();
    await world.runUntil('2026-06-02T07:01:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
  });

  test('a retired PC is not waited for', async () => {
    const world = await createWorld();
    await world.addPc('pc-2');
    await world.store.updateTable('devices').set({ retired_at: 1 }).where('id', '=', 'pc-2').execute();
    world.at('2026-06-02T06:00:00+09:00');
    await world.pcReports();
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.runUntil('2026-06-02T06:00:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
  });

  test('nothing goes while the day is waiting to be computed anew', async () => {
    const world = await createWorld();
    world.at('2026-06-02T06:00:00+09:00');
    await world.pcReports();
    await world.day('2026-06-01', { in: IN, out: OUT });
    const dirty = { company: world.company, employee: world.employee, from_at: 0, revision: 1 };
    await world.store.insertInto('dirty').values(dirty).execute();
    await world.runUntil('2026-06-02T06:00:00+09:00');
    expect(world.standing()).toEqual([]);
    await world.store.deleteFrom('dirty').execute();
    await world.runUntil('2026-06-02T06:00:02+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
  });

  test('after three days of silence an administrator is asked; a report that comes later settles the day', async () => {
    const world = await createWorld();
    world.at('2026-06-02T06:00:00+09:00');
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.runUntil('2026-06-05T04:59:59+09:00');
    expect(await world.states()).toEqual(['in sent']);
    await world.runUntil('2026-06-05T05:00:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out held (unsettled)']);
    expect(await world.tasks()).toEqual(['unsettled']);
    await world.pcReports();
    await world.runUntil('2026-06-05T05:05:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out sent']);
    expect(await world.tasks()).toEqual([]);
  });

  test('a day that cannot be planned keeps back no other', async () => {
    const world = await createWorld();
    world.at('2026-06-03T06:00:00+09:00');
    await world.pcReports();
    const fresh = world.forwarderOver(world.store);
    await world.store.updateTable('attendance_services').set({ enabled: 0 }).execute();
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.day('2026-06-02', { in: '2026-06-02T09:00:00+09:00' });
    await world.store
      .updateTable('workdays')
      .set({ flags: 'broken' })
      .where('date', '=', '2026-06-01')
      .execute();
    await world.store.updateTable('attendance_services').set({ enabled: 1 }).execute();
    await fresh.planDue();
    expect(await world.rows()).toMatchObject([{ date: '2026-06-02', kind: 'in' }]);
  });

  test('days before the one forwarding began on are left alone', async () => {
    const world = await createWorld();
    await world.store.updateTable('attendance_services').set({ forward_from: '2026-06-02' }).execute();
    world.at('2026-06-02T12:00:00+09:00');
    await world.pcReports();
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.day('2026-06-02', { in: '2026-06-02T09:00:00+09:00' });
    await world.runUntil('2026-06-02T12:00:00+09:00');
    expect(world.standing()).toEqual(['1 2026-06-02 2026-06-02T09:00:00']);
  });
});

describe('退勤 at once', () => {
  const settings = { atOnce: true, overwriteConfirmed: true };

  test('each later one goes after a minute without a newer one, and KING OF TIME keeps the last', async () => {
    const world = await createWorld({ settings });
    world.control.set({ overwriteOut: true });
    world.at(IN);
    await world.day('2026-06-01', { in: IN });
    world.at('2026-06-01T12:00:00+09:00');
    await world.day('2026-06-01', { in: IN, out: '2026-06-01T12:00:00+09:00' });
    await world.runUntil('2026-06-01T12:00:30+09:00');
    expect(await world.states()).toEqual(['in sent', 'out waiting']);
    await world.day('2026-06-01', { in: IN, out: '2026-06-01T12:00:30+09:00' });
    await world.runUntil('2026-06-01T12:02:00+09:00');
    expect(await world.states()).toEqual(['in sent', 'out withdrawn', 'out sent']);
    world.at(OUT);
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.runUntil('2026-06-01T19:00:00+09:00');
    expect(world.standing()).toEqual([
      '1 2026-06-01 2026-06-01T08:55:10',
      '2 2026-06-01 2026-06-01T18:10:20',
    ]);
    expect(await world.tasks()).toEqual([]);
  });

  test('is not done on the wish alone: without overwriting the last 退勤 goes from the settled day', async () => {
    const world = await createWorld({ settings: { atOnce: true } });
    world.at(OUT);
    await world.day('2026-06-01', { in: IN, out: OUT });
    await world.runUntil('2026-06-01T23:00:00+09:00');
    expect(await world.states()).toEqual(['in sent']);
  });
});

describe('a group abroad', () => {
  const day = {
    in: '2026-06-01T09:00:00-07:00',
    out: '2026-06-01T18:00:00-07:00',
    endsAt: '2026-06-02T05:00:00-07:00',
  };
  test.each([
    ['instant', ['1 2026-06-01 2026-06-02T01:00:00', '2 2026-06-01 2026-06-02T10:00:00']],
    ['wall', ['1 2026-06-01 2026-06-01T09:00:00', '2 2026-06-01 2026-06-01T18:00:00']],
  ] as const)('written as %s keeps its own workday', async (foreignTime, expected) => {
    const world = await createWorld({ settings: { foreignTime, timeZone: 'America/Los_Angeles' } });
    world.at('2026-06-02T06:00:00-07:00');
    await world.pcReports();
    await world.day('2026-06-01', day);
    await world.runUntil('2026-06-02T06:01:00-07:00');
    expect(world.standing()).toEqual(expected);
  });
});
