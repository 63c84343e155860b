import type { Kysely, Selectable, Updateable } from 'kysely';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';
import type { MailTable } from '../store/schema-logon.ts';
import { composeMail } from './compose.ts';
import type { Transport } from './transport.ts';
import { isMailTemplate, openValues } from './values.ts';

export interface MailerOptions {
  store: Kysely<Database>;
  secrets: Secrets;
  clock: Clock;
  transport: Transport;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface Mailer {
  /**
   * Hands every mail that is due to the mail server, oldest first. A mail server that cannot be reached is an ordinary thing and no error.
   *
   * @returns when the next is due, in milliseconds since 1970; null when none waits.
   */
  deliverDue(): Promise<number | null>;
}

/** While a mail is being sent nobody else takes it; longer than the transport ever takes, so that only a dead worker's is taken over. */
const CLAIM_MS = 5 * 60_000;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 60 * 60_000;

/**
 * Sends what `queueMail` queued. A mail is claimed in the store, handed over, and marked as sent, so two workers never send the same. A worker
 * that dies between the last two leaves one that is sent again under the same Message-ID, by which mail systems know it for the same:
 * SMTP has nothing better, and a mail too many is better than one that never comes.
 */
export function createMailer({ store, secrets, clock, transport, log }: MailerOptions): Mailer {
  async function deliver(mail: Claimed): Promise<'go-on' | 'stop'> {
    const about = { mail: mail.id, company: mail.company, template: mail.template, attempts: mail.attempts };
    if (mail.expires_at <= clock.now()) {
      await settle(mail, 'failed', mail.last_problem ?? 'Its time was over before it could be sent');
      log.error(about, 'A mail was given up: its time is over');
      return 'go-on';
    }
    const outcome = await transport.send(compose(mail));
    if (outcome.sent) {
      await settle(mail, 'sent', null);
      log.info(about, 'A mail was sent');
      return 'go-on';
    }
    if (outcome.final) {
      await settle(mail, 'failed', outcome.problem);
      log.error({ ...about, problem: outcome.problem }, 'A mail was refused for good');
      return 'go-on';
    }
    await postpone(mail, outcome.problem);
    log.warn({ ...about, problem: outcome.problem }, 'A mail could not be sent yet');
    // Nobody there: the others wait for the same, and one of them asks again a little later.
    return outcome.unreachable ? 'stop' : 'go-on';
  }

  function compose(mail: Claimed) {
    if (!isMailTemplate(mail.template)) throw new Error(`There is no mail ${mail.template}`);
    const values = openValues(secrets, mail.id, mail.template, mail.sealed_values);
    const composed = composeMail(mail.template, values, mail.language);
    return { ...composed, id: mail.id, to: mail.recipient };
  }

  /** @returns a due mail that is now this worker's; null when there is none. */
  async function claim(): Promise<Claimed | null> {
    const nowMs = clock.now();
    const due = await store
      .selectFrom('mails')
      .select(['company', 'id'])
      .where('state', 'in', ['waiting', 'sending'])
      .where('not_before', '<=', nowMs)
      .orderBy('not_before')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (!due) return null;
    const claimed = await store
      .updateTable('mails')
      .set(({ ref, eb }) => ({
        state: 'sending' as const,
        attempts: eb(ref('attempts'), '+', 1),
        not_before: nowMs + CLAIM_MS,
        changed_at: nowMs,
      }))
      .where('company', '=', due.company)
      .where('id', '=', due.id)
      .where('state', 'in', ['waiting', 'sending'])
      .where('not_before', '<=', nowMs)
      .returningAll()
      .executeTakeFirst();
    return claimed ?? claim();
  }

  /** Its values are forgotten with it: a code does not lie about after its mail is gone. */
  const settle = (mail: Claimed, state: 'sent' | 'failed', problem: string | null) =>
    release(mail, { state, last_problem: problem, sealed_values: '' });

  function postpone(mail: Claimed, problem: string) {
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(mail.attempts - 1, 20));
    return release(mail, { state: 'waiting', last_problem: problem, not_before: clock.now() + waitMs });
  }

  /** Says what came of an attempt, unless the claim ran out meanwhile and the mail is another worker's by now. */
  async function release({ company, id, attempts }: Claimed, outcome: Updateable<MailTable>) {
    await store
      .updateTable('mails')
      .set({ ...outcome, changed_at: clock.now() })
      .where('company', '=', company)
      .where('id', '=', id)
      .where('state', '=', 'sending')
      .where('attempts', '=', attempts)
      .execute();
  }

  async function nextDue(): Promise<number | null> {
    const { at } = await store
      .selectFrom('mails')
      .select(({ fn }) => fn.min('not_before').as('at'))
      .where('state', 'in', ['waiting', 'sending'])
      .executeTakeFirstOrThrow();
    return at === null ? null : Number(at);
  }

  return {
    async deliverDue() {
      let earliestMs = 0;
      for (let mail = await claim(); mail; mail = await claim()) {
        const next = await deliver(mail).catch(async (error: unknown) => {
          // A fault of ours, such as a seal whose key is gone: kept, tried again, and seen.
          const problem = error instanceof Error ? error.message : String(error);
          log.error({ err: error, mail: mail?.id }, 'A mail could not be made');
          if (mail) await postpone(mail, problem);
          return 'go-on' as const;
        });
        if (next === 'go-on') continue;
        earliestMs = clock.now() + FIRST_RETRY_MS;
        break;
      }
      const nextMs = await nextDue();
      return nextMs === null ? null : Math.max(nextMs, earliestMs);
    },
  };
}

type Claimed = Selectable<MailTable>;
