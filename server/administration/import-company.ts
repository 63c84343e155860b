import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';
import { type Company, createCompany } from './companies.ts';
import type { CompanyFile } from './company-file.ts';
import { COMPANY_ITSELF, latestSettings, readSettings, setSettings } from './settings.ts';

/**
 * Brings a company to what a file says, all of it or nothing: creates what is new, renames what is there, changes settings from
 * the soonest day on. What the file leaves out stays. Importing the same file again changes nothing. An employee is known by key, so
 * a changed or swapped code moves nobody's records.
 *
 * @throws AdministrationError `invalid-file` when it refers to a division or group that is neither in it nor there, or when two employees
 * would end up with one code.
 */
export async function importCompany(
  store: Kysely<Database>,
  file: CompanyFile,
  atMs: number,
): Promise<Company> {
  return store.transaction().execute(async (transaction) => {
    const company = await upsertCompany(transaction, file.company, atMs);
    await upsertDivisions(transaction, company.id, file.divisions);
    await upsertGroups(transaction, company.id, file.groups);
    await refuseUnknownReferences(transaction, company.id, file.employees);
    await upsertEmployees(transaction, company.id, file.employees);
    await refuseSharedCodes(transaction, company.id);
    await changeSettings(transaction, company.id, COMPANY_ITSELF, file.company.settings, atMs);
    for (const group of file.groups) {
      await changeSettings(transaction, company.id, group.id, group.settings, atMs);
    }
    return company;
  });
}

async function upsertCompany(
  store: Store,
  { code, name }: CompanyFile['company'],
  atMs: number,
): Promise<Company> {
  const renamed = await store
    .updateTable('companies')
    .set({ name })
    .where('code', '=', code)
    .returningAll()
    .executeTakeFirst();
  return renamed ?? createCompany(store, { code, name, atMs });
}

async function upsertDivisions(store: Store, company: string, divisions: CompanyFile['divisions']) {
  for (const { code, name, dayBorder: day_border } of divisions) {
    await store
      .insertInto('divisions')
      .values({ company, code, name, day_border })
      .onConflict((conflict) => conflict.columns(['company', 'code']).doUpdateSet({ name, day_border }))
      .execute();
  }
}

async function upsertGroups(store: Store, company: string, groups: CompanyFile['groups']) {
  for (const { id, name } of groups) {
    await store
      .insertInto('groups')
      .values({ company, id, name })
      .onConflict((conflict) => conflict.columns(['company', 'id']).doUpdateSet({ name }))
      .execute();
  }
}

async function upsertEmployees(store: Store, company: string, employees: CompanyFile['employees']) {
  for (const { key, ...employee } of employees) {
    const row = {
      code: employee.code,
      last_name: employee.lastName,
      first_name: employee.firstName,
      division_code: employee.division,
      group_id: employee.group,
      source: employee.source,
      hired_on: employee.hiredOn,
      removed_at: null,
      ...(employee.mail !== undefined && { mail: employee.mail }),
    };
    await store
      .insertInto('employees')
      .values({ company, id: key, ...row })
      .onConflict((conflict) => conflict.columns(['company', 'id']).doUpdateSet(row))
      .execute();
  }
}

async function refuseUnknownReferences(store: Store, company: string, employees: CompanyFile['employees']) {
  const divisions = await store
    .selectFrom('divisions')
    .select('code')
    .where('company', '=', company)
    .execute();
  const groups = await store.selectFrom('groups').select('id').where('company', '=', company).execute();
  const divisionCodes = new Set(divisions.map(({ code }) => code));
  const groupIds = new Set(groups.map(({ id }) => id));
  for (const { key, division, group } of employees) {
    if (division !== null && !divisionCodes.has(division)) {
      throw new AdministrationError('invalid-file', `employee ${key}: there is no division ${division}`);
    }
    if (group !== null && !groupIds.has(group)) {
      throw new AdministrationError('invalid-file', `employee ${key}: there is no group ${group}`);
    }
  }
}

/** Looked at when all are written, so that two employees may swap their codes in one file. */
async function refuseSharedCodes(store: Store, company: string): Promise<void> {
  const shared = await store
    .selectFrom('employees')
    .select('code')
    .where('company', '=', company)
    .where('removed_at', 'is', null)
    .groupBy('code')
    .having(({ fn }) => fn.countAll(), '>', 1)
    .limit(1)
    .executeTakeFirst();
  if (shared) {
    throw new AdministrationError('invalid-file', `Two employees would have the code ${shared.code}`);
  }
}

async function changeSettings(store: Store, company: string, group: string, input: unknown, atMs: number) {
  if (input === undefined) return;
  const settings = readSettings(input);
  if (isDeepStrictEqual(await latestSettings(store, company, group), settings)) return;
  await setSettings(store, { company, group, from: 'soonest', settings, atMs });
}
