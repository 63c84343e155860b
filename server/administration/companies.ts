import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { CompanyTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';

export type Company = Selectable<CompanyTable>;

/** @throws AdministrationError `company-exists`. */
export async function createCompany(
  store: Store,
  { code, name, atMs }: { code: string; name: string; atMs: number },
): Promise<Company> {
  const created = await store
    .insertInto('companies')
    .values({ id: randomUUID(), code, name, created_at: atMs })
    .onConflict((conflict) => conflict.column('code').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!created) throw new AdministrationError('company-exists', `A company has the code ${code} already`);
  return created;
}

/** @throws AdministrationError `unknown-company`. */
export async function companyByCode(store: Store, code: string): Promise<Company> {
  const company = await store.selectFrom('companies').selectAll().where('code', '=', code).executeTakeFirst();
  if (!company) throw new AdministrationError('unknown-company', `No company has the code ${code}`);
  return company;
}
