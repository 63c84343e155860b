import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { SealedEvent } from '../../contract/event.ts';
import { type EventSource, place } from '../punches/index.ts';
import { engines } from '../store/engines.test-support.ts';
import type { Database } from '../store/schema.ts';
import { createIngest } from './ingest.ts';
import { addEmployee, aSid, putDevice, TestDevice, testSecrets, tokyo } from './journal.test-support.ts';
import { createRecordAnchor } from './record-anchor.ts';
import type { AnsweredAnchor } from './types.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const registered = tokyo('2026-06-01', '00:00');
const began = tokyo('2026-06-01', '08:00');
const arrival = tokyo('2026-12-01', '00:00');
const secrets = testSecrets();

type Delivery = { type: 'event'; sealed: SealedEvent } | { type: 'anchor'; anchor: AnsweredAnchor };

const step = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('unlock', 'lock') },
    { weight: 2, arbitrary: fc.constantFrom('reconciled') },
    { weight: 2, arbitrary: fc.constantFrom('anchor') },
    { weight: 2, arbitrary: fc.constantFrom('boot', 'boot with a wrong clock', 'clock moved') },
  ),
  gapMs: fc.oneof(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 1, max: 90 }).map((n) => n * MINUTE_MS),
  ),
  clockErrorMs: fc.integer({ min: -300, max: 300 }).map((n) => n * MINUTE_MS),
  anchorErrorMs: fc.integer({ min: -4_900, max: 4_900 }),
  batch: fc.integer({ min: 0, max: 5 }),
  again: fc.integer({ min: 0, max: 5 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function deliveriesOf(steps: readonly Step[], device: TestDevice): (Delivery & Step)[] {
  const journal = device.journal(began);
  let now = began;
  let clockErrorMs = 0;
  return steps.flatMap((taken): (Delivery & Step)[] => {
    const { what, gapMs, anchorErrorMs } = taken;
    now += gapMs;
    if (what === 'boot' || what === 'boot with a wrong clock') journal.boot(now);
    if (what === 'boot') clockErrorMs = 0;
    if (what === 'boot with a wrong clock' || what === 'clock moved') clockErrorMs = taken.clockErrorMs;
    const uptimeMs = now - journal.runBeganAtMs;
    if (what === 'anchor') {
      const tookMs = 100 + 2 * Math.abs(anchorErrorMs);
      return [
        { ...taken, type: 'anchor', anchor: journal.anchor(now + anchorErrorMs, { uptimeMs, tookMs }) },
      ];
    }
    if (what !== 'lock' && what !== 'unlock' && what !== 'reconciled') return [];
    const kind = what === 'reconciled' ? { kind: 'logoff', source: 'reconciled' } : { kind: what };
    const sealed = journal.record({ ...kind, at: now + clockErrorMs, uptimeMs });
    return [{ ...taken, type: 'event', sealed }];
  });
}

async function openFor(open: () => Promise<Kysely<Database>>, device: TestDevice) {
  const store = await open();
  await putDevice(store, secrets, device, registered);
  await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device }] });
  return store;
}

async function deliver(store: Kysely<Database>, device: TestDevice, deliveries: readonly Delivery[]) {
  const ingest = createIngest({ store, secrets, clock: { now: () => arrival } });
  for (const delivery of deliveries) {
    if (delivery.type === 'anchor') await createRecordAnchor({ store })('acme', delivery.anchor);
  }
  const records = deliveries.flatMap((delivery) => (delivery.type === 'event' ? [delivery.sealed] : []));
  return await ingest(device.itself(), records, null);
}

const placings = async (store: Kysely<Database>) =>
  new Map(
    (await store.selectFrom('logs').selectAll().execute()).map((row) => [
      row.id,
      { at: row.placed_at, placement: row.placement, corrected: row.clock_corrected },
    ]),
  );

/** Where `place` puts everything when it is shown the whole journal with all the anchors that are kept. */
async function placedAtOnce(store: Kysely<Database>, device: TestDevice) {
  const rows = await store.selectFrom('logs').selectAll().execute();
  const anchors = await store.selectFrom('anchors').selectAll().execute();
  const { logs, uncertain } = place(
    rows.map((row) => ({
      id: row.id,
      device: row.device,
      sequence: row.sequence ?? 0,
      session: '',
      kind: row.kind,
      initiator: row.initiator,
      source: row.source as EventSource,
      receivedAt: row.received_at,
      time: {
        type: 'clock' as const,
        wall: row.wall_at,
        run: { bootId: row.boot_id ?? '', uptimeMs: row.uptime_ms ?? 0 },
      },
    })),
    anchors.map((row) => ({
      device: row.device,
      bootId: row.boot_id,
      uptimeMs: row.uptime_ms,
      serverTime: row.server_at,
    })),
    new Map([[device.id, registered]]),
  );
  return new Map<string, { at: number | null; placement: string; corrected: number }>([
    ...logs.map(({ id, at, trust }) => {
      const placement = trust === 'unverified' ? 'believed' : 'anchored';
      return [id, { at, placement, corrected: trust === 'corrected' ? 1 : 0 }] as const;
    }),
    ...uncertain.map(({ id }) => [id, { at: null, placement: 'uncertain', corrected: 0 }] as const),
  ]);
}

