import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULT_KINDS } from '../../sandbox/king-of-time/faults.ts';
import { createWorld, type Day, type World } from './world.ts';

const DATES = ['2026-06-01', '2026-06-02'] as const;
type Command =
  | { do: 'day'; date: (typeof DATES)[number]; day: Day }
  | { do: 'fault'; on: 'punch' | 'read' | 'any'; kind: (typeof FAULT_KINDS)[number]; times: number }
  | { do: 'pass'; minutes: number }
  | { do: 'report' }
  | { do: 'refuse-repeated'; on: boolean }
  | { do: 'die'; after: 'sending' | 'answer' };

const time = (date: string, hour: number) => `${date}T${String(hour).padStart(2, '0')}:07:11+09:00`;

const day = (date: (typeof DATES)[number]): fc.Arbitrary<Command> =>
  fc
    .record({
      begin: fc.option(fc.integer({ min: 7, max: 10 }), { freq: 6 }),
      end: fc.option(fc.integer({ min: 16, max: 20 })),
      lunch: fc.option(fc.integer({ min: 11, max: 13 })),
      holds: fc.constantFrom<Day['holds']>({}, {}, { in: 'in-by-end' }, { out: 'out-by-begin' }),
    })
    .map(({ begin, end, lunch, holds }) => ({
      do: 'day',
      date,
      day: {
        ...(begin !== null && { in: time(date, begin) }),
        ...(begin !== null && end !== null && { out: time(date, end) }),
        ...(begin !== null &&
          end !== null &&
          lunch !== null && { breaks: [[time(date, lunch), time(date, lunch + 1)] as [string, string]] }),
        ...(holds && { holds }),
      },
    }));

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...DATES).chain(day) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      on: fc.constantFrom('punch', 'punch', 'read', 'any'),
      kind: fc.constantFrom(...FAULT_KINDS),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.constantFrom(1, 5, 90, 600, 1440) }),
  },
  { weight: 2, arbitrary: fc.constant<Command>({ do: 'report' }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('refuse-repeated' as const), on: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('die' as const), after: fc.constantFrom('sending', 'answer') }),
  },
);

/** Runs a process that dies at its first registration, before or after the service took it, and starts another. */
async function die(world: World, after: 'sending' | 'answer'): Promise<void> {
  let reached: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const dying = world.forwarderOver(world.store, async (url, request) => {
    if (request?.method !== 'POST') return fetch(url, request);
    if (after === 'answer') await fetch(url, request).catch(() => undefined);
    reached();
    return new Promise<never>(() => undefined);
  });
  await dying.planDue();
  await Promise.race([dying.runDue(), death]);
  await world.forwarder.recover();
}

async function carryOut(world: World, command: Command): Promise<void> {
  const later = (minutes: number) => new Date(world.clock.now() + minutes * 60_000).toISOString();
  switch (command.do) {
    case 'day':
      return world.day(command.date, command.day);
    case 'fault':
      return world.control.fail({ on: command.on, kind: command.kind, times: command.times });
    case 'pass':
      return world.runUntil(later(command.minutes));
    case 'report':
      world.at(later(1));
      return world.pcReports();
    case 'refuse-repeated':
      return world.control.set({ alreadyPunched: command.on });
    case 'die':
      return die(world, command.after);
  }
}

function expectNoneTwice(world: World, mayRepeatOut: boolean): void {
  const standing = world.standing();
  expect(new Set(standing).size).toBe(standing.length);
  for (const date of DATES) {
    expect(standing.filter((punch) => punch.startsWith(`1 ${date}`)).length).toBeLessThanOrEqual(1);
    if (mayRepeatOut) continue;
    expect(standing.filter((punch) => punch.startsWith(`2 ${date}`)).length).toBeLessThanOrEqual(1);
  }
}

/** Every punch of the days has a row somebody can see, and what the ledger calls sent does stand there. */
async function expectAllAccountedFor(world: World): Promise<void> {
  const rows = await world.rows();
  for (const { state } of rows) expect(['sent', 'held', 'failed', 'withdrawn']).toContain(state);
  const punches = await world.store.selectFrom('punches').selectAll().execute();
  for (const punch of punches) {
    const isSame = (row: (typeof rows)[number]) =>
      row.date === punch.date &&
      row.kind === punch.kind &&
      (row.kind === 'in' || Date.parse(row.at) === punch.at - (punch.at % 1000));
    expect(rows.filter((row) => isSame(row) && row.state !== 'withdrawn')).toHaveLength(1);
  }
  const codes: Record<string, string> = { in: '1', out: '2', 'break-start': '3', 'break-end': '4' };
  const standing = new Set(world.standing());
  const lacking = rows
    .filter(({ state }) => state === 'sent')
    .map((row) => ({
      row,
      text: `${codes[row.kind]} ${row.date} ${new Date(Date.parse(row.at) + 9 * 3_600_000).toISOString().slice(0, 19)}`,
    }))
    .filter(({ text }) => !standing.has(text));
  expect(lacking).toEqual([]);
  const sentOrFound = rows.filter(({ state }) => state === 'sent').length;
  // A failed row was looked for and is not there; nothing stands that the ledger does not know of.
  expect(world.standing()).toHaveLength(sentOrFound);
}

test('whatever goes wrong in whatever order, no punch is sent twice and each ends in a state that can be seen', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 3, maxLength: 14 }),
      fc.boolean(),
      async (commands, atOnce) => {
        const world = await createWorld({ settings: { atOnce, overwriteConfirmed: atOnce } });
        for (const one of commands) {
          await carryOut(world, one);
          expectNoneTwice(world, atOnce);
        }
        world.control.set({ alreadyPunched: false });
        // Calm weather until everything has had its time, with whatever faults are left to meet.
        for (let days = 1; days <= 6; days += 1) {
          world.at(new Date(world.clock.now() + 60_000).toISOString());
          await world.pcReports();
          await world.runUntil(new Date(world.clock.now() + 24 * 3_600_000).toISOString());
        }
        expectNoneTwice(world, atOnce);
        await expectAllAccountedFor(world);
        await world.close();
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
