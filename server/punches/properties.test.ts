import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settingsHistory } from './calendar.ts';
import { computeWorkdays } from './compute.ts';
import { instantOf, TOKYO } from './example.ts';
import { EVENT_KINDS, type Log, MINUTE_MS } from './logs.ts';
import { type Anchor, place, type RawEvent } from './place.ts';
import type { GroupSettings } from './settings.ts';

const START = instantOf('2026-03-06T00:00:00Z');
const oneOf = <const T>(...values: readonly T[]) => fc.constantFrom(...values);
const minuteOfWeek = fc.integer({ min: 0, max: 7 * 24 * 60 });

const facts = {
  device: oneOf('PC-1', 'PC-2'),
  session: oneOf('1', '2'),
  kind: oneOf(...EVENT_KINDS, 'logon', 'logoff', 'lock', 'unlock', 'suspend', 'resume', 'teleport'),
  initiator: oneOf('user', 'user', 'user', 'system'),
  source: oneOf('bridge', 'bridge', 'bridge', 'reconciled', 'malion', 'senselink'),
} as const;

const someLogs: fc.Arbitrary<Log[]> = fc
  .array(fc.record({ ...facts, minute: minuteOfWeek, trust: oneOf('true', 'corrected', 'unverified') }), {
    maxLength: 40,
  })
  .map((drawn) =>
    drawn.map(({ minute, ...log }, index) => ({
      ...log,
      id: `${index}`,
      sequence: index,
      at: START + minute * MINUTE_MS,
    })),
  );

const someSettings: fc.Arbitrary<GroupSettings> = fc.record({
  timeZone: oneOf('Asia/Tokyo', 'America/Los_Angeles', 'Africa/Casablanca'),
  dayBorder: oneOf('00:00', '02:30', '05:00', '23:30'),
  breaks: oneOf(
    { enabled: false },
    { enabled: true, minimumMinutes: 0 },
    { enabled: true, lockMinimumMinutes: 45 },
  ),
  carryOver: fc.boolean(),
  source: oneOf('client', 'client', 'malion', 'senselink'),
  punches: oneOf('both', 'both', 'in-only'),
});

const someHistory = fc
  .tuple(someSettings, someSettings, oneOf('2026-03-08', '2026-03-10'))
  .map(([before, after, from]) =>
    settingsHistory([
      { from: null, settings: before },
      { from, settings: after },
    ]),
  );