describe.each(engines)('placing on $name', ({ open }) => {
  test('as events and anchors come, in any order, is placing the whole journal at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (steps) => {
        const device = new TestDevice('acme', 'client');
        const deliveries = deliveriesOf(steps, device);
        const store = await openFor(open, device);
        try {
          for (let batch = 0; batch <= 5; batch++) {
            const items = deliveries.filter((item) => item.batch === batch || item.again === batch);
            const { verdicts } = await deliver(store, device, batch % 2 ? items.toReversed() : items);
            expect(verdicts.every(({ status }) => status !== 'refused')).toBe(true);
          }
          expect(await placings(store)).toEqual(await placedAtOnce(store, device));
        } finally {
          await store.destroy();
        }
      }),
      { numRuns: 60 },
    );
  });

  async function onePc() {
    const device = new TestDevice('acme', 'client');
    const store = await openFor(open, device);
    return {
      device,
      store,
      journal: device.journal(began),
      async [Symbol.asyncDispose]() {
        await store.destroy();
      },
    };
  }
  const dirtyFrom = async (store: Kysely<Database>) =>
    (await store.selectFrom('dirty').select('from_at').executeTakeFirst())?.from_at;

  test('an event is moved to where its run’s anchor puts it, and its employee is computed from the earlier place', async () => {
    await using pc = await onePc();
    const { store, device, journal } = pc;
    const sealed = journal.record({ at: began + 20 * HOUR_MS, uptimeMs: HOUR_MS });
    await deliver(store, device, [{ type: 'event', sealed }]);
    expect([...(await placings(store)).values()]).toEqual([
      { at: began + 20 * HOUR_MS, placement: 'believed', corrected: 0 },
    ]);
    await store.deleteFrom('dirty').execute();

    await deliver(store, device, [{ type: 'anchor', anchor: journal.anchor(began + 2 * HOUR_MS) }]);

    expect([...(await placings(store)).values()]).toEqual([
      { at: began + HOUR_MS, placement: 'anchored', corrected: 1 },
    ]);
    expect(await dirtyFrom(store)).toBe(began + HOUR_MS);
  });

  test('what could be believed is so no longer once a true time after it contradicts', async () => {
    await using pc = await onePc();
    const { store, device, journal } = pc;
    const ahead = journal.record({ at: began + 50 * HOUR_MS, uptimeMs: HOUR_MS });
    await deliver(store, device, [{ type: 'event', sealed: ahead }]);
    await store.deleteFrom('dirty').execute();
    journal.boot(began + 10 * HOUR_MS);
    const later = journal.record({ at: began + 11 * HOUR_MS });

    await deliver(store, device, [
      { type: 'event', sealed: later },
      { type: 'anchor', anchor: journal.anchor(began + 12 * HOUR_MS) },
    ]);

    expect([...(await placings(store)).values()].map(({ placement }) => placement).sort()).toEqual([
      'anchored',
      'uncertain',
    ]);
    expect(await dirtyFrom(store)).toBe(began + 11 * HOUR_MS);
  });

  test('nothing is believed to be older than the device’s registration or younger than its arrival', async () => {
    await using pc = await onePc();
    const { store, device, journal } = pc;
    for (const at of [registered - 1, registered, arrival, arrival + 1]) {
      journal.boot(began);
      await deliver(store, device, [
        { type: 'event', sealed: journal.record({ at, uptimeMs: 0, sid: aSid }) },
      ]);
    }
    const rows = await store.selectFrom('logs').select('placement').orderBy('sequence').execute();
    expect(rows.map(({ placement }) => placement)).toEqual([
      'uncertain',
      'believed',
      'believed',
      'uncertain',
    ]);
  });

  test.each([
    ['in order', [0, 1]],
    ['the other way round', [1, 0]],
  ])(
    'two events close together do not change places between two anchors, brought %s',
    async (_name, order) => {
      await using pc = await onePc();
      const { store, device, journal } = pc;
      const anchors = [
        journal.anchor(began + 10 * MINUTE_MS + 4_000, { uptimeMs: 10 * MINUTE_MS, tookMs: 9_000 }),
        journal.anchor(began + 20 * MINUTE_MS - 4_000, { uptimeMs: 20 * MINUTE_MS, tookMs: 9_000 }),
      ];
      const records = [-1_000, 1_000].map((ms) => journal.record({ at: began + 15 * MINUTE_MS + ms }));
      await deliver(
        store,
        device,
        anchors.map((anchor) => ({ type: 'anchor', anchor })),
      );
      for (const index of order) {
        const sealed = records[index];
        if (sealed) await deliver(store, device, [{ type: 'event', sealed }]);
      }
      const rows = await store.selectFrom('logs').select('placed_at').execute();
      expect(rows.map(({ placed_at }) => placed_at)).toEqual(Array(2).fill(began + 15 * MINUTE_MS + 3_000));
    },
  );

  test('of each five minutes of a run the most accurate anchor is kept', async () => {
    await using pc = await onePc();
    const { store, journal, device } = pc;
    const anchors = [
      journal.anchor(began + 6 * MINUTE_MS, { tookMs: 900 }),
      journal.anchor(began + 7 * MINUTE_MS, { tookMs: 100 }),
      journal.anchor(began + 8 * MINUTE_MS, { tookMs: 500 }),
      journal.anchor(began + 10 * MINUTE_MS, { tookMs: 900 }),
    ];
    await deliver(
      store,
      device,
      anchors.map((anchor) => ({ type: 'anchor', anchor })),
    );
    const kept = await store.selectFrom('anchors').selectAll().orderBy('uptime_ms').execute();
    expect(kept).toMatchObject([
      { uptime_ms: 7 * MINUTE_MS, accuracy_ms: 50, server_at: began + 7 * MINUTE_MS },
      { uptime_ms: 10 * MINUTE_MS, accuracy_ms: 450 },
    ]);
  });
});
