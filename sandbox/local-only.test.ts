import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { demoCompanyFile, readDemoCompany } from './king-of-time/demo-company.ts';
import { createKingOfTime } from './king-of-time/king-of-time.ts';
import { MailBox } from './mail-box/mail-box.ts';
import { createPage } from './mail-box/page.ts';

const clock = { now: () => Date.parse('2026-06-01T03:00:00.000Z') };
const apps: [name: string, create: () => FastifyInstance, change: { method: string; path: string }][] = [
  [
    'KING OF TIME',
    () => createKingOfTime({ clock, seed: readDemoCompany(demoCompanyFile) }).app,
    { method: 'DELETE', path: '/sandbox/punches/1' },
  ],
  ['the mail box', () => createPage(new MailBox(clock)), { method: 'DELETE', path: '/mails' }],
];

async function listening(create: () => FastifyInstance) {
  const app = create();
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const ask = (headers: Record<string, string>, { method = 'GET', path = '/' } = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });
  return { port, ask };
}

describe.each(apps)('%s', (_name, create, change) => {
  test('answers by the names of this machine', async () => {
    const { port, ask } = await listening(create);
    expect(await ask({ host: `127.0.0.1:${port}` })).toBe(200);
    expect(await ask({ host: `localhost:${port}` })).toBe(200);
    expect(await ask({ host: `LocalHost:${port}` })).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    'localhost:1',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
  ])('does not answer as “%s”, whatever is asked for', async (host) => {
    const { port, ask } = await listening(create);
    const headers = { host: host.replace('PORT', String(port)) };
    expect(await ask(headers)).toBe(403);
    expect(await ask(headers, { path: '/no-such-thing' })).toBe(403);
    expect(await ask(headers, change)).toBe(403);
  });

  test('changes nothing for a page of another site', async () => {
    const { port, ask } = await listening(create);
    const from = (origin: string) => ask({ host: `127.0.0.1:${port}`, origin }, change);
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', `https://127.0.0.1:${port}`])
      expect(await from(origin), origin).toBe(403);
    expect(await from(`http://127.0.0.1:${port}`)).not.toBe(403);
    expect(await ask({ host: `127.0.0.1:${port}` }, change)).not.toBe(403);
  });
});
