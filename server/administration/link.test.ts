import { describe, expect, it } from 'vitest';
import {
  addDevice,
  addEmployee,
  addLog,
  DEVICE,
  NOW,
  SID,
  withCompany,
} from './administration.test-support.ts';
import { createCompany } from './companies.ts';
import { linkAccount } from './link.ts';

async function withEmployees() {
  const { store, company } = await withCompany();
  await addEmployee(store, company, 'key-1', '0001');
  await addEmployee(store, company, 'key-2', '0002');
  const link = (change: Partial<Parameters<typeof linkAccount>[1]> = {}) =>
    linkAccount(store, { company, device: DEVICE, sid: SID, employeeCode: '0001', atMs: NOW, ...change });
  const links = () => store.selectFrom('links').selectAll().execute();
  const dirty = () => store.selectFrom('dirty').selectAll().execute();
  const owners = async () => {
    const rows = await store.selectFrom('logs').select(['id', 'employee']).orderBy('id').execute();
    return Object.fromEntries(rows.map(({ id, employee }) => [id, employee]));
  };
  return { store, company, link, links, dirty, owners };
}

describe('linking a Windows account to an employee', () => {
  it("gives the employee the account's waiting logs, and has the days from the first on computed again", async () => {
    const { store, company, link, links, dirty, owners } = await withEmployees();
    await addLog(store, company, 'a', { placed_at: NOW + 500 });
    await addLog(store, company, 'b', { placed_at: NOW + 100 });
    await addLog(store, company, 'uncertain', { placed_at: null, placement: 'uncertain' });
    expect(await link()).toEqual({ employee: 'key-1', isNew: true, linkedLogs: 3 });
    expect(await owners()).toEqual({ a: 'key-1', b: 'key-1', uncertain: 'key-1' });
    expect(await dirty()).toEqual([{ company, employee: 'key-1', from_at: NOW + 100, revision: 1 }]);
    expect(await links()).toEqual([{ company, device: DEVICE, sid: SID, employee: 'key-1', linked_at: NOW }]);
  });

  it('leaves the logs of other accounts, devices, companies and employees alone', async () => {
    const { store, company, link, owners } = await withEmployees();
    const other = await createCompany(store, { code: 'xyz', name: 'Other', atMs: NOW });
    await addLog(store, company, 'mine');
    await addLog(store, company, 'other-account', { sid: `${SID}1` });
    await addLog(store, company, 'other-device', { device: 'E'.repeat(43) });
    await addLog(store, company, 'nobody', { sid: null });
    await addLog(store, company, 'owned', { employee: 'key-2' });
    await addLog(store, other.id, 'other-company');
    await link();
    expect(await owners()).toEqual({
      mine: 'key-1',
      'other-account': null,
      'other-device': null,
      nobody: null,
      owned: 'key-2',
      'other-company': null,
    });
  });

  it('has nothing computed again when no placed log waited', async () => {
    const { store, company, link, dirty } = await withEmployees();
    await addLog(store, company, 'a', { placed_at: null });
    await link();
    expect(await dirty()).toEqual([]);
  });

  it('moves an earlier mark never forward, a later one back, and lets the revision grow', async () => {
    const { store, company, link, dirty } = await withEmployees();
    await store
      .insertInto('dirty')
      .values({ company, employee: 'key-1', from_at: NOW, revision: 7 })
      .execute();
    await addLog(store, company, 'later', { placed_at: NOW + 5 });
    await link();
    expect(await dirty()).toMatchObject([{ from_at: NOW, revision: 8 }]);
    await addDevice(store, company, 'E'.repeat(43));
    await addLog(store, company, 'earlier', { device: 'E'.repeat(43), placed_at: NOW - 5 });
    await link({ device: 'E'.repeat(43) });
    expect(await dirty()).toMatchObject([{ from_at: NOW - 5, revision: 9 }]);
  });

  it('changes nothing when repeated', async () => {
    const { store, company, link, links, dirty } = await withEmployees();
    await addLog(store, company, 'a');
    await link();
    const before = [await links(), await dirty()];
    expect(await link({ atMs: NOW + 1000 })).toEqual({ employee: 'key-1', isNew: false, linkedLogs: 0 });
    expect([await links(), await dirty()]).toEqual(before);
  });

  it('is refused for an account that is another employee, and then nothing has changed', async () => {
    const { store, company, link, links, dirty, owners } = await withEmployees();
    await link({ employeeCode: '0002' });
    await addLog(store, company, 'a');
    await expect(link()).rejects.toMatchObject({ code: 'linked-otherwise' });
    expect(await links()).toMatchObject([{ employee: 'key-2' }]);
    expect([await owners(), await dirty()]).toEqual([{ a: null }, []]);
  });

  it('is refused for a device or an employee the company does not have', async () => {
    const { store, link, links } = await withEmployees();
    const other = await createCompany(store, { code: 'xyz', name: 'Other', atMs: NOW });
    await addEmployee(store, other.id, 'key-9', '0009');
    await expect(link({ device: 'E'.repeat(43) })).rejects.toMatchObject({ code: 'unknown-device' });
    await expect(link({ company: other.id })).rejects.toMatchObject({ code: 'unknown-device' });
    await expect(link({ employeeCode: '0009' })).rejects.toMatchObject({ code: 'unknown-employee' });
    await expect(link({ employeeCode: '1' })).rejects.toMatchObject({ code: 'unknown-employee' });
    expect(await links()).toEqual([]);
  });

  it('is refused when the code means two employees, or one who has left', async () => {
    const { store, company, link } = await withEmployees();
    await addEmployee(store, company, 'key-3', '0001');
    await expect(link()).rejects.toMatchObject({ code: 'ambiguous-employee' });
    await store.updateTable('employees').set({ removed_at: NOW }).where('id', '=', 'key-3').execute();
    expect((await link()).employee).toBe('key-1');
    await store.updateTable('employees').set({ removed_at: NOW }).execute();
    await expect(link()).rejects.toMatchObject({ code: 'unknown-employee' });
  });
});
