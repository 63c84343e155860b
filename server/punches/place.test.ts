import { describe, expect, test } from 'vitest';
import { instantOf } from './example.ts';
import { type Anchor, type ClockRun, type EventTime, place, type RawEvent } from './place.ts';

const REGISTERED = new Map([['PC-1', instantOf('05-01 09:00')]]);

/** One event per line, in the device's sequence. */
function eventsOf(
  times: readonly [id: string, time: EventTime, differing?: Partial<RawEvent>][],
): RawEvent[] {
  return times.map(([id, time, differing], sequence) => ({
    id,
    device: 'PC-1',
    session: '1',
    sequence,
    kind: 'unlock',
    initiator: 'user',
    source: 'bridge',
    receivedAt: null,
    time,
    ...differing,
  }));
}

const wall = (time: string, run: ClockRun | null): EventTime => ({
  type: 'clock',
  wall: instantOf(time),
  run,
});
const at = (time: string): EventTime => ({ type: 'true', at: instantOf(time) });
const run = (bootId: string, uptimeMinutes: number): ClockRun => ({
  bootId,
  uptimeMs: uptimeMinutes * 60_000,
});
const anchor = (bootId: string, uptimeMinutes: number, time: string): Anchor => ({
  device: 'PC-1',
  ...run(bootId, uptimeMinutes),
  serverTime: instantOf(time),
});

/** `id` → instant and trust, or `uncertain`. */
function placed(
  events: readonly RawEvent[],
  anchors: readonly Anchor[] = [],
  registeredAt: ReadonlyMap<string, number> = REGISTERED,
): Record<string, unknown> {
  const { logs, uncertain } = place(events, anchors, registeredAt);
  return Object.fromEntries([
    ...logs.map(({ id, at, trust }) => [id, [at, trust]]),
    ...uncertain.map(({ id }) => [id, 'uncertain']),
  ]);
}

describe('an event in a run with an anchor', () => {
  test.each([
    ['08:58:00.000', 'true'],
    ['09:02:00.000', 'true'],
    ['08:57:59.999', 'corrected'],
    ['09:02:00.001', 'corrected'],
  ])('of 09:00 by the anchor and %s by the PC is %s', (clock, trust) => {
    const events = eventsOf([['e', wall(`06-01 ${clock}`, run('b', 10))]]);
    expect(placed(events, [anchor('b', 0, '06-01 08:50')])).toEqual({ e: [instantOf('06-01 09:00'), trust] });
  });

  test('may lie before the anchor', () => {
    const events = eventsOf([['e', wall('06-01 09:00', run('b', 10))]]);
    expect(placed(events, [anchor('b', 60, '06-01 09:50')])).toEqual({
      e: [instantOf('06-01 09:00'), 'true'],
    });
  });

  test('is placed by the nearest anchor, of two as near by the earlier', () => {
    const anchors = [
      anchor('b', 0, '06-01 09:00'),
      anchor('b', 120, '06-01 11:00:02'),
      anchor('b', 200, '06-01 12:20:05'),
    ];
    const events = eventsOf([
      ['first', wall('06-01 09:10', run('b', 10))],
      ['between', wall('06-01 10:00', run('b', 60))],
      ['second', wall('06-01 10:10', run('b', 70))],
      ['third', wall('06-01 12:30', run('b', 210))],
    ]);
    const expected = {
      first: [instantOf('06-01 09:10'), 'true'],
      between: [instantOf('06-01 10:00'), 'true'],
      second: [instantOf('06-01 10:10:02'), 'true'],
      third: [instantOf('06-01 12:30:05'), 'true'],
    };
    expect(placed(events, anchors)).toEqual(expected);
    expect(placed(events.toReversed(), anchors.toReversed())).toEqual(expected);
  });

  test('never comes before an earlier event of the run, though anchors differ', () => {
    const anchors = [anchor('b', 0, '06-01 09:00:01'), anchor('b', 120, '06-01 11:00:00')];
    const events = eventsOf([
      ['lock', wall('06-01 10:00', run('b', 60))],
      ['unlock', wall('06-01 10:00', { bootId: 'b', uptimeMs: 60 * 60_000 + 10 })],
    ]);
    expect(placed(events, anchors)).toEqual({
      lock: [instantOf('06-01 10:00:01'), 'true'],
      unlock: [instantOf('06-01 10:00:01'), 'true'],
    });
  });

  test('takes no anchor of another device or another run', () => {
    const events = eventsOf([['e', wall('2019-01-01T09:00:00', run('b', 10))]]);
    const other = { ...anchor('b', 0, '06-01 08:50'), device: 'PC-2' };
    expect(placed(events, [other, anchor('c', 0, '06-01 08:50')])).toEqual({ e: 'uncertain' });
  });
});

