import { describe, expect, it } from 'vitest';
import { openStore } from '../store/store.ts';
import { addLog, NOW } from './administration.test-support.ts';
import { readCompanyFile } from './company-file.ts';
import { importCompany } from './import-company.ts';

const employee = (key: string, code: string, change: object = {}) => ({
  key,
  code,
  lastName: '山田',
  firstName: '太郎',
  division: '010',
  group: 'office',
  ...change,
});

const FILE = {
  company: { code: 'abc', name: '株式会社テスト', settings: { timeZone: 'Asia/Tokyo' } },
  divisions: [{ code: '010', name: '本社', dayBorder: '05:00' }],
  groups: [{ id: 'office', name: '事務', settings: { language: 'ja' } }],
  employees: [employee('k1', '0001'), employee('k2', '0002', { source: 'lanscope', hiredOn: '2020-04-01' })],
};

async function withStore() {
  const store = await openStore(':memory:');
  const load = (file: object, atMs = NOW) =>
    importCompany(store, readCompanyFile(JSON.stringify(file)), atMs);
  const everything = async () => ({
    companies: await store.selectFrom('companies').select(['code', 'name']).execute(),
    divisions: await store.selectFrom('divisions').select(['code', 'name', 'day_border']).execute(),
    groups: await store.selectFrom('groups').select(['id', 'name']).execute(),
    employees: await store.selectFrom('employees').selectAll().orderBy('id').execute(),
    settings: await store.selectFrom('settings').select(['group_id', 'effective_from', 'settings']).execute(),
  });
  return { store, load, everything };
}

describe('importing a company', () => {
  it('creates all of it, codes with their leading zeros', async () => {
    const { load, everything } = await withStore();
    await load(FILE);
    expect(await everything()).toMatchObject({
      companies: [{ code: 'abc', name: '株式会社テスト' }],
      divisions: [{ code: '010', name: '本社', day_border: '05:00' }],
      groups: [{ id: 'office', name: '事務' }],
      employees: [
        { id: 'k1', code: '0001', source: 'client', hired_on: null },
        { id: 'k2', code: '0002', source: 'lanscope', hired_on: '2020-04-01', division_code: '010' },
      ],
      settings: [
        { group_id: '', effective_from: '', settings: '{"timeZone":"Asia/Tokyo"}' },
        { group_id: 'office', effective_from: '', settings: '{"language":"ja"}' },
      ],
    });
  });

  it('changes nothing when it is the same file, even after logs have come', async () => {
    const { store, load, everything } = await withStore();
    const { id } = await load(FILE);
    const before = await everything();
    await addLog(store, id, 'a');
    expect((await load(FILE, NOW + 86_400_000)).id).toBe(id);
    expect(await everything()).toEqual(before);
  });

  it('lets two employees swap their codes, who stay who they are', async () => {
    const { load, everything } = await withStore();
    await load(FILE);
    await load({ ...FILE, employees: [employee('k1', '0002'), employee('k2', '0001')] });
    expect((await everything()).employees).toMatchObject([
      { id: 'k1', code: '0002' },
      { id: 'k2', code: '0001' },
    ]);
  });

  it('keeps what the file leaves out', async () => {
    const { load, everything } = await withStore();
    await load(FILE);
    await load({ company: { code: 'abc', name: '新社名' } });
    const { companies, employees, settings } = await everything();
    expect(companies).toEqual([{ code: 'abc', name: '新社名' }]);
    expect([employees.length, settings.length]).toEqual([2, 2]);
  });

  it('changes settings of a company at work from the next day on', async () => {
    const { store, load, everything } = await withStore();
    const { id } = await load(FILE);
    await addLog(store, id, 'a');
    await load({ ...FILE, groups: [{ id: 'office', name: '事務', settings: { language: 'en' } }] });
    expect((await everything()).settings).toContainEqual({
      group_id: 'office',
      effective_from: '2026-06-02',
      settings: '{"language":"en"}',
    });
  });

  it.each<[string, object]>([
    ['a division that is not there', { employees: [employee('k1', '1', { division: '999' })] }],
    ['a group that is not there', { employees: [employee('k1', '1', { group: 'nobody' })] }],
    ['a code somebody else has', { employees: [employee('k3', '0002')] }],
  ])('is refused whole for %s', async (_, change) => {
    const { load, everything } = await withStore();
    await load(FILE);
    const before = await everything();
    const file = { ...FILE, company: { code: 'abc', name: 'changed' }, ...change };
    await expect(load(file)).rejects.toMatchObject({ code: 'invalid-file' });
    expect(await everything()).toEqual(before);
  });

  it('keeps two companies with the same keys and codes apart', async () => {
    const { store, load } = await withStore();
    await load(FILE);
    await load({ ...FILE, company: { code: 'xyz', name: 'Other' } });
    expect(await store.selectFrom('employees').selectAll().execute()).toHaveLength(4);
  });
});

describe('a company file', () => {
  it.each<[string, string]>([
    ['is not JSON', '{'],
    ['has no company', '{}'],
    ['has a number for a code', JSON.stringify({ ...FILE, employees: [{ ...employee('k', '1'), code: 1 }] })],
    ['has a field nobody knows', JSON.stringify({ ...FILE, employee: [] })],
    [
      'names an employee twice',
      JSON.stringify({ ...FILE, employees: [employee('k', '1'), employee('k', '2')] }),
    ],
    ['uses a code twice', JSON.stringify({ ...FILE, employees: [employee('a', '1'), employee('b', '1')] })],
    [
      'has a border that is no time',
      JSON.stringify({ ...FILE, divisions: [{ ...FILE.divisions[0], dayBorder: '5' }] }),
    ],
  ])('that %s is refused', (_, text) => {
    expect(() => readCompanyFile(text)).toThrow(expect.objectContaining({ code: 'invalid-file' }));
  });

  it('with settings nobody knows is refused before anything is written', () => {
    const text = JSON.stringify({ company: { ...FILE.company, settings: { dayborder: '05:00' } } });
    expect(() => readCompanyFile(text)).toThrow(expect.objectContaining({ code: 'invalid-settings' }));
  });
});
