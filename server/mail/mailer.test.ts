import { type AddressInfo, createServer, type Server } from 'node:net';
import pino from 'pino';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecrets } from '../secrets/secrets.ts';
import { openStore } from '../store/store.ts';
import { createMailer } from './mailer.ts';
import { listMails, type QueuedMail, queueMail } from './queue.ts';
import { smtpTransport } from './transport.ts';

const NOW = Date.parse('2026-06-01T03:00:00.000Z');
const HOUR_MS = 3_600_000;

/** A mail server on a socket that takes everything, but for what `refuse` says of a recipient. */
async function mailServer(refuse: (recipient: string) => number | null = () => null, port = 0) {
  const received: Email[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onRcptTo({ address }, _session, done) {
      const code = refuse(address);
      done(code === null ? undefined : Object.assign(new Error('Refused'), { responseCode: code }));
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          received.push(mail);
          done();
        });
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  return { received, close, port: (server.server.address() as AddressInfo).port };
}

async function start(port: number) {
  const store = await openStore(':memory:');
  const secrets = createSecrets([{ id: 'test', key: Buffer.alloc(32, 1) }]);
  const clock = { nowMs: NOW, now: () => clock.nowMs };
  const transport = smtpTransport({
    url: `smtp://127.0.0.1:${port}`,
    from: 'システムログ <no-reply@systemlog.example>',
    requireTls: false,
  });
  const log = pino({ level: 'silent' });
  const options = { store, secrets, clock, transport, log };
  const mailer = createMailer(options);
  const queue = (mail: Partial<QueuedMail<'account-code'>> = {}) =>
    queueMail(store, secrets, {
      company: 'c',
      eventKey: 'account-code/1',
      template: 'account-code',
      values: {
        company: '株式会社サンプル',
        name: '山田 太郎',
        code: 'AAAA-BBBB-CCCC',
        expiresAtMs: NOW + 24 * HOUR_MS,
        timeZone: 'Asia/Tokyo',
      },
      recipient: 'taro@example.jp',
      language: 'ja',
      atMs: NOW,
      ...mail,
    });
  const states = async () =>
    (await listMails(store, 'c', 10)).map(({ state, attempts, last_problem }) => ({
      state,
      attempts,
      last_problem,
    }));
  return { store, secrets, clock, mailer, options, queue, states };
}

describe('a queued mail', () => {
  it('arrives in Japanese, plain and as HTML, with the code and until when it is good', async () => {
    const { received, port } = await mailServer();
    const { queue, mailer, states } = await start(port);
    await queue();
    expect(await mailer.deliverDue()).toBeNull();
    const [mail] = received;
    expect(mail?.subject).toBe('【システムログ】アカウント登録用コードのお知らせ');
    expect(mail?.from).toMatchObject({ name: 'システムログ', address: 'no-reply@systemlog.example' });
    expect(mail?.to).toMatchObject([{ address: 'taro@example.jp' }]);
    for (const text of [mail?.text, mail?.html]) {
      expect(text).toContain('山田 太郎 様');
      expect(text).toContain('AAAA-BBBB-CCCC');
      expect(text).toContain('2026年6月2日(火) 12:00 JST');
    }
    expect(await states()).toEqual([{ state: 'sent', attempts: 1, last_problem: null }]);
  });

  it('arrives in English for whom it is, and in their time zone', async () => {
    const { received, port } = await mailServer();
    const { store, secrets, mailer } = await start(port);
    await queueMail(store, secrets, {
      company: 'c',
      eventKey: 'recovery-code-used/1',
      template: 'recovery-code-used',
      values: { company: 'Sample', name: 'Ann', pc: 'PC-1', atMs: NOW, left: 7, timeZone: 'Europe/London' },
      recipient: 'ann@example.com',
      language: 'en',
      atMs: NOW,
    });
    await mailer.deliverDue();
    expect(received[0]?.subject).toBe('[SystemLog] A recovery code was used');
    expect(received[0]?.text).toMatch(/4:00.AM.*“PC-1”\. 7 are left\./);
    expect(received[0]?.text).toContain('tell your administrator');
  });

  it('is one for one event, however often it is queued and by however many workers it is sent', async () => {
    const { received, port } = await mailServer();
    const { queue, mailer, options } = await start(port);
    await queue();
    await queue();
    await Promise.all(
      [mailer, createMailer(options), createMailer(options)].map((each) => each.deliverDue()),
    );
    await queue();
    await mailer.deliverDue();
    expect(received).toHaveLength(1);
  });

  it('keeps its code sealed while it waits and forgets it when it has gone', async () => {
    const { port } = await mailServer();
    const { queue, mailer, store } = await start(port);
    await queue();
    const rows = () => store.selectFrom('mails').selectAll().execute();
    expect(JSON.stringify(await rows())).not.toContain('AAAA');
    await mailer.deliverDue();
    expect((await rows())[0]?.sealed_values).toBe('');
  });

  it('cannot become something else by a name with markup or line breaks in it', async () => {
    const { received, port } = await mailServer();
    const { queue, mailer } = await start(port);
    const name = '<b>x</b>\r\nBcc: evil@example.com {{code}} $t(product)';
    const company = '&"\'<script>';
    const expiresAtMs = NOW + HOUR_MS;
    await queue({ values: { company, name, code: 'CODE', expiresAtMs, timeZone: 'Asia/Tokyo' } });
    await mailer.deliverDue();
    expect(received[0]?.html).not.toMatch(/<b>|<script>/);
    expect(received[0]?.text).toContain('{{code}} $t(product)');
    expect(received[0]?.to).toMatchObject([{ address: 'taro@example.jp' }]);
    expect(received[0]?.bcc ?? []).toEqual([]);
  });
});