describe('an event in a run without anchor', () => {
  test.each([
    ['05-01 09:00:00.000', '05-01 08:59:59.999'],
    ['06-02 08:00:00.000', '06-02 08:00:00.001'],
  ])('is believed at %s, the edge of its bracket, and not at %s', (edge, past) => {
    const between = (time: string) =>
      placed(
        eventsOf([
          ['e', wall(time, run('b1', 1))],
          ['later', at('06-02 08:00')],
        ]),
      )['e'];
    expect(between(edge)).toEqual([instantOf(edge), 'unverified']);
    expect(between(past)).toBe('uncertain');
  });

  test('lies between the nearest anchored events of its device, not of others', () => {
    const events = eventsOf([
      ['a', wall('06-01 09:00', run('b1', 0))],
      ['early', wall('06-01 08:59', run('b2', 0))],
      ['fits', wall('06-01 12:00', run('b3', 0))],
      ['late', wall('06-01 18:01', run('b4', 0))],
      ['z', wall('06-01 18:00', run('b5', 0))],
      ['elsewhere', at('06-01 11:00'), { device: 'PC-2', sequence: 2 }],
    ]);
    const anchors = [anchor('b1', 0, '06-01 09:00'), anchor('b5', 0, '06-01 18:00')];
    expect(placed(events, anchors)).toMatchObject({
      early: 'uncertain',
      fits: [instantOf('06-01 12:00'), 'unverified'],
      late: 'uncertain',
    });
  });

  test('cannot have happened after it arrived, at its first arrival', () => {
    const event = (receivedAt: string) =>
      eventsOf([['e', wall('06-01 12:00', run('b1', 0)), { receivedAt: instantOf(receivedAt) }]]);
    expect(placed(event('06-01 12:00'))).toEqual({ e: [instantOf('06-01 12:00'), 'unverified'] });
    expect(placed(event('06-01 11:59'))).toEqual({ e: 'uncertain' });
    expect(placed([...event('06-01 13:00'), ...event('06-01 11:59')])).toEqual({ e: 'uncertain' });
  });

  test('is not bounded by a reconciled logoff, which is recorded later than it happened', () => {
    const events = eventsOf([
      ['e', wall('06-01 12:00', run('b2', 0))],
      ['crash', at('06-01 10:00'), { source: 'reconciled' }],
    ]);
    expect(placed(events)['e']).toEqual([instantOf('06-01 12:00'), 'unverified']);
  });

  test.each([
    ['06-01 12:02', 'believed'],
    ['06-01 12:02:00.001', 'uncertain'],
    ['06-01 11:58', 'believed'],
    ['06-01 11:57:59', 'uncertain'],
  ])('180 minutes of uptime after 09:00 and at %s by the clock is %s, like its run', (time, expected) => {
    const events = eventsOf([
      ['a', wall('06-01 09:00', run('b1', 0))],
      ['b', wall(time, run('b1', 180))],
    ]);
    const { a, b } = placed(events);
    const believed = [
      [instantOf('06-01 09:00'), 'unverified'],
      [instantOf(time), 'unverified'],
    ];
    expect([a, b]).toEqual(expected === 'believed' ? believed : ['uncertain', 'uncertain']);
  });

  test('is not doubted for another of its run that no bracket would hold', () => {
    const events = eventsOf([
      ['a', wall('06-01 09:00', run('b1', 0))],
      ['b', wall('2019-01-01T09:00:00', run('b1', 180))],
    ]);
    expect(placed(events)).toEqual({ a: [instantOf('06-01 09:00'), 'unverified'], b: 'uncertain' });
  });

  test('of a device with no known registration is bounded by what is known', () => {
    const events = eventsOf([['e', wall('2019-01-01T09:00:00', run('b1', 0))]]);
    expect(placed(events, [], new Map())).toEqual({ e: [instantOf('2019-01-01T09:00:00'), 'unverified'] });
  });
});

test('an event without clock is taken at its time', () => {
  expect(placed(eventsOf([['e', at('2019-01-01T09:00:00')]]))).toEqual({
    e: [instantOf('2019-01-01T09:00:00'), 'true'],
  });
});

test('an event delivered twice is one', () => {
  const events = eventsOf([
    ['e', at('06-01 09:00')],
    ['u', wall('2019-01-01T09:00:00', run('b1', 0))],
  ]);
  const { logs, uncertain } = place([...events, ...events], [], REGISTERED);
  expect([logs.length, uncertain.length]).toEqual([1, 1]);
});
