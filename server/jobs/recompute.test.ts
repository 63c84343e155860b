import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIngest } from '../logs/ingest.ts';
import {
  addEmployee,
  type EventWords,
  registerDevice,
  type TestDevice,
  type TestJournal,
  testSecrets,
  tokyo,
} from '../logs/journal.test-support.ts';
import type { Ingest } from '../logs/types.ts';
import type { StoredSettings } from '../settings/group-settings.ts';
import { engines } from '../store/engines.test-support.ts';
import type { Database } from '../store/schema.ts';
import { recompute } from './recompute.ts';

const monday = (time: string) => tokyo('2026-06-01', time);
const tuesday = (time: string) => tokyo('2026-06-02', time);

describe.each(engines)('recomputing workdays on $name', ({ open }) => {
  let store: Kysely<Database>;
  let ingest: Ingest;
  let pc: TestDevice;
  let journal: TestJournal;
  let nowMs: number;
  const clock = { now: () => nowMs };
  const secrets = testSecrets();

  beforeEach(async () => {
    store = await open();
    nowMs = tokyo('2026-07-01', '00:00');
    ingest = createIngest({ store, secrets, clock });
    pc = await registerDevice(store, secrets, { company: 'acme', at: tokyo('2026-05-01', '09:00') });
    await addEmployee(store, { company: 'acme', id: 'e1', accounts: [{ device: pc }] });
    journal = pc.journal(tokyo('2026-05-02', '08:00'));
    await ingest(pc.itself(), [], journal.anchor(tokyo('2026-05-02', '08:00')));
  });
  afterEach(() => store.destroy());

  const settings = (stored: StoredSettings) =>
    store
      .insertInto('settings')
      .values({ company: 'acme', group_id: '', effective_from: '', settings: JSON.stringify(stored) })
      .execute();
  const bring = (...events: EventWords[]) =>
    ingest(
      pc.itself(),
      events.map((words) => journal.record(words)),
      null,
    );
  const run = () => recompute({ store, clock });
  const workdays = () => store.selectFrom('workdays').selectAll().orderBy('date').execute();
  const punches = () =>
    store.selectFrom('punches').select(['date', 'kind', 'at', 'hold']).orderBy('at').execute();
  const dirty = () => store.selectFrom('dirty').selectAll().execute();

  test('makes a day’s workday and punches, and says which date changed', async () => {
    await settings({ breaks: { enabled: true, minimumMinutes: 45 } });
    await bring(
      { kind: 'logon', at: monday('09:00') },
      { kind: 'lock', at: monday('12:00') },
      { kind: 'unlock', at: monday('13:00') },
      { kind: 'logoff', at: monday('18:00') },
    );

    expect(await run()).toEqual([{ company: 'acme', employee: 'e1', dates: ['2026-06-01'] }]);

    expect(await workdays()).toMatchObject([
      {
        company: 'acme',
        employee: 'e1',
        date: '2026-06-01',
        ends_at: tuesday('00:00'),
        in_at: monday('09:00'),
        out_at: monday('18:00'),
        breaks: JSON.stringify([[monday('12:00'), monday('13:00')]]),
        flags: '[]',
        computed_at: nowMs,
      },
    ]);
    expect(await punches()).toEqual([
      { date: '2026-06-01', kind: 'in', at: monday('09:00'), hold: null },
      { date: '2026-06-01', kind: 'break-start', at: monday('12:00'), hold: null },
      { date: '2026-06-01', kind: 'break-end', at: monday('13:00'), hold: null },
      { date: '2026-06-01', kind: 'out', at: monday('18:00'), hold: null },
    ]);
    expect(await dirty()).toEqual([]);
  });

  test('leaves what is right untouched', async () => {
    await bring({ kind: 'logon', at: monday('09:00') }, { kind: 'logoff', at: monday('18:00') });
    await run();
    const before = await workdays();
    await store
      .insertInto('dirty')
      .values({ company: 'acme', employee: 'e1', from_at: 0, revision: 1 })
      .execute();
    nowMs += 1;

    expect(await run()).toEqual([]);
    expect(await workdays()).toEqual(before);
    expect(await dirty()).toEqual([]);
  });

  test('replaces only the days a late event changes', async () => {
    await bring(
      { kind: 'logon', at: monday('09:00') },
      { kind: 'logoff', at: monday('18:00') },
      { kind: 'logon', at: tuesday('09:00'), session: 'second' },
      { kind: 'logoff', at: tuesday('18:00'), session: 'second' },
    );
    await run();
    nowMs += 1;
    await bring({ kind: 'logon', at: tuesday('08:00'), session: 'third' });

    expect(await run()).toMatchObject([{ dates: ['2026-06-02'] }]);
    expect((await workdays()).map(({ in_at, computed_at }) => [in_at, computed_at])).toEqual([
      [monday('09:00'), nowMs - 1],
      [tuesday('08:00'), nowMs],
    ]);
  });

  test('flags the earlier workday of a session whose next event comes weeks later', async () => {
    await bring({ kind: 'logon', at: monday('09:00') }, { kind: 'resume', at: tuesday('09:00') });
    await run();
    expect(await workdays()).toMatchObject([{ date: '2026-06-01', flags: '["no-clock-out"]' }]);

    await bring({ kind: 'logoff', at: tokyo('2026-06-24', '18:00') });

    expect(await run()).toMatchObject([{ dates: ['2026-06-01', '2026-06-24'] }]);
    expect(await workdays()).toMatchObject([
      { date: '2026-06-01', flags: '["crosses-border","no-clock-out"]' },
      { date: '2026-06-24', flags: '["no-clock-out"]' },
    ]);
  });

  test('takes up a session that was silent for months', async () => {
    nowMs = tokyo('2026-12-01', '00:00');
    await bring({ kind: 'logon', at: monday('09:00') });
    await run();
    await bring({ kind: 'lock', at: tokyo('2026-10-05', '18:00') });
    await run();
    expect((await workdays()).map(({ flags }) => flags)).toEqual([
      '["crosses-border","no-clock-out"]',
      '["no-clock-out"]',
    ]);
  });

  test('a shutdown of the machine ends the sessions on it, whoever recorded it', async () => {
    await settings({ breaks: { enabled: true, minimumMinutes: 30 } });
    await bring({ kind: 'logon', at: monday('09:00') });
    await run();
    await bring({ kind: 'shutdown', at: tuesday('01:00'), sid: null });

    expect(await run()).toMatchObject([{ dates: ['2026-06-01'] }]);
    expect(await workdays()).toMatchObject([{ flags: '["crosses-border","no-clock-out"]' }]);
  });

  test('carries a night into its workday when the end comes later', async () => {
    await settings({ carryOver: true, dayBorder: '05:00' });
    await bring({ kind: 'logon', at: monday('21:00') });
    await run();
    expect(await workdays()).toMatchObject([{ carry_open_until: tuesday('13:00') }]);
    await bring({ kind: 'logoff', at: tuesday('06:10') });
    await run();
    expect(await workdays()).toMatchObject([
      { date: '2026-06-01', out_at: tuesday('06:10'), flags: '[]', carry_open_until: null },
    ]);
  });

  test('a workday that rested on a misplaced event goes when the event moves', async () => {
    journal.boot(tuesday('08:00'));
    await bring({ kind: 'logon', at: monday('09:00'), uptimeMs: 3_600_000 });
    await run();
    expect(await workdays()).toMatchObject([
      { date: '2026-06-01', flags: '["no-clock-out","time-unverified"]' },
    ]);

    await ingest(pc.itself(), [], journal.anchor(tuesday('10:00')));

    expect(await run()).toMatchObject([{ dates: ['2026-06-01', '2026-06-02'] }]);
    expect(await workdays()).toMatchObject([
      { date: '2026-06-02', in_at: tuesday('09:00'), flags: '["clock-corrected","no-clock-out"]' },
    ]);
    expect(await punches()).toEqual([{ date: '2026-06-02', kind: 'in', at: tuesday('09:00'), hold: null }]);
  });

  test('holds what a person must look at', async () => {
    await bring(
      { kind: 'lock', at: monday('09:00') },
      { kind: 'unlock', at: monday('18:00') },
      { kind: 'logon', at: tuesday('09:00'), session: 'crashed' },
      { kind: 'logoff', at: tuesday('15:00'), session: 'crashed', source: 'reconciled' },
      { kind: 'logon', at: tuesday('15:30'), session: 'after' },
      { kind: 'logoff', at: tuesday('18:00'), session: 'after' },
    );
    await run();
    expect(await punches()).toEqual([
      { date: '2026-06-01', kind: 'in', at: monday('09:00'), hold: 'in-by-end' },
      { date: '2026-06-01', kind: 'out', at: monday('18:00'), hold: 'out-by-begin' },
      { date: '2026-06-02', kind: 'in', at: tuesday('09:00'), hold: null },
      { date: '2026-06-02', kind: 'out', at: tuesday('18:00'), hold: 'abnormal-end' },
    ]);
  });

  test('one employee who cannot be computed keeps nobody else waiting, and stays marked', async () => {
    await addEmployee(store, { company: 'acme', id: 'e0', source: 'no such source' });
    await store
      .insertInto('dirty')
      .values({ company: 'acme', employee: 'e0', from_at: 0, revision: 1 })
      .execute();
    await bring({ kind: 'logon', at: monday('09:00') });
    const failed: string[] = [];

    const done = await recompute({
      store,
      clock,
      limit: 1,
      onFailure: ({ employee }) => failed.push(employee),
    });

    expect(done).toMatchObject([{ employee: 'e1' }]);
    expect(failed).toEqual(['e0']);
    expect(await dirty()).toMatchObject([{ employee: 'e0' }]);
    await expect(run()).rejects.toThrow('could not be computed');
  });

  test('takes no more employees than asked for', async () => {
    for (const employee of ['e2', 'e3', 'e4']) {
      await addEmployee(store, { company: 'acme', id: employee });
      await store
        .insertInto('dirty')
        .values({ company: 'acme', employee, from_at: 0, revision: 1 })
        .execute();
    }
    await recompute({ store, clock, limit: 2 });
    expect((await dirty()).map(({ employee }) => employee)).toEqual(['e4']);
  });
});
