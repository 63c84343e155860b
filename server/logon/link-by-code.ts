import { linkEmployee } from '../administration/link.ts';
import { audit } from '../audit/audit.ts';
import { notifyEmployee, pcName } from '../mail/notify.ts';
import type { Store } from '../store/store.ts';
import { type AccountOnDevice, type Employee, lockDeviceRow, lockEmployeeRow } from './accounts.ts';
import { grantEnrolment, grantedUntil } from './grants.ts';
import { lookUpOneTimeCode, spendOneTimeCode } from './one-time-codes.ts';
import type { LogonTools } from './tools.ts';
import { granted, refused, type Verdict } from './verdict.ts';

export interface LinkedByCode {
  employee: Employee;
  enrolUntilMs: number;
}

/**
 * Links an account to the employee whose one-time code was typed there. The code, the link, the logs that waited for it, the permission to enrol,
 * the audit and the employee's mail are one transaction. The same code again from the same account changes nothing.
 */
export async function linkByCode(
  { store, secrets }: LogonTools,
  account: AccountOnDevice,
  typed: string,
  nowMs: number,
): Promise<Verdict<LinkedByCode>> {
  return store.transaction().execute(async (tx) => {
    await lockDeviceRow(tx, account);
    const linked = await linkOf(tx, account);
    const found = await lookUpOneTimeCode(tx, account, typed, nowMs, ({ usedHere, employee }) =>
      usedHere ? linked === employee : true,
    );
    if (!found.ok) return found;
    const code = found.value;
    const employee = await presentEmployee(tx, account.company, code.employee);
    if (!employee) return refused('code-invalid');
    if (code.usedHere) {
      const enrolUntilMs = await grantedUntil(tx, account, { employee: employee.id, enrolled: false, nowMs });
      return granted({ employee, enrolUntilMs: enrolUntilMs ?? nowMs });
    }
    if (linked !== null && linked !== employee.id) return refused('linked-otherwise');

    await lockEmployeeRow(tx, account.company, employee.id);
    await spendOneTimeCode(tx, account, code, nowMs);
    const { linkedLogs } = await linkEmployee(tx, { ...account, atMs: nowMs }, employee.id);
    const enrolUntilMs = await grantEnrolment(tx, account, employee.id, 'first', nowMs);
    const { company, device, sid } = account;
    await audit(tx, {
      company,
      atMs: nowMs,
      by: { kind: 'employee', name: sid },
      action: 'account-linked',
      employee: employee.id,
      device,
      sid,
      detail: { by: 'one-time-code', linkedLogs },
    });
    const pc = await pcName(tx, company, device);
    const notice = { values: { pc, atMs: nowMs }, eventKey: `account-linked/${code.id}` };
    await notifyEmployee(tx, secrets, employee, { template: 'account-linked', ...notice }, nowMs);
    return granted({ employee, enrolUntilMs });
  });
}

async function linkOf(tx: Store, { company, device, sid }: AccountOnDevice): Promise<string | null> {
  const link = await tx
    .selectFrom('links')
    .select('employee')
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .executeTakeFirst();
  return link?.employee ?? null;
}

async function presentEmployee(tx: Store, company: string, id: string): Promise<Employee | undefined> {
  return tx
    .selectFrom('employees')
    .selectAll()
    .where('company', '=', company)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
}
