import type { Kysely } from 'kysely';
import { groupedCode } from '../../contract/logon.ts';
import { type Actor, audit } from '../audit/audit.ts';
import { type Employee, lockDeviceRow } from '../logon/accounts.ts';
import { raiseEpoch } from '../logon/epochs.ts';
import { issueOneTimeCode } from '../logon/one-time-codes.ts';
import { notifyEmployee, pcName } from '../mail/notify.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';
import { unknownDevice } from './devices.ts';
import { employeeByCode, type Linked, linkAccount } from './link.ts';

/** What an administrator of logon works with, and who they are. */
export interface LogonAdministration {
  store: Kysely<Database>;
  secrets: Secrets;
  company: string;
  /** The administrator's name, for the audit. */
  by: string;
  atMs: number;
}

export const administrator = ({ by }: LogonAdministration): Actor => ({ kind: 'administrator', name: by });

/**
 * The employee with this code, their row held.
 *
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`.
 */
async function takeEmployee(tx: Store, company: string, code: string): Promise<Employee> {
  const id = await employeeByCode(tx, company, code);
  return tx
    .selectFrom('employees')
    .selectAll()
    .where('company', '=', company)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/**
 * Runs an administrator's deed in one transaction that holds the employee's row.
 *
 * @throws as `takeEmployee` does.
 */
export async function onEmployee<T>(
  { store, company }: LogonAdministration,
  code: string,
  deed: (tx: Store, employee: Employee) => Promise<T>,
): Promise<T> {
  return store.transaction().execute(async (tx) => {
    // A SQLite transaction that begins by reading cannot always go on to write.
    await tx
      .updateTable('employees')
      .set(({ ref }) => ({ code: ref('code') }))
      .where('company', '=', company)
      .where('code', '=', code)
      .execute();
    return deed(tx, await takeEmployee(tx, company, code));
  });
}

/**
 * Issues a one-time code to hand over directly. One from before is void.
 *
 * @returns the code as people read it; it is told this once.
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`.
 */
export async function issueCode(
  work: LogonAdministration,
  employeeCode: string,
): Promise<{ code: string; expiresAtMs: number }> {
  const { company, atMs } = work;
  return onEmployee(work, employeeCode, async (tx, { id: employee }) => {
    const { code, expiresAtMs } = await issueOneTimeCode(tx, { company, employee, atMs });
    await audit(tx, { company, atMs, by: administrator(work), action: 'one-time-code-issued', employee });
    return { code: groupedCode(code), expiresAtMs };
  });
}

/**
 * Sends the account mail: a one-time code to the employee's address. One from before is void.
 *
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`, `no-mail-address`.
 */
export async function sendAccountMail(
  work: LogonAdministration,
  employeeCode: string,
): Promise<{ recipient: string; expiresAtMs: number }> {
  const { company, secrets, atMs } = work;
  return onEmployee(work, employeeCode, async (tx, employee) => {
    if (employee.mail === null) throw noMailAddress(employeeCode);
    const issued = await issueOneTimeCode(tx, { company, employee: employee.id, atMs });
    const { id, code, expiresAtMs } = issued;
    const notice = {
      template: 'account-code',
      eventKey: `account-code/${id}`,
      values: { code: groupedCode(code), expiresAtMs },
      expiresAtMs,
    } as const;
    await notifyEmployee(tx, secrets, employee, notice, atMs);
    const deed = { company, atMs, by: administrator(work), employee: employee.id };
    await audit(tx, { ...deed, action: 'account-mail-queued', detail: { to: employee.mail } });
    return { recipient: employee.mail, expiresAtMs };
  });
}

const noMailAddress = (code: string) =>
  new AdministrationError(
    'no-mail-address',
    `The employee ${code} has no mail address; issue a code instead`,
  );

/**
 * Says where an employee's mails go; null for nowhere.
 *
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`.
 */
export async function setEmployeeMail(
  work: LogonAdministration,
  employeeCode: string,
  mail: string | null,
): Promise<void> {
  const { company, atMs } = work;
  await onEmployee(work, employeeCode, async (tx, { id: employee }) => {
    await tx
      .updateTable('employees')
      .set({ mail })
      .where('company', '=', company)
      .where('id', '=', employee)
      .execute();
    const deed = { company, atMs, by: administrator(work), employee };
    await audit(tx, { ...deed, action: 'employee-mail-set', detail: { to: mail } });
  });
}

export interface AccountToChange {
  device: string;
  sid: string;
}

/**
 * Links an account in an employee's place, without a code; see `linkAccount`. It does not let them enrol: that still takes a one-time code.
 *
 * @throws AdministrationError as `linkAccount` does.
 */
export async function linkForEmployee(
  work: LogonAdministration,
  { device, sid }: AccountToChange,
  employeeCode: string,
): Promise<Linked> {
  const { store, secrets, company, atMs } = work;
  const request = { company, device, sid, employeeCode, atMs };
  return linkAccount(store, request, async (tx, { isNew, linkedLogs }) => {
    if (!isNew) return;
    const employee = await takeEmployee(tx, company, employeeCode);
    const by = administrator(work);
    const deed = { company, atMs, by, employee: employee.id, device, sid };
    await audit(tx, { ...deed, action: 'account-linked', detail: { by: 'administrator', linkedLogs } });
    const values = { pc: await pcName(tx, company, device), atMs };
    const eventKey = `account-linked/${device}/${sid}/${atMs}`;
    await notifyEmployee(tx, secrets, employee, { template: 'account-linked', eventKey, values }, atMs);
  });
}

/**
 * Ends the link of an account: the PC deletes what it holds of it, and it can be linked anew. Logs it made so far stay the employee's.
 *
 * @throws AdministrationError `unknown-device`, `not-linked`.
 */
export async function unlinkAccount(work: LogonAdministration, account: AccountToChange): Promise<void> {
  const { store, secrets, company, atMs } = work;
  const { device, sid } = account;
  await store.transaction().execute(async (tx) => {
    await takeDevice(tx, company, device);
    const link = await tx
      .deleteFrom('links')
      .where('company', '=', company)
      .where('device', '=', device)
      .where('sid', '=', sid)
      .returning('employee')
      .executeTakeFirst();
    if (!link) throw new AdministrationError('not-linked', 'This account on this device is linked to nobody');
    for (const table of ['enrolment_grants', 'device_accounts'] as const) {
      await tx
        .deleteFrom(table)
        .where('company', '=', company)
        .where('device', '=', device)
        .where('sid', '=', sid)
        .execute();
    }
    await raiseEpoch(tx, company, link.employee, 'sealed_password');
    const deed = { company, atMs, by: administrator(work), employee: link.employee, device, sid };
    await audit(tx, { ...deed, action: 'account-unlinked' });
    const employee = await tx
      .selectFrom('employees')
      .selectAll()
      .where('company', '=', company)
      .where('id', '=', link.employee)
      .executeTakeFirst();
    if (!employee) return;
    const values = { pc: await pcName(tx, company, device), atMs };
    const eventKey = `account-unlinked/${device}/${sid}/${atMs}`;
    await notifyEmployee(tx, secrets, employee, { template: 'account-unlinked', eventKey, values }, atMs);
  });
}

/** @throws AdministrationError `unknown-device`. */
export async function takeDevice(tx: Store, company: string, device: string) {
  await lockDeviceRow(tx, { company, device });
  const row = await tx
    .selectFrom('devices')
    .selectAll()
    .where('company', '=', company)
    .where('id', '=', device)
    .executeTakeFirst();
  if (!row) throw unknownDevice(device);
  return row;
}
