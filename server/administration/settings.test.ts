import { describe, expect, it } from 'vitest';
import { addLog, NOW, withCompany } from './administration.test-support.ts';
import { COMPANY_ITSELF, readSettings, SINCE_EVER, setSettings } from './settings.ts';

async function withGroup() {
  const { store, company } = await withCompany();
  await store.insertInto('groups').values({ company, id: 'g', name: 'Group' }).execute();
  const set = (change: Partial<Parameters<typeof setSettings>[1]> = {}) =>
    setSettings(store, { company, group: 'g', from: 'soonest', settings: {}, atMs: NOW, ...change });
  const rows = () =>
    store.selectFrom('settings').select(['group_id', 'effective_from', 'settings']).execute();
  return { store, company, set, rows };
}

describe('putting settings into force', () => {
  it('holds since ever, or from any day, while the company has no log', async () => {
    const { set, rows } = await withGroup();
    expect(await set({ group: COMPANY_ITSELF, settings: { carryOver: true } })).toBe(SINCE_EVER);
    expect(await set({ from: '2020-01-01' })).toBe('2020-01-01');
    expect(await rows()).toEqual([
      { group_id: '', effective_from: '', settings: '{"carryOver":true}' },
      { group_id: 'g', effective_from: '2020-01-01', settings: '{}' },
    ]);
  });

  it('leaves days alone that have begun: the soonest is tomorrow', async () => {
    const { store, company, set } = await withGroup();
    await addLog(store, company, 'a');
    expect(await set()).toBe('2026-06-02');
    for (const from of ['2026-06-01', '2026-05-31', SINCE_EVER]) {
      await expect(set({ from })).rejects.toMatchObject({ code: 'day-begun' });
    }
  });

  it('counts a day as begun when it has in the old zone or in the new one', async () => {
    const { store, company, set } = await withGroup();
    await addLog(store, company, 'a');
    const kiritimati = { timeZone: 'Pacific/Kiritimati' };
    const evening = Date.parse('2026-06-01T12:00:00.000Z');
    expect(await set({ atMs: evening })).toBe('2026-06-02');
    expect(await set({ atMs: evening, settings: kiritimati })).toBe('2026-06-03');
    expect(await set({ atMs: evening })).toBe('2026-06-03');
  });

  it('replaces what was set for the same day', async () => {
    const { set, rows } = await withGroup();
    await set({ settings: { carryOver: true } });
    await set({ settings: { carryOver: false } });
    expect((await rows()).map(({ settings }) => settings)).toEqual(['{"carryOver":false}']);
  });

  it('is refused for a group the company does not have', async () => {
    const { set } = await withGroup();
    await expect(set({ group: 'nobody' })).rejects.toMatchObject({ code: 'unknown-group' });
  });
});

describe('reading settings', () => {
  it.each<[string, unknown]>([
    ['a misspelt name', { timezone: 'Asia/Tokyo' }],
    ['a misspelt name further in', { breaks: { enabled: true, minimum: 5 } }],
    ['a zone nobody knows', { timeZone: 'Asia/Tokio' }],
    ['a border that is no time', { dayBorder: '24:00' }],
    ['no object', 'carryOver'],
    ['nothing', undefined],
  ])('refuses %s', (_, input) => {
    expect(() => readSettings(input)).toThrow(expect.objectContaining({ code: 'invalid-settings' }));
  });

  it('takes what it knows, as it is', () => {
    const settings = { timeZone: 'Asia/Tokyo', dayBorder: '05:00', breaks: { enabled: true } };
    expect(readSettings(settings)).toEqual(settings);
  });
});
