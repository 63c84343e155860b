import type { Employee } from '../logon/accounts.ts';
import { placeOf } from '../logon/place.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { queueMail } from './queue.ts';
import type { MailTemplate, MailValues } from './values.ts';

/** What a mail to an employee says besides who they are and where they are. */
type OwnValues<T extends MailTemplate> = Omit<MailValues[T], 'company' | 'name' | 'timeZone'>;

export interface Notice<T extends MailTemplate> {
  template: T;
  eventKey: string;
  values: OwnValues<T>;
  expiresAtMs?: number;
}

/**
 * Queues a mail to an employee, in their group's language and time zone. Whoever has no mail address gets none.
 *
 * @returns whether there is somebody to write to
 */
export async function notifyEmployee<T extends MailTemplate>(
  tx: Store,
  secrets: Secrets,
  employee: Employee,
  notice: Notice<T>,
  atMs: number,
): Promise<boolean> {
  if (employee.mail === null) return false;
  const { name: company } = await tx
    .selectFrom('companies')
    .select('name')
    .where('id', '=', employee.company)
    .executeTakeFirstOrThrow();
  const { language, timeZone } = await placeOf(tx, employee, atMs);
  const { template, eventKey, expiresAtMs } = notice;
  const name = `${employee.last_name} ${employee.first_name}`.trim();
  await queueMail(tx, secrets, {
    company: employee.company,
    eventKey,
    template,
    // The compiler cannot see that what `OwnValues` took away is put back here.
    values: { ...notice.values, company, name, timeZone } as unknown as MailValues[T],
    recipient: employee.mail,
    language,
    atMs,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  });
  return true;
}

/** A PC's name as its owner knows it. */
export async function pcName(store: Store, company: string, device: string): Promise<string> {
  const row = await store
    .selectFrom('devices')
    .select('name')
    .where('company', '=', company)
    .where('id', '=', device)
    .executeTakeFirst();
  return row?.name ?? device.slice(0, 8);
}
