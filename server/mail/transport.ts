import { createTransport } from 'nodemailer';

/** A mail ready to go. */
export interface OutgoingMail {
  /** Unique and the same each time it is tried: the Message-ID is made of it. */
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

export type SendOutcome =
  | { sent: true }
  | {
      sent: false;
      /** It will never be taken: the server said so for good. */
      final: boolean;
      /** The server could not be reached at all. */
      unreachable: boolean;
      problem: string;
    };

/** What takes mails on. It never throws for what a mail server may do. */
export interface Transport {
  send(mail: OutgoingMail): Promise<SendOutcome>;
  close(): void;
}

export interface SmtpOptions {
  /** `smtp://user:password@host:port`, `smtps://…`. STARTTLS is used where it is offered. */
  url: string;
  /** `システムログ <no-reply@example.com>` */
  from: string;
  /** Refuse to speak without TLS. Off only for a mail server on this same machine. */
  requireTls: boolean;
}

const CONNECT_MS = 20_000;
/** Well below the time for which a worker claims a mail. */
const SOCKET_MS = 60_000;

/** Sends by SMTP, a connection a mail: account mails are few. */
export function smtpTransport({ url, from, requireTls }: SmtpOptions): Transport {
  const transporter = createTransport({
    url,
    requireTLS: requireTls,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SOCKET_MS,
    // What a mail says never makes us read a file or fetch something.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send({ id, to, subject, text, html }) {
      try {
        await transporter.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { sent: true };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => transporter.close(),
  };
}

/** Only a 5xx about this very mail is final (RFC 5321 §4.2.1); a password that is refused today may be put right. */
function outcomeOf(error: unknown): SendOutcome {
  const { code, responseCode, message } = error as { code?: string; responseCode?: number; message?: string };
  const aboutThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  return {
    sent: false,
    final: aboutThisMail && responseCode !== undefined && responseCode >= 500,
    unreachable: !aboutThisMail,
    problem: [code, message].filter(Boolean).join(': ').slice(0, 500),
  };
}
