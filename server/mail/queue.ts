import { randomUUID } from 'node:crypto';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { type MailTemplate, type MailValues, sealValues } from './values.ts';

/** How long a mail that nobody could deliver is tried again, unless what it tells is over sooner. */
const LIFE_MS = 3 * 24 * 60 * 60_000;

export interface QueuedMail<T extends MailTemplate = MailTemplate> {
  company: string;
  /** Names the event: however often it is queued, one mail is sent for it. */
  eventKey: string;
  template: T;
  values: MailValues[T];
  recipient: string;
  /** BCP 47 tag. */
  language: string;
  atMs: number;
  /** When what it says is no longer true. */
  expiresAtMs?: number;
}

/** Queues a mail, in the transaction of the event it tells of: it is sent if and only if that happened. */
export async function queueMail<T extends MailTemplate>(
  tx: Store,
  secrets: Secrets,
  mail: QueuedMail<T>,
): Promise<void> {
  const id = randomUUID();
  await tx
    .insertInto('mails')
    .values({
      company: mail.company,
      id,
      event_key: mail.eventKey,
      template: mail.template,
      recipient: mail.recipient,
      language: mail.language,
      sealed_values: sealValues(secrets, id, mail.values),
      state: 'waiting',
      attempts: 0,
      not_before: mail.atMs,
      expires_at: Math.min(mail.expiresAtMs ?? Number.POSITIVE_INFINITY, mail.atMs + LIFE_MS),
      last_problem: null,
      created_at: mail.atMs,
      changed_at: mail.atMs,
    })
    .onConflict((conflict) => conflict.columns(['company', 'event_key']).doNothing())
    .execute();
}

/** What became of a company's mails, newest first. Never what was in them. */
export async function listMails(store: Store, company: string, limit: number) {
  return store
    .selectFrom('mails')
    .select(['id', 'template', 'recipient', 'state', 'attempts', 'last_problem', 'created_at', 'changed_at'])
    .where('company', '=', company)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}
