import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { MailBox } from './mail-box.ts';

const MOST_BYTES = 1024 * 1024;

/**
 * A mail server that takes everything for everybody and delivers it to the box. On the loopback address only, and without TLS.
 *
 * @returns the port it listens on, and how to stop it
 */
export async function listenSmtp(
  box: MailBox,
  port: number,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: MOST_BYTES,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('Too large'), { responseCode: 552 }));
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        box.receive(Buffer.concat(chunks), recipients).then(
          () => done(),
          () => done(Object.assign(new Error('This is not a mail'), { responseCode: 554 })),
        );
      });
    },
  });
  // A client that hangs up is no reason to end.
  server.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
