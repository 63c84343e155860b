import { randomUUID } from 'node:crypto';
import PostalMime from 'postal-mime';

/** A mail as it came. */
export interface ReceivedMail {
  id: string;
  messageId: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  /** RFC 3339, UTC. */
  receivedAt: string;
}

/** Mails kept at most; the oldest go first. */
const MOST_MAILS = 500;

/** What arrived, in memory. A Message-ID that came before is the same mail, as with the mail systems people use. */
export class MailBox {
  readonly #clock: { now(): number };
  #mails: ReceivedMail[] = [];

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  /** Newest first. */
  get mails(): readonly ReceivedMail[] {
    return this.#mails;
  }

  /** @param recipients of the envelope: whom it was really sent to */
  async receive(raw: Uint8Array, recipients: readonly string[]): Promise<void> {
    const mail = await PostalMime.parse(raw);
    const messageId = mail.messageId ?? randomUUID();
    if (this.#mails.some((known) => known.messageId === messageId)) return;
    const { from } = mail;
    const received = {
      id: randomUUID(),
      messageId,
      from: [from?.name, from?.address && `<${from.address}>`].filter(Boolean).join(' '),
      to: [...recipients],
      subject: mail.subject ?? '',
      text: mail.text ?? '',
      html: mail.html ?? '',
      receivedAt: new Date(this.#clock.now()).toISOString(),
    };
    this.#mails = [received, ...this.#mails].slice(0, MOST_MAILS);
  }

  clear(): void {
    this.#mails = [];
  }
}
