import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { me } from '../../contract/me.ts';
import { recompute } from '../jobs/recompute.ts';
import type { StoredSettings } from '../settings/group-settings.ts';
import { engines } from '../store/engines.test-support.ts';
import type { Database } from '../store/schema.ts';
import { createIngest } from './ingest.ts';
import {
  addEmployee,
  anotherSid,
  aSid,
  registerDevice,
  type TestDevice,
  type TestJournal,
  testSecrets,
  tokyo,
} from './journal.test-support.ts';
import { createReadMe } from './me.ts';

const today = (time: string) => tokyo('2026-06-01', time);
const iso = (ms: number) => new Date(ms).toISOString();

describe.each(engines)('what a person is shown on $name', ({ open }) => {
  let store: Kysely<Database>;
  let pc: TestDevice;
  let journal: TestJournal;
  let nowMs: number;
  const clock = { now: () => nowMs };
  const secrets = testSecrets();

  beforeEach(async () => {
    store = await open();
    nowMs = today('19:00');
    pc = await registerDevice(store, secrets, { company: 'acme', at: tokyo('2026-05-01', '09:00') });
    journal = pc.journal(today('08:00'));
  });
  afterEach(() => store.destroy());

  const read = (sid = aSid) => createReadMe({ store, clock })({ company: 'acme', device: pc.id, sid });
  const settings = (group_id: string, stored: StoredSettings) =>
    store
      .insertInto('settings')
      .values({ company: 'acme', group_id, effective_from: '', settings: JSON.stringify(stored) })
      .execute();
  const aDay = async (
    events = [
      { kind: 'logon', at: today('09:00') },
      { kind: 'logoff', at: today('18:00') },
    ],
  ) => {
    const ingest = createIngest({ store, secrets, clock });
    const records = events.map((words) => journal.record(words));
    await ingest(pc.itself(), records, journal.anchor(nowMs));
    await recompute({ store, clock });
  };
  const ledger = (kind: 'in' | 'out', at: number, state: string, hold: string | null = null) =>
    store
      .insertInto('outbox')
      .values({
        company: 'acme',
        id: `${kind}-${at}`,
        employee: 'e1',
        date: '2026-06-01',
        kind,
        at,
        state,
        hold,
        attempts: 0,
        not_before: 0,
        last_problem: null,
        created_at: 0,
        changed_at: 0,
      })
      .execute();

  test('an account that is linked to nobody sees itself and the company’s settings', async () => {
    await settings('', { language: 'en', timeZone: 'Europe/London' });
    await aDay();

    expect(await read()).toEqual({
      account: { sid: aSid, domain: 'OFFICE', name: 'user-1001' },
      employee: null,
      settings: { timeZone: 'Europe/London', dayBorder: '00:00', language: 'en' },
      today: { date: '2026-06-01', in: null, out: null, breaks: [], flags: [], punches: [] },
      status: { lastEventAt: iso(today('18:00')), findings: [] },
      serverTime: iso(nowMs),
    });
  });

  test('an employee sees the day, its punches and their state', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await store.updateTable('employees').set({ group_id: 'g1' }).execute();
    await store.insertInto('groups').values({ company: 'acme', id: 'g1', name: '開発' }).execute();
    await aDay();

    const shown = await read();

    expect(me.parse(shown)).toEqual(shown);
    expect(shown).toMatchObject({
      employee: { code: 'code-e1', lastName: '山田', firstName: '花子', group: '開発' },
      today: {
        date: '2026-06-01',
        in: iso(today('09:00')),
        out: iso(today('18:00')),
        punches: [
          { kind: 'in', at: iso(today('09:00')), state: 'waiting' },
          { kind: 'out', at: iso(today('18:00')), state: 'provisional' },
        ],
      },
    });
    expect((await read(anotherSid)).employee).toBeNull();
  });

  test.each([
    ['waiting', 'waiting'],
    ['sending', 'waiting'],
    ['sent', 'sent'],
    ['unverified', 'unverified'],
    ['held', 'held'],
    ['failed', 'failed'],
    ['withdrawn', 'withdrawn'],
  ])('a punch that is %s in the ledger is shown as %s', async (state, shown) => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await aDay();
    await ledger('out', today('18:00'), state);
    expect((await read()).today.punches).toMatchObject([{ kind: 'in' }, { kind: 'out', state: shown }]);
  });

  test('a punch is the one that was sent though the attendance service keeps whole seconds', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await aDay([
      { kind: 'logon', at: today('09:00') + 123 },
      { kind: 'logoff', at: today('18:00') + 456 },
    ]);
    await ledger('in', today('09:00'), 'sent');
    await ledger('out', today('18:00'), 'sent');
    expect((await read()).today.punches).toMatchObject([
      { kind: 'in', state: 'sent' },
      { kind: 'out', state: 'sent' },
    ]);
  });

  test('a 出勤 other than the one that was sent waits for the administrator, a later 退勤 for its day', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await aDay();
    await ledger('in', today('09:30'), 'sent');
    await ledger('out', today('17:00'), 'sent');
    expect((await read()).today.punches).toMatchObject([
      { kind: 'in', state: 'held', reason: 'changed-after-sending' },
      { kind: 'out', state: 'provisional', reason: null },
    ]);
  });

  test.each([
    ['held', 'unsettled'],
    ['waiting', null],
    ['sent', null],
  ])('a punch that is %s, and was held once, is shown with the reason %s', async (state, reason) => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await aDay();
    await ledger('out', today('18:00'), state, 'unsettled');
    expect((await read()).today.punches).toMatchObject([{ reason: null }, { kind: 'out', state, reason }]);
  });

  test('a 出勤 whose ledger holds another instant of it gives that one’s reason', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await aDay();
    await ledger('in', today('09:30'), 'held', 'closed-period');
    expect((await read()).today.punches).toMatchObject([
      { kind: 'in', state: 'held', reason: 'closed-period' },
      { kind: 'out' },
    ]);
  });

  test('a 出勤 made by the end of use is held, unless the group sends it as the vendor does', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await aDay([{ kind: 'lock', at: today('09:00') }]);
    expect((await read()).today.punches).toMatchObject([{ kind: 'in', state: 'held', reason: 'in-by-end' }]);
    await settings('', { forwarding: { vendorCompatible: true } });
    expect((await read()).today.punches).toMatchObject([{ kind: 'in', state: 'waiting', reason: null }]);
  });

  test('today is the workday of the group’s border and zone', async () => {
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    await settings('', { dayBorder: '05:00' });
    nowMs = tokyo('2026-06-02', '04:59');
    expect((await read()).today.date).toBe('2026-06-01');
    nowMs = tokyo('2026-06-02', '05:00');
    expect((await read()).today.date).toBe('2026-06-02');
  });

  test('shows what is open against the device, but not that it began a new journal', async () => {
    await aDay();
    const other = pc.journal(today('18:30'));
    other.record({ at: today('18:31') });
    const ingest = createIngest({ store, secrets, clock });
    await ingest(pc.itself(), [], other.anchor(nowMs));
    expect((await read()).status.findings).toEqual(['missing-records']);
  });
});
