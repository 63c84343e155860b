/** However the same events and anchors come, the same true times, workdays and punches must stand in the end. */
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { SealedEvent } from '../../contract/event.ts';
import { createIngest } from '../logs/ingest.ts';
import {
  addEmployee,
  anotherSid,
  aSid,
  putDevice,
  TestDevice,
  type TestJournal,
  testSecrets,
  tokyo,
} from '../logs/journal.test-support.ts';
import { createRecordAnchor } from '../logs/record-anchor.ts';
import type { AnsweredAnchor } from '../logs/types.ts';
import { engines } from '../store/engines.test-support.ts';
import type { Database } from '../store/schema.ts';
import { recompute } from './recompute.ts';

const MINUTE_MS = 60_000;
const began = tokyo('2026-06-01', '06:00');
const registered = tokyo('2026-05-31', '00:00');
const clock = { now: () => tokyo('2027-01-01', '00:00') };

/** What happens at a device, one after the other. */
const step = fc.record({
  device: fc.constantFrom(0, 0, 0, 1),
  gapMs: fc.oneof(
    fc.integer({ min: 0, max: 5_000 }),
    fc.integer({ min: 1, max: 180 }).map((minutes) => minutes * MINUTE_MS),
    fc.integer({ min: 4, max: 40 }).map((hours) => hours * 60 * MINUTE_MS),
  ),
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('logon', 'lock', 'unlock', 'logoff', 'suspend', 'resume') },
    { weight: 2, arbitrary: fc.constantFrom('reconciled', 'shutdown', 'startup', 'clock-change') },
    { weight: 2, arbitrary: fc.constantFrom('boot', 'clock moved') },
    { weight: 2, arbitrary: fc.constantFrom('anchor', 'new session') },
  ),
  /** Of the clock when it is moved, and of an anchor's time. */
  errorMs: fc.constantFrom(0, 0, 1_000, -3_000, 4_900, 30 * MINUTE_MS, -3 * 24 * 60 * MINUTE_MS),
  sid: fc.constantFrom(aSid, aSid, aSid, anotherSid),
  /** How and when it is delivered. */
  batch: fc.integer({ min: 0, max: 6 }),
  place: fc.integer({ min: 0, max: 1000 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

type Delivery =
  | { type: 'event'; device: TestDevice; sealed: SealedEvent }
  | { type: 'anchor'; device: TestDevice; anchor: AnsweredAnchor };

/** Lets it happen, in true time, and collects what will be delivered. */
function deliveriesOf(steps: readonly Step[], devices: readonly TestDevice[]): Delivery[] {
  const at = devices.map(() => began);
  const clockErrorMs = devices.map(() => 0);
  const session = devices.map(() => 0);
  const journals: TestJournal[] = devices.map((device) => device.journal(began));
  return steps.flatMap(({ device: index, gapMs, what, errorMs, sid }): Delivery[] => {
    const [device, journal] = [devices[index], journals[index]];
    if (!device || !journal) return [];
    const now = (at[index] ?? began) + gapMs;
    at[index] = now;
    if (what === 'boot') {
      journal.boot(now);
    } else if (what === 'clock moved') {
      clockErrorMs[index] = errorMs;
    } else if (what === 'new session') {
      session[index] = (session[index] ?? 0) + 1;
    } else if (what === 'anchor') {
      const error = Math.abs(errorMs) < 5_000 ? errorMs : 0;
      const uptimeMs = now - journal.runBeganAtMs;
      const anchor = journal.anchor(now + error, { uptimeMs, tookMs: 100 + 2 * Math.abs(error) });
      return [{ type: 'anchor', device, anchor }];
    } else {
      const isMachine = what === 'shutdown' || what === 'startup';
      const sealed = journal.record({
        at: now + (clockErrorMs[index] ?? 0),
        uptimeMs: now - journal.runBeganAtMs,
        kind: what === 'reconciled' ? 'logoff' : what,
        source: what === 'reconciled' ? 'reconciled' : 'bridge',
        sid: isMachine ? null : sid,
        session: isMachine ? null : `${sid}/${session[index]}`,
      });
      return [{ type: 'event', device, sealed }];
    }
    return [];
  });
}

const secrets = testSecrets();

async function openFor(
  open: () => Promise<Kysely<Database>>,
  devices: readonly TestDevice[],
  settings: object,
) {
  const store = await open();
  for (const device of devices) await putDevice(store, secrets, device, registered);
  await addEmployee(store, { company: 'acme', id: 'e1', accounts: devices.map((device) => ({ device })) });
  await store
    .insertInto('settings')
    .values({ company: 'acme', group_id: '', effective_from: '', settings: JSON.stringify(settings) })
    .execute();
  return store;
}

async function deliver(store: Kysely<Database>, deliveries: readonly Delivery[]): Promise<void> {
  const ingest = createIngest({ store, secrets, clock });
  for (const delivery of deliveries) {
    if (delivery.type === 'anchor') await createRecordAnchor({ store })('acme', delivery.anchor);
  }
  for (const [device, items] of Map.groupBy(deliveries, (delivery) => delivery.device)) {
    const records = items.flatMap((item) => (item.type === 'event' ? [item.sealed] : []));
    const { verdicts } = await ingest(device.itself(), records, null);
    for (const { status } of verdicts) expect(['stored', 'duplicate']).toContain(status);
  }
}

const derived = async (store: Kysely<Database>) => ({
  logs: await store
    .selectFrom('logs')
    .select(['id', 'placed_at', 'placement', 'clock_corrected'])
    .orderBy('id')
    .execute(),
  workdays: (await store.selectFrom('workdays').selectAll().orderBy('date').execute()).map(
    ({ computed_at, ...workday }) => workday,
  ),
  punches: await store
    .selectFrom('punches')
    .selectAll()
    .orderBy('date')
    .orderBy('kind')
    .orderBy('at')
    .execute(),
});

describe.each(engines)('on $name', ({ open }) => {
  test.each([
    ['plain', { dayBorder: '05:00' }],
    ['with breaks', { dayBorder: '00:00', breaks: { enabled: true, minimumMinutes: 30 } }],
    [
      'with carry-over',
      { dayBorder: '05:00', carryOver: true, breaks: { enabled: true, minimumMinutes: 30 } },
    ],
  ])('any order and split of the same events and anchors ends the same, %s', async (_name, settings) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const devices = [new TestDevice('acme', 'client'), new TestDevice('acme', 'client')];
        const deliveries = deliveriesOf(steps, devices);
        const inOrder = await openFor(open, devices, settings);
        const shuffled = await openFor(open, devices, settings);
        try {
          await deliver(inOrder, deliveries);
          await recompute({ store: inOrder, clock });

          const scattered = deliveries.map((delivery, index) => ({
            delivery,
            ...steps[index % steps.length],
          }));
          for (let batch = 0; batch <= 6; batch++) {
            const items = scattered
              .filter((item) => item.batch === batch || (item.place ?? 0) % 7 === batch)
              .sort((a, b) => (a.place ?? 0) - (b.place ?? 0))
              .map(({ delivery }) => delivery);
            await deliver(shuffled, items);
            if (batch % 2 === 0) await recompute({ store: shuffled, clock });
          }

          expect(await derived(shuffled)).toEqual(await derived(inOrder));
        } finally {
          await inOrder.destroy();
          await shuffled.destroy();
        }
      }),
      { numRuns: 15 },
    );
  });
});
