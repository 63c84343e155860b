import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addEmployee } from '../logs/journal.test-support.ts';
import { engines } from '../store/engines.test-support.ts';
import type { Database } from '../store/schema.ts';
import type { StoredSettings } from './group-settings.ts';
import { forwardingSettings, settingsChanges, settingsHistory, settingsOn } from './history.ts';

describe.each(engines)('settings of an employee on $name', ({ open }) => {
  let store: Kysely<Database>;

  beforeEach(async () => {
    store = await open();
    await addEmployee(store, { company: 'acme', id: 'e1' });
  });
  afterEach(() => store.destroy());

  const put = (group_id: string, effective_from: string, settings: StoredSettings, company = 'acme') =>
    store
      .insertInto('settings')
      .values({ company, group_id, effective_from, settings: JSON.stringify(settings) })
      .execute();
  const join = (changes: { group_id?: string; division_code?: string }) =>
    store.updateTable('employees').set(changes).execute();
  const division = (day_border: string, company = 'acme') =>
    store.insertInto('divisions').values({ company, code: '100', name: '本社', day_border }).execute();
  const on = async (date: string) => settingsOn(await settingsChanges(store, 'acme', 'e1'), date);

  test('are the defaults where nothing is stored', async () => {
    expect(await settingsChanges(store, 'acme', 'e1')).toEqual([
      {
        from: null,
        settings: {
          timeZone: 'Asia/Tokyo',
          dayBorder: '00:00',
          language: 'ja',
          breaks: { enabled: false },
          carryOver: false,
          punches: 'both',
          source: 'client',
          forwarding: {
            atOnce: false,
            overwriteConfirmed: false,
            otherRecorders: false,
            vendorCompatible: false,
            foreignTime: 'instant',
          },
        },
      },
    ]);
  });

  test('the day border is the group’s, else the division’s, else the company’s', async () => {
    await put('', '', { dayBorder: '03:00' });
    expect((await on('2026-06-01')).dayBorder).toBe('03:00');
    await division('05:00');
    await division('06:00', 'globex');
    await join({ division_code: '100' });
    expect((await on('2026-06-01')).dayBorder).toBe('05:00');
    await put('g1', '', { dayBorder: '04:00' });
    await join({ group_id: 'g1' });
    expect((await on('2026-06-01')).dayBorder).toBe('04:00');
  });

  test('a group’s are completed by the company’s of the same day', async () => {
    await join({ group_id: 'g1' });
    await put('', '', { timeZone: 'Europe/London', language: 'en', forwarding: { atOnce: true } });
    await put('', '2026-06-10', { timeZone: 'Europe/Paris', language: 'fr' });
    await put('g1', '2026-06-05', { language: 'de', forwarding: { overwriteConfirmed: true } });
    await put('g2', '', { language: 'it' });
    await put('', '', { language: 'es' }, 'globex');

    const [first, ...later] = await settingsChanges(store, 'acme', 'e1');
    expect(
      [first, ...later].map(({ from, settings }) => [from, settings.timeZone, settings.language]),
    ).toEqual([
      [null, 'Europe/London', 'en'],
      ['2026-06-05', 'Europe/London', 'de'],
      ['2026-06-10', 'Europe/Paris', 'de'],
    ]);
    expect(await forwardingSettings(store, 'acme', 'e1', '2026-06-07')).toEqual({
      atOnce: true,
      overwriteConfirmed: true,
      otherRecorders: false,
      vendorCompatible: false,
      foreignTime: 'instant',
      timeZone: 'Europe/London',
      carryOver: false,
    });
    expect((await forwardingSettings(store, 'acme', 'e1', '2026-06-10')).atOnce).toBe(false);
  });

  test('a group that names a minimum for breaks takes none of the company’s', async () => {
    await join({ group_id: 'g1' });
    await put('', '', { breaks: { enabled: true, lockMinimumMinutes: 20, logoffMinimumMinutes: 40 } });
    expect((await on('2026-06-01')).breaks).toEqual({
      enabled: true,
      lockMinimumMinutes: 20,
      logoffMinimumMinutes: 40,
    });
    await put('g1', '2026-06-05', { breaks: { enabled: false } });
    expect((await on('2026-06-05')).breaks).toMatchObject({ enabled: false, lockMinimumMinutes: 20 });
    await put('g1', '2026-06-09', { breaks: { enabled: true, minimumMinutes: 30 } });
    expect((await on('2026-06-09')).breaks).toEqual({ enabled: true, minimumMinutes: 30 });
  });

  test('cut the workdays of the punch rules', async () => {
    await put('', '', { dayBorder: '05:00' });
    const history = await settingsHistory(store, 'acme', 'e1');
    expect(history.workdayAt(Date.parse('2026-06-01T19:59:00Z')).date).toBe('2026-06-01');
    expect(history.workdayAt(Date.parse('2026-06-01T20:00:00Z')).date).toBe('2026-06-02');
  });

  test('nobody has the settings of another company’s employee', async () => {
    await expect(settingsHistory(store, 'globex', 'e1')).rejects.toThrow('no employee e1');
  });
});
