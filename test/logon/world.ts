/** A person at a PC, with the mail they get and an authenticator in their hand: the real server, client and mails around them. */
import path from 'node:path';
import { generateSync } from 'otplib';
import pino from 'pino';
import { expect, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { testFolder } from '../../app/folder.test-support.ts';
import { freePort } from '../../build/ports.ts';
import { MailBox } from '../../sandbox/mail-box/mail-box.ts';
import { listenSmtp } from '../../sandbox/mail-box/smtp.ts';
import { ClientProcess } from '../../sandbox/virtual-pc/client-process.ts';
import type { ClientCommandRequest, ClientReply } from '../../sandbox/virtual-pc/tile-messages.ts';
import { headlessClient } from '../../sandbox/virtual-pc/virtual-pc.ts';
import { issueToken } from '../../server/administration/access-tokens.ts';
import { createCompany } from '../../server/administration/companies.ts';
import { sendAccountMail } from '../../server/administration/logon-accounts.ts';
import { createServer } from '../../server/http/server.ts';
import { createIngest } from '../../server/logs/ingest.ts';
import { createReadMe } from '../../server/logs/me.ts';
import { createRecordAnchor } from '../../server/logs/record-anchor.ts';
import { createMailer } from '../../server/mail/mailer.ts';
import { smtpTransport } from '../../server/mail/transport.ts';
import { openStateDirectory } from '../../server/secrets/state-directory.ts';
import { openStore } from '../../server/store/store.ts';
import { startBridge } from '../faults/world.ts';

export const EMPLOYEE_CODE = '1001';
const COMPANY_CODE = 'abc';
const STEP_MS = 30_000;

/** The real server with one employee, on a clock that can be set ahead. */
export async function startServer(folder: string) {
  const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const { storeFile, secrets, nonceKey } = await openStateDirectory(path.join(folder, 'server'), {});
  const store = await openStore(storeFile);
  const { id: company } = await createCompany(store, {
    code: COMPANY_CODE,
    name: '昭和商事',
    atMs: clock.now(),
  });
  const { token } = await issueToken(store, company, { role: 'client', deviceLimit: 1, expiresAtMs: null });
  await store
    .insertInto('employees')
    .values({
      company,
      id: 'e1',
      code: EMPLOYEE_CODE,
      last_name: '山田',
      first_name: '太郎',
      source: 'client',
      mail: 'taro@example.jp',
    })
    .execute();
  const port = await freePort(19_440);
  const origin = `http://127.0.0.1:${port}`;
  const log = pino({ level: 'silent' });
  const app = createServer({
    store,
    clock,
    secrets,
    nonceKey,
    origin,
    log,
    ingest: createIngest({ store, clock, secrets }),
    recordAnchor: createRecordAnchor({ store }),
    readMe: createReadMe({ store, clock }),
  });
  await app.listen({ host: '127.0.0.1', port });
  onTestFinished(async () => {
    await app.close();
    await store.destroy();
  });
  const administration = () => ({ store, secrets, company, by: 'admin', atMs: clock.now() });
  return {
    origin,
    companyCode: COMPANY_CODE,
    accessToken: token,
    store,
    secrets,
    clock,
    log,
    administration,
  };
}

export async function personAtPc() {
  const folder = testFolder();
  const server = await startServer(folder);
  const bridge = await startBridge(folder, server);
  const box = new MailBox(server.clock);
  const smtp = await listenSmtp(box, 0);
  const transport = smtpTransport({
    url: `smtp://127.0.0.1:${smtp.port}`,
    from: 'システムログ <no-reply@systemlog.example>',
    requireTls: false,
  });
  const mailer = createMailer({ ...server, transport });
  const client = new ClientProcess({
    command: headlessClient,
    start: { bridgePath: bridge.path, databaseFile: path.join(folder, 'queue.sqlite'), proxyUrl: 'none' },
    log: 2,
    onChange: () => undefined,
  });
  onTestFinished(async () => {
    await client.kill();
    await bridge.stop();
    transport.close();
    await smtp.close();
  });
  await expect.poll(() => client.status?.server, { timeout: 15_000 }).toBe('online');

  const ask = (command: ClientCommandRequest): Promise<ClientReply> => client.request(command);
  return {
    client,
    ask,
    /** Has to succeed; the value as the contract has it. */
    async done<S extends z.ZodType>(schema: S, command: ClientCommandRequest): Promise<z.infer<S>> {
      const reply = await ask(command);
      if (!reply.ok) throw new Error(`${command.command}: ${reply.code}`);
      return schema.parse(reply.value);
    },
    /** Has to fail; with which code. */
    async refusal(command: ClientCommandRequest): Promise<string> {
      const reply = await ask(command);
      if (reply.ok) throw new Error(`${command.command} was not refused`);
      return reply.code;
    },
    /** The one-time code of a new account mail, as it stands in the mail. */
    async mailedCode(): Promise<string> {
      await sendAccountMail(server.administration(), EMPLOYEE_CODE);
      await mailer.deliverDue();
      const code = /\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(box.mails[0]?.text ?? '');
      if (!code) throw new Error('There is no code in the mail');
      return code[0];
    },
    /** What the authenticator shows for a secret that was typed into it. */
    codeFor: (secret: string): string =>
      generateSync({ strategy: 'totp', secret, epoch: Math.floor(server.clock.now() / 1000) }),
    /** Lets the authenticator come to its next code. */
    nextCode: () => {
      server.clock.aheadMs += STEP_MS;
    },
  };
}

/** Another code of as many digits, far from the right one. */
export const wrong = (code: string): string =>
  code.replace(/^./, (digit) => String((Number(digit) + 5) % 10));
