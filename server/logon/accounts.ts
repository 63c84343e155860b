import type { Selectable } from 'kysely';
import type { EmployeeTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';

export type Employee = Selectable<EmployeeTable>;

/** A Windows account on a PC of a company, as the server made sure of it. */
export interface AccountOnDevice {
  company: string;
  device: string;
  sid: string;
}

/** The employee an account is linked to; null when it is nobody's, or of somebody who has left. */
export async function employeeOf(
  store: Store,
  { company, device, sid }: AccountOnDevice,
): Promise<Employee | null> {
  const employee = await store
    .selectFrom('links')
    .innerJoin('employees', (join) =>
      join
        .onRef('employees.company', '=', 'links.company')
        .onRef('employees.id', '=', 'links.employee')
        .on('employees.removed_at', 'is', null),
    )
    .selectAll('employees')
    .where('links.company', '=', company)
    .where('links.device', '=', device)
    .where('links.sid', '=', sid)
    .executeTakeFirst();
  return employee ?? null;
}

/**
 * Takes the device's row and then the employee's for this transaction alone, so that two requests about one account or one
 * employee come one after the other, on any node. Everything in logon that changes something begins so.
 */
export async function lockedEmployeeOf(tx: Store, account: AccountOnDevice): Promise<Employee | null> {
  await lockDeviceRow(tx, account);
  const employee = await employeeOf(tx, account);
  if (employee) await lockEmployeeRow(tx, account.company, employee.id);
  return employee;
}

/** It writes, because a SQLite transaction that begins by reading cannot always go on to write. */
export async function lockDeviceRow(
  tx: Store,
  { company, device }: Omit<AccountOnDevice, 'sid'>,
): Promise<void> {
  await tx
    .updateTable('devices')
    .set(({ ref }) => ({ name: ref('name') }))
    .where('company', '=', company)
    .where('id', '=', device)
    .execute();
}

export async function lockEmployeeRow(tx: Store, company: string, employee: string): Promise<void> {
  await tx
    .updateTable('employees')
    .set(({ ref }) => ({ code: ref('code') }))
    .where('company', '=', company)
    .where('id', '=', employee)
    .execute();
}

/** As people see it. */
export const shownEmployee = ({ code, last_name, first_name }: Employee) => ({
  code,
  lastName: last_name,
  firstName: first_name,
});