describe('workdays of any logs', () => {
  test('do not depend on the order of arrival or on repetition', () => {
    const shuffled = someLogs.chain((logs) =>
      fc.tuple(fc.constant(logs), fc.shuffledSubarray([...logs, ...logs], { minLength: logs.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, someHistory, ([logs, arrived], history) => {
        expect(computeWorkdays(arrived, history)).toEqual(computeWorkdays(logs, history));
      }),
    );
  });

  test('have in < out and disjoint breaks within, each punch of a log of its own instant', () => {
    fc.assert(
      fc.property(someLogs, someHistory, (logs, history) => {
        const byId = new Map(logs.map((log) => [log.id, log]));
        for (const day of computeWorkdays(logs, history)) {
          const punches = [day.in, ...day.breaks.flatMap(({ start, end }) => [start, end])];
          if (day.out !== null) punches.push(day.out);
          for (const { at, logId, kind } of punches) expect(byId.get(logId)).toMatchObject({ at, kind });
          const instants = punches.map(({ at }) => at);
          expect(instants).toEqual(instants.toSorted((a, b) => a - b));
          for (const { start, end } of day.breaks) expect(end.at).toBeGreaterThan(start.at);
          if (day.out !== null) expect(day.out.at).toBeGreaterThan(day.in.at);
          else expect(day.breaks).toEqual([]);
          expect(day.flags).toEqual([...new Set(day.flags)].toSorted());
        }
      }),
    );
  });

  test('come only from acts of the employee, in date order, with every log in one workday at most', () => {
    fc.assert(
      fc.property(someLogs, someHistory, (logs, history) => {
        const byId = new Map(logs.map((log) => [log.id, log]));
        const days = computeWorkdays(logs, history);
        expect(days.map(({ date }) => date)).toEqual([...new Set(days.map(({ date }) => date))].toSorted());
        const ids = days.flatMap(({ logIds }) => logIds);
        expect(ids.length).toBe(new Set(ids).size);
        for (const day of days) {
          const made = day.out === null ? [day.in] : [day.in, day.out];
          for (const { logId } of made) {
            expect(day.logIds).toContain(logId);
            expect(byId.get(logId)).toMatchObject({ initiator: 'user' });
            expect(byId.get(logId)?.source).not.toBe('reconciled');
          }
        }
      }),
    );
  });

  test('without carry-over lie within their borders', () => {
    fc.assert(
      fc.property(someLogs, someSettings, (logs, settings) => {
        const history = settingsHistory([{ from: null, settings: { ...settings, carryOver: false } }]);
        for (const day of computeWorkdays(logs, history)) {
          expect(history.workdayAt(day.in.at).date).toBe(day.date);
          expect(history.workdayAt((day.out ?? day.in).at).date).toBe(day.date);
        }
      }),
    );
  });

  test('are not touched by what other sources tell', () => {
    fc.assert(
      fc.property(someLogs, (logs) => {
        const history = settingsHistory([{ from: null, settings: { ...TOKYO, carryOver: true } }]);
        const own = logs.filter(({ source }) => source === 'bridge' || source === 'reconciled');
        expect(computeWorkdays(logs, history)).toEqual(computeWorkdays(own, history));
      }),
    );
  });
});

describe('placing any events', () => {
  const someEvents: fc.Arbitrary<RawEvent[]> = fc
    .array(
      fc.record({
        ...facts,
        wall: minuteOfWeek,
        bootId: oneOf('b1', 'b2', 'b3', null),
        uptime: minuteOfWeek,
        trusted: oneOf(true, false, false),
        receivedAt: fc.option(minuteOfWeek.map((minute) => START + minute * MINUTE_MS)),
      }),
      { maxLength: 25 },
    )
    .map((drawn) =>
      drawn.map(({ wall, bootId, uptime, trusted, ...event }, index) => ({
        ...event,
        id: `${index}`,
        sequence: index,
        time: trusted
          ? { type: 'true', at: START + wall * MINUTE_MS }
          : {
              type: 'clock',
              wall: START + wall * MINUTE_MS,
              run: bootId === null ? null : { bootId, uptimeMs: uptime * MINUTE_MS },
            },
      })),
    );
  const someAnchors: fc.Arbitrary<Anchor[]> = fc.array(
    fc.record({
      device: facts.device,
      bootId: oneOf('b1', 'b2'),
      uptimeMs: minuteOfWeek.map((minute) => minute * MINUTE_MS),
      serverTime: minuteOfWeek.map((minute) => START + minute * MINUTE_MS),
    }),
    { maxLength: 5 },
  );
  const registeredAt = new Map([['PC-1', START]]);

  test('loses none, invents none, and does not depend on their order', () => {
    const arrivals = fc
      .tuple(someEvents, someAnchors)
      .chain(([events, anchors]) =>
        fc.tuple(
          fc.constant(events),
          fc.constant(anchors),
          fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
          fc.shuffledSubarray([...anchors, ...anchors], { minLength: anchors.length * 2 }),
        ),
      );
    const sorted = <T extends { id: string }>(items: readonly T[]) =>
      items.toSorted((a, b) => Number(a.id) - Number(b.id));
    fc.assert(
      fc.property(arrivals, ([events, anchors, arrived, answered]) => {
        const expected = place(events, anchors, registeredAt);
        const actual = place(arrived, answered, registeredAt);
        expect(sorted(actual.logs)).toEqual(sorted(expected.logs));
        expect(sorted(actual.uncertain)).toEqual(sorted(expected.uncertain));
        expect(sorted([...actual.logs, ...actual.uncertain]).map(({ id }) => id)).toEqual(
          events.map(({ id }) => id),
        );
      }),
    );
  });
});
