import { createTransport } from 'nodemailer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MailBox } from './mail-box.ts';
import { createPage } from './page.ts';
import { listenSmtp } from './smtp.ts';

async function start() {
  const box = new MailBox({ now: () => Date.parse('2026-06-01T03:00:00.000Z') });
  const smtp = await listenSmtp(box, 0);
  onTestFinished(smtp.close);
  const page = createPage(box);
  onTestFinished(() => page.close());
  const transport = createTransport({ host: '127.0.0.1', port: smtp.port });
  const send = (more: object = {}) =>
    transport.sendMail({
      from: '"システムログ" <no-reply@example.jp>',
      to: 'taro@example.jp',
      bcc: 'hidden@example.jp',
      subject: 'お知らせ',
      text: '本文',
      html: '<p>本文</p>',
      ...more,
    });
  const mails = async () => (await page.inject('/mails')).json().mails;
  return { page, send, mails };
}

describe('the mail box', () => {
  it('shows what was sent, to whom it was really sent, newest first', async () => {
    const { send, mails } = await start();
    await send();
    await send({ subject: '二通目' });
    expect(await mails()).toMatchObject([
      { subject: '二通目' },
      {
        subject: 'お知らせ',
        from: 'システムログ <no-reply@example.jp>',
        to: ['taro@example.jp', 'hidden@example.jp'],
        text: '本文',
        html: '<p>本文</p>',
        receivedAt: '2026-06-01T03:00:00.000Z',
      },
    ]);
  });

  it('knows a mail that comes again by its Message-ID', async () => {
    const { send, mails } = await start();
    for (let i = 0; i < 3; i++) await send({ messageId: '<1@example.jp>' });
    expect(await mails()).toHaveLength(1);
  });

  it('can be emptied', async () => {
    const { send, mails, page } = await start();
    await send();
    expect((await page.inject({ method: 'DELETE', url: '/mails' })).statusCode).toBe(204);
    expect(await mails()).toEqual([]);
  });

  it('keeps 500 mails', async () => {
    const box = new MailBox({ now: () => 0 });
    for (let i = 0; i <= 500; i++) await box.receive(Buffer.from(`Subject: ${i}\r\n\r\n`), []);
    expect([box.mails.length, box.mails.at(0)?.subject, box.mails.at(-1)?.subject]).toEqual([
      500,
      '500',
      '1',
    ]);
  });

  it('refuses what is too large, and goes on', async () => {
    const { send, mails } = await start();
    await expect(send({ text: 'x'.repeat(2 * 1024 * 1024) })).rejects.toMatchObject({ responseCode: 552 });
    await send();
    expect(await mails()).toHaveLength(1);
  });

  it('has its page in both languages and lets a mail’s HTML do nothing', async () => {
    const { page } = await start();
    const index = await page.inject('/');
    expect(index.headers['content-security-policy']).toContain("default-src 'none'");
    expect(index.body).toMatch(/<iframe[^>]*sandbox=""/);
    expect((await page.inject('/texts/ja')).json().title).toBe('メールボックス');
    expect((await page.inject('/texts/en')).json().title).toBe('Mail box');
  });
});