describe('a mail that cannot be sent', () => {
  it('waits for the mail server, longer and longer, and arrives when it is back', async () => {
    const { port, close } = await mailServer();
    await close();
    const { queue, mailer, states, clock } = await start(port);
    await queue();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const next = (await mailer.deliverDue()) ?? 0;
      waits.push((next - clock.nowMs) / 1000);
      clock.nowMs = next;
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    expect(await states()).toMatchObject([{ state: 'waiting', attempts: 9 }]);
    expect((await states())[0]?.last_problem).toContain('ECONNREFUSED');
    const { received } = await mailServer(() => null, port);
    await mailer.deliverDue();
    expect(received).toHaveLength(1);
  });

  it('lets the others wait while nobody is there, instead of trying each of them', async () => {
    const { port, close } = await mailServer();
    await close();
    const { queue, mailer, states } = await start(port);
    for (const eventKey of ['1', '2', '3']) await queue({ eventKey });
    expect(await mailer.deliverDue()).toBe(NOW + 30_000);
    expect((await states()).map(({ attempts }) => attempts).sort()).toEqual([0, 0, 1]);
  });

  it('is tried again after a refusal for now, and given up after one for good', async () => {
    const { received, port } = await mailServer((to) =>
      to.startsWith('full@') ? 452 : to.startsWith('no@') ? 550 : null,
    );
    const { queue, mailer, states } = await start(port);
    await queue({ eventKey: '1', recipient: 'no@example.jp' });
    await queue({ eventKey: '2', recipient: 'full@example.jp' });
    await queue({ eventKey: '3', recipient: 'taro@example.jp' });
    expect(await mailer.deliverDue()).toBe(NOW + 30_000);
    expect((await states()).map(({ state }) => state).sort()).toEqual(['failed', 'sent', 'waiting']);
    expect((await states()).find(({ state }) => state === 'failed')?.last_problem).toContain('Refused');
    expect(received).toHaveLength(1);
  });

  it('is given up when what it says is no longer true', async () => {
    const { received, port } = await mailServer();
    const { queue, mailer, states, clock } = await start(port);
    await queue({ expiresAtMs: NOW + HOUR_MS });
    clock.nowMs = NOW + HOUR_MS;
    expect(await mailer.deliverDue()).toBeNull();
    expect(await states()).toMatchObject([{ state: 'failed' }]);
    expect(received).toEqual([]);
  });

  it('whose worker died is taken over after a while, under the same Message-ID', async () => {
    const hung = await silentServer();
    const { queue, options, clock, states } = await start(hung.port);
    await queue();
    // This worker never hears from the mail server and is, for all anybody knows, dead.
    const dead = createMailer(options).deliverDue();
    await expect.poll(() => hung.connections).toBe(1);
    const { received, port } = await mailServer();
    const transport = smtpTransport({
      url: `smtp://127.0.0.1:${port}`,
      from: 'a@example.jp',
      requireTls: false,
    });
    const other = createMailer({ ...options, transport });
    expect(await other.deliverDue()).toBe(NOW + 300_000);
    expect(received).toEqual([]);
    clock.nowMs += 300_000;
    expect(await other.deliverDue()).toBeNull();
    const { id } = await options.store.selectFrom('mails').select('id').executeTakeFirstOrThrow();
    expect(received.map(({ messageId }) => messageId)).toEqual([`<${id}@example.jp>`]);
    hung.close();
    await dead;
    expect(await states()).toEqual([{ state: 'sent', attempts: 2, last_problem: null }]);
  });

  it('because its key is gone waits and is seen, and holds nobody else up', async () => {
    const { received, port } = await mailServer();
    const { queue, options, states } = await start(port);
    const lost = createSecrets([{ id: 'lost', key: Buffer.alloc(32, 9) }]);
    await queue({ eventKey: '1' });
    await options.store
      .updateTable('mails')
      .set({ sealed_values: lost.seal(Buffer.from('{}'), 'x') })
      .execute();
    await queue({ eventKey: '2' });
    await createMailer(options).deliverDue();
    expect(received).toHaveLength(1);
    expect((await states()).find(({ state }) => state === 'waiting')?.last_problem).toContain('master key');
  });

  it('is not sent unencrypted where TLS is demanded', async () => {
    const { received, port } = await mailServer();
    const { queue, options, states } = await start(port);
    await queue();
    const transport = smtpTransport({
      url: `smtp://127.0.0.1:${port}`,
      from: 'a@example.jp',
      requireTls: true,
    });
    await createMailer({ ...options, transport }).deliverDue();
    expect(received).toEqual([]);
    expect(await states()).toMatchObject([{ state: 'waiting' }]);
  });
});

/** Takes connections and never says a word. */
async function silentServer() {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  onTestFinished(close);
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size;
    },
    close,
  };
}
