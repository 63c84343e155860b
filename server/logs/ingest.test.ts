import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GENESIS_MAC } from '../../contract/event.ts';
import { engines } from '../store/engines.test-support.ts';
import type { Database } from '../store/schema.ts';
import { createIngest } from './ingest.ts';
import {
  addEmployee,
  anotherSid,
  aSid,
  collected,
  registerDevice,
  type TestDevice,
  type TestJournal,
  testSecrets,
  tokyo,
} from './journal.test-support.ts';
import { createRecordAnchor } from './record-anchor.ts';
import type { Ingest } from './types.ts';

const day = '2026-06-01';
const at = (time: string) => tokyo(day, time);

describe.each(engines)('ingest on $name', ({ open }) => {
  let store: Kysely<Database>;
  let ingest: Ingest;
  let pc: TestDevice;
  let journal: TestJournal;
  const secrets = testSecrets();
  let nowMs: number;

  beforeEach(async () => {
    store = await open();
    nowMs = at('20:00');
    ingest = createIngest({ store, secrets, clock: { now: () => nowMs } });
    pc = await registerDevice(store, secrets, { company: 'acme', at: tokyo('2026-05-01', '09:00') });
    journal = pc.journal(at('08:00'));
  });
  afterEach(() => store.destroy());

  const logs = () => store.selectFrom('logs').selectAll().orderBy('sequence').execute();
  const findings = () => store.selectFrom('findings').selectAll().orderBy('kind').execute();
  const openKinds = async () =>
    (await findings()).filter(({ closed_at }) => closed_at === null).map(({ kind }) => kind);
  const day3 = () => ['09:00', '12:00', '18:00'].map((time) => journal.record({ at: at(time) }));
  const statuses = (answer: Awaited<ReturnType<Ingest>>) =>
    answer.verdicts.map((verdict) => (verdict.status === 'refused' ? verdict.code : verdict.status));

  test('stores sealed records once, with their employee, and receipts what it holds', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    const records = day3();

    const answer = await ingest(pc.itself(), records, journal.anchor(at('19:00')));

    expect(statuses(answer)).toEqual(['stored', 'stored', 'stored']);
    expect(answer.receipts).toMatchObject([{ device: pc.id, journal: journal.id, throughSequence: 3 }]);
    expect(answer.receipts.every((receipt) => pc.acceptsReceipt(receipt))).toBe(true);
    expect(await logs()).toMatchObject(
      records.map(({ record }, index) => ({
        record,
        sequence: index + 1,
        employee: 'e1',
        sid: aSid,
        account_name: 'user-1001',
        placement: 'anchored',
        received_at: at('20:00'),
        ip: '192.0.2.1',
      })),
    );
    expect(await store.selectFrom('dirty').selectAll().execute()).toEqual([
      { company: 'acme', employee: 'e1', from_at: at('09:00'), revision: 1 },
    ]);
  });

  test('knows a batch that comes again, by the other way too', async () => {
    const records = day3();
    await ingest(pc.client(), records, null);

    expect(statuses(await ingest(pc.client(), records, null))).toEqual(Array(3).fill('duplicate'));
    const again = await ingest(pc.itself(), [...records, ...records], null);

    expect(statuses(again)).toEqual(Array(6).fill('duplicate'));
    expect(again.receipts).toMatchObject([{ throughSequence: 3 }]);
    expect(await logs()).toHaveLength(3);
  });

  test('knows an event that stands twice in one batch', async () => {
    const [first] = day3();
    expect(statuses(await ingest(pc.itself(), [first, first], null))).toEqual(['stored', 'duplicate']);
  });

  test('takes records in any order and by two ways, and receipts only what is whole', async () => {
    const mine = journal.record({ at: at('09:00') });
    const theirs = journal.record({ at: at('10:00'), sid: anotherSid });
    const machine = journal.record({ at: at('10:30'), sid: null, kind: 'startup' });
    const mineLater = journal.record({ at: at('11:00') });

    const byClient = await ingest(pc.client(), [mineLater, mine], null);
    const byOther = await ingest(pc.client(anotherSid), [theirs], null);
    const byDevice = await ingest(pc.itself(), [machine], null);

    expect([byClient, byOther, byDevice].map((answer) => answer.receipts[0]?.throughSequence)).toEqual([
      1, 2, 4,
    ]);
    expect(await openKinds()).toEqual([]);
  });

  test('walks over more held records than one page when the gap closes', async () => {
    const records = Array.from({ length: 1203 }, (_, n) => journal.record({ at: at('09:00') + n * 1000 }));
    const [first, ...rest] = records;
    for (let i = 0; i < rest.length; i += 500) await ingest(pc.itself(), rest.slice(i, i + 500), null);

    const answer = await ingest(pc.itself(), [first], null);

    expect(answer.receipts[0]?.throughSequence).toBe(1203);
  });

  test('refuses one bad event of 500 and stores the others', async () => {
    const records: unknown[] = Array.from({ length: 500 }, (_, n) =>
      journal.record({ at: at('09:00') + n * 1000 }),
    );
    records[250] = { record: '{"no":"event"}', previousMac: GENESIS_MAC, mac: GENESIS_MAC };

    const verdicts = statuses(await ingest(pc.itself(), records, null));

    expect(verdicts[250]).toBe('malformed-event');
    expect(verdicts.filter((status) => status === 'stored')).toHaveLength(499);
  });

  test.each([
    ['nothing', null],
    ['a number', 7],
    ['no record', { previousMac: GENESIS_MAC, mac: GENESIS_MAC }],
    ['a record that is no JSON', { record: '{', previousMac: GENESIS_MAC, mac: GENESIS_MAC }],
    [
      'a record beyond the limit',
      { record: `"${'あ'.repeat(4000)}"`, previousMac: GENESIS_MAC, mac: GENESIS_MAC },
    ],
    ['a collected event without an account', { event: {} }],
    [
      'a collected event beyond the limit',
      { event: { ...collected({ at: '2026-06-01', serviceAccount: '1' }).event, more: 'x'.repeat(9000) } },
    ],
  ])('refuses %s as malformed', async (_name, item) => {
    const smarton = await registerDevice(store, secrets, { company: 'acme', at: 0, role: 'smarton' });
    expect(statuses(await ingest(smarton.itself(), [item], null))).toEqual(['malformed-event']);
  });

  test('keeps a kind and fields it does not know', async () => {
    const sealed = journal.record({ at: at('09:00'), kind: 'coffee' });
    const text = sealed.record.replace('"reason"', '"future":{"a":[1]},"reason"');
    const answer = await ingest(pc.itself(), [journal.sealText(GENESIS_MAC, text)], null);

    expect(statuses(answer)).toEqual(['stored']);
    expect(await logs()).toMatchObject([{ kind: 'coffee', record: text }]);
  });

  describe('against somebody hostile', () => {
    test('a client brings neither another account’s nor the machine’s events', async () => {
      const theirs = journal.record({ at: at('09:00'), sid: anotherSid });
      const machine = journal.record({ at: at('09:01'), sid: null, kind: 'startup' });

      expect(statuses(await ingest(pc.client(), [theirs, machine], null))).toEqual([
        'wrong-account',
        'wrong-account',
      ]);
      expect(await logs()).toEqual([]);
    });

    test('a device brings no other device’s events, even of its own company', async () => {
      const otherPc = await registerDevice(store, secrets, { company: 'acme', at: 0 });
      const foreign = await registerDevice(store, secrets, { company: 'globex', at: 0 });

      expect(statuses(await ingest(otherPc.itself(), day3(), null))).toEqual(Array(3).fill('wrong-device'));
      expect(statuses(await ingest(foreign.itself(), day3(), null))).toEqual(Array(3).fill('wrong-device'));
    });

    test('an altered record, a forged and a respelled MAC do not hold', async () => {
      const sealed = journal.record({ at: at('09:00') });
      const altered = { ...sealed, record: sealed.record.replace('unlock', 'logoff') };
      const forged = { ...sealed, mac: `${sealed.mac.startsWith('B') ? 'C' : 'B'}${sealed.mac.slice(1)}` };
      // The last of 43 characters carries two bits nobody reads.
      const last = sealed.mac.slice(-1);
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const respelled = { ...sealed, mac: sealed.mac.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1] };
      expect(Buffer.from(respelled.mac, 'base64url')).toEqual(Buffer.from(sealed.mac, 'base64url'));
      const otherJournal = pc.journal(at('08:00')).sealText(sealed.previousMac, sealed.record);

      const answer = await ingest(pc.itself(), [altered, forged, respelled, otherJournal], null);

      expect(statuses(answer)).toEqual(Array(4).fill('mac-mismatch'));
      expect(answer.receipts).toEqual([]);
      expect(await logs()).toEqual([]);
      expect(await findings()).toEqual([]);
    });

    test('a re-used sequence is kept as evidence once, never merged, and nothing is receipted any more', async () => {
      const [first, second, third] = day3();
      await ingest(pc.itself(), [first, second, third], null);
      const fork = journal.seal(2, first?.mac ?? '', { at: at('15:00'), kind: 'lock' });

      const answer = await ingest(pc.itself(), [fork], null);
      await ingest(pc.client(), [fork], null);

      expect(statuses(answer)).toEqual(['sequence-reused']);
      expect(answer.receipts[0]?.throughSequence).toBe(0);
      expect((await logs()).map(({ mac }) => mac)).toEqual([first?.mac, second?.mac, third?.mac]);
      const kept = await findings();
      expect(kept).toMatchObject([{ kind: 'sequence-reused', sequence: 2, journal: journal.id }]);
      expect(JSON.parse(kept[0]?.evidence ?? '')).toEqual(fork);
    });

    test('a fork inside one batch is found like any other', async () => {
      const [first, second] = day3();
      const fork = journal.seal(2, first?.mac ?? '', { at: at('15:00') });
      const answer = await ingest(pc.itself(), [first, second, fork], null);
      expect(statuses(answer)).toEqual(['stored', 'stored', 'sequence-reused']);
    });

    test.each([
      ['the record before', [0], 1],
      ['the record after', [2], 1],
    ])('a record that does not link to %s breaks the chain', async (_name, held, sequence) => {
      const records = day3();
      await ingest(
        pc.itself(),
        held.map((index) => records[index]),
        null,
      );
      const swapped = journal.seal(sequence + 1, `${'B'.repeat(42)}A`, { at: at('12:00') });

      expect(statuses(await ingest(pc.itself(), [swapped], null))).toEqual(['chain-broken']);
      expect(await openKinds()).toEqual(['chain-broken']);
      expect(await logs()).toHaveLength(1);
    });

    test('record 1 builds on nothing but the beginning', async () => {
      const orphan = journal.seal(1, `${'B'.repeat(42)}A`, { at: at('09:00') });
      expect(statuses(await ingest(pc.itself(), [orphan], null))).toEqual(['chain-broken']);
    });

    test('an event id serves one event only', async () => {
      const id = '0197a0d0-0000-7000-8000-000000000001';
      const first = journal.record({ at: at('09:00'), id });
      const second = journal.record({ at: at('10:00'), id });
      const otherPc = await registerDevice(store, secrets, { company: 'acme', at: 0 });
      const third = otherPc.journal(at('08:00')).record({ at: at('10:00'), id });
      const foreign = await registerDevice(store, secrets, { company: 'globex', at: 0 });
      const inAnotherCompany = foreign.journal(at('08:00')).record({ at: at('10:00'), id });

      expect(statuses(await ingest(pc.itself(), [first, second], null))).toEqual(['stored', 'id-reused']);
      expect(statuses(await ingest(otherPc.itself(), [third], null))).toEqual(['id-reused']);
      expect(statuses(await ingest(foreign.itself(), [inAnotherCompany], null))).toEqual(['stored']);
    });

    test('a bridge does not speak for another source', async () => {
      const posing = journal.record({ at: at('09:00'), source: 'senselink' });
      expect(statuses(await ingest(pc.itself(), [posing], null))).toEqual(['malformed-event']);
    });

    test('an anchor of another device is not taken with an upload', async () => {
      const otherPc = await registerDevice(store, secrets, { company: 'acme', at: 0 });
      const anchor = otherPc.journal(at('08:00')).anchor(at('19:00'));
      await expect(ingest(pc.itself(), day3(), anchor)).rejects.toThrow();
      expect(await logs()).toEqual([]);
    });
  });

  describe('collectors', () => {
    test('bring events of their own source without a seal, each id once', async () => {
      const smarton = await registerDevice(store, secrets, { company: 'acme', at: 0, role: 'smarton' });
      const event = collected({ at: '2026-06-01T00:00:00Z', serviceAccount: '0001' });
      const another = { event: { ...event.event, serviceAccount: '0002' } };
      const lanscope = collected({ at: '2026-06-01T00:00:00Z', serviceAccount: '0001', source: 'lanscope' });

      const first = await ingest(smarton.itself(), [event, event, lanscope], null);
      const again = await ingest(smarton.itself(), [event, another], null);

      expect(statuses(first)).toEqual(['stored', 'duplicate', 'malformed-event']);
      expect(statuses(again)).toEqual(['duplicate', 'id-reused']);
      expect(first.receipts).toEqual([]);
      expect(await logs()).toMatchObject([
        {
          account_name: '0001',
          session: 'PC-9',
          journal: null,
          employee: null,
          placement: 'reported',
          placed_at: Date.parse('2026-06-01T00:00:00Z'),
        },
      ]);
    });

    test('bring no sealed records, and clients bring no others', async () => {
      const smarton = await registerDevice(store, secrets, { company: 'acme', at: 0, role: 'smarton' });
      const sealed = smarton.journal(at('08:00')).record({ at: at('09:00') });
      const event = collected({ at: '2026-06-01T00:00:00Z', serviceAccount: '0001' });

      expect(statuses(await ingest(smarton.itself(), [sealed], null))).toEqual(['wrong-device']);
      expect(statuses(await ingest(pc.client(), [event], null))).toEqual(['seal-required']);
    });
  });

  describe('what a head says', () => {
    test('records missing below it are found once the device has reported, and the finding closes when they come', async () => {
      const [first, second, third] = day3();
      await ingest(pc.client(), [first, third], journal.anchor(at('19:00')));
      expect(await openKinds()).toEqual([]);

      await ingest(pc.itself(), [third], journal.anchor(at('19:01')));
      expect(await findings()).toMatchObject([{ kind: 'missing-records', sequence: 2, closed_at: null }]);
      await ingest(pc.itself(), [], journal.anchor(at('19:02')));
      expect(await openKinds()).toEqual(['missing-records']);

      await ingest(pc.itself(), [second], null);
      expect(await openKinds()).toEqual([]);
    });

    test('a tail that was cut off is missing', async () => {
      const [first] = day3();
      await ingest(pc.itself(), [first], journal.anchor(at('19:00')));
      await ingest(pc.itself(), [], journal.anchor(at('19:01')));
      expect(await findings()).toMatchObject([{ kind: 'missing-records', sequence: 2 }]);
    });

    test('a device that has more to bring is missing nothing yet', async () => {
      const [first, second, third] = day3();
      await ingest(pc.itself(), [first], journal.anchor(at('19:00')));
      await ingest(pc.itself(), [second, third], journal.anchor(at('19:01')));
      expect(await findings()).toEqual([]);
    });

    test('a restored image falls back, and its new records are told from the old ones', async () => {
      const [first, second, third] = day3();
      await ingest(pc.itself(), [first, second, third], journal.anchor(at('18:30')));
      nowMs = at('18:40');
      journal.head = { sequence: 1, mac: first?.mac ?? '' };

      const back = await ingest(pc.itself(), [], journal.anchor(at('21:00')));
      const anew = journal.record({ at: at('21:10'), kind: 'lock' });
      const forked = await ingest(pc.itself(), [anew], journal.anchor(at('21:20')));

      expect(statuses(forked)).toEqual(['sequence-reused']);
      expect(await openKinds()).toEqual(['chain-broken', 'head-fell-back', 'sequence-reused']);
      expect([back, forked].map(({ receipts }) => receipts[0]?.throughSequence)).toEqual([0, 0]);
    });

    test('an older anchor that was overtaken is no falling back', async () => {
      const early = journal.anchor(at('08:59'), { tookMs: 2000 });
      const records = day3();
      nowMs = at('19:01');
      await ingest(pc.itself(), records, journal.anchor(at('19:00')));

      await createRecordAnchor({ store })('acme', early);

      expect(await openKinds()).toEqual([]);
    });

    test('a head below records already held falls back, though no head was ever stated', async () => {
      const [first, second] = day3();
      nowMs = at('19:00');
      await ingest(pc.client(), [first, second], null);
      await createRecordAnchor({ store })(
        'acme',
        journal.anchor(at('20:00'), { head: { sequence: 1, mac: first?.mac ?? '' } }),
      );
      expect(await openKinds()).toEqual(['head-fell-back']);
    });

    test('a stated head with another MAC than the record, held or still to come, breaks the chain', async () => {
      const [first, second] = day3();
      const otherHead = { sequence: 2, mac: `${'B'.repeat(42)}A` };
      await ingest(pc.itself(), [first], journal.anchor(at('19:00'), { head: otherHead }));

      expect(statuses(await ingest(pc.itself(), [second], null))).toEqual(['chain-broken']);
      expect(await openKinds()).toEqual(['chain-broken']);
    });

    test('an anchor that took too long, or was answered before it was asked, is not counted', async () => {
      const late = journal.anchor(at('19:00'), { tookMs: 10_002 });
      const early = journal.anchor(at('19:00'), { tookMs: -2 });
      await ingest(pc.itself(), [], late);
      await createRecordAnchor({ store })('acme', early);

      expect(await store.selectFrom('anchors').selectAll().execute()).toEqual([]);
      expect(await store.selectFrom('journals').selectAll().execute()).toEqual([]);
    });

    test('a second journal of a device is noted; the anchor that names it gets its receipt', async () => {
      await ingest(pc.itself(), day3(), null);
      const renewed = pc.journal(at('18:30'));

      const answer = await ingest(pc.itself(), [], renewed.anchor(at('19:00')));

      expect(answer.receipts).toMatchObject([{ journal: renewed.id, throughSequence: 0 }]);
      expect(await findings()).toMatchObject([{ kind: 'journal-replaced', journal: renewed.id }]);
    });
  });
});
