import type { Kysely } from 'kysely';
import { markDirty } from '../logs/dirty.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';
import { unknownDevice } from './devices.ts';

export interface AccountToLink {
  company: string;
  device: string;
  sid: string;
  atMs: number;
}

export interface Linked {
  employee: string;
  /** False when it was so already. */
  isNew: boolean;
  /** How many waiting logs found their employee. */
  linkedLogs: number;
}

export interface LinkRequest extends AccountToLink {
  /** 従業員コード as it stands now; the link itself holds the employee's unchanging key. */
  employeeCode: string;
}

/**
 * Links a Windows account on a PC to an employee (紐づけ). Logs of that account which waited unlinked become the employee's, and the workdays
 * from the first of them on are marked to be computed again: all of it or nothing. Linking the same again changes nothing.
 *
 * @throws AdministrationError `unknown-device`, `unknown-employee`, `ambiguous-employee`; `linked-otherwise` when the
 * account is another employee's, for its punches would change hands.
 * @param also what else belongs into the same transaction
 */
export async function linkAccount(
  store: Kysely<Database>,
  request: LinkRequest,
  also: (transaction: Store, linked: Linked) => Promise<void> = async () => undefined,
): Promise<Linked> {
  return store.transaction().execute(async (transaction) => {
    await lockDevice(transaction, request);
    const employee = await employeeByCode(transaction, request.company, request.employeeCode);
    const linked = { employee, ...(await linkEmployee(transaction, request, employee)) };
    await also(transaction, linked);
    return linked;
  });
}

/**
 * The link itself, for whoever has found out which employee it is, in a transaction that holds the device's row.
 *
 * @throws AdministrationError `linked-otherwise`.
 */
export async function linkEmployee(
  transaction: Store,
  account: AccountToLink,
  employee: string,
): Promise<Pick<Linked, 'isNew' | 'linkedLogs'>> {
  const isNew = await insertLink(transaction, account, employee);
  const { linkedLogs, firstPlacedAt } = await claimLogs(transaction, account, employee);
  if (firstPlacedAt !== null) {
    await markDirty(transaction, account.company, new Map([[employee, firstPlacedAt]]));
  }
  return { isNew, linkedLogs };
}

/** Holds the device's row. It writes, because a SQLite transaction that begins by reading cannot always go on to write. */
async function lockDevice(store: Store, { company, device }: LinkRequest): Promise<void> {
  const { numUpdatedRows } = await store
    .updateTable('devices')
    .set(({ ref }) => ({ name: ref('name') }))
    .where('company', '=', company)
    .where('id', '=', device)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw unknownDevice(device);
}

export async function employeeByCode(store: Store, company: string, code: string): Promise<string> {
  const found = await store
    .selectFrom('employees')
    .select('id')
    .where('company', '=', company)
    .where('code', '=', code)
    .where('removed_at', 'is', null)
    .execute();
  const [employee] = found;
  if (!employee) {
    throw new AdministrationError('unknown-employee', `The company has no employee with the code ${code}`);
  }
  if (found.length > 1) {
    throw new AdministrationError('ambiguous-employee', `More than one employee has the code ${code}`);
  }
  return employee.id;
}

async function insertLink(
  store: Store,
  { company, device, sid, atMs }: AccountToLink,
  employee: string,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await store
    .insertInto('links')
    .values({ company, device, sid, employee, linked_at: atMs })
    .onConflict((conflict) => conflict.columns(['company', 'device', 'sid']).doNothing())
    .executeTakeFirstOrThrow();
  const link = await store
    .selectFrom('links')
    .select('employee')
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .executeTakeFirstOrThrow();
  if (link.employee !== employee) {
    throw new AdministrationError(
      'linked-otherwise',
      'This account on this device is linked to another employee',
    );
  }
  return numInsertedOrUpdatedRows === 1n;
}

async function claimLogs(store: Store, { company, device, sid }: AccountToLink, employee: string) {
  const claimed = await store
    .updateTable('logs')
    .set({ employee })
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .where('employee', 'is', null)
    .returning('placed_at')
    .execute();
  // Not Math.min(...): a long unlinked history would overflow the argument list.
  const firstPlacedAt = claimed.reduce<number | null>(
    (first, { placed_at: at }) => (at !== null && (first === null || at < first) ? at : first),
    null,
  );
  return { linkedLogs: claimed.length, firstPlacedAt };
}
