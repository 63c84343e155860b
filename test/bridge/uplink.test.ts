/** What the C++ bridge says to the server, said by its own code to the real server over real sockets. */
import { createHash, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { ScureBase32Plugin } from 'otplib';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../build/ports.ts';
import { signedStatement } from '../../contract/statement.ts';
import { issueToken } from '../../server/administration/access-tokens.ts';
import { addEmployee } from '../../server/administration/administration.test-support.ts';
import { createCompany } from '../../server/administration/companies.ts';
import { issueCode } from '../../server/administration/logon-accounts.ts';
import { systemClock as clock } from '../../server/clock.ts';
import { createServer } from '../../server/http/server.ts';
import { codeOf, DEFAULT_PARAMETERS, stepAt } from '../../server/logon/otp.ts';
import { createIngest } from '../../server/logs/ingest.ts';
import { createReadMe } from '../../server/logs/me.ts';
import { createRecordAnchor } from '../../server/logs/record-anchor.ts';
import { openStateDirectory } from '../../server/secrets/state-directory.ts';
import { openStore } from '../../server/store/store.ts';
import { WITHOUT_NATIVE_BUILD } from './native-build.ts';
import { folder, listenToProbe, probe, runProbe } from './probe.ts';
import { type StartedProxy, startProxy } from './proxy.ts';
import { selfSigned } from './self-signed.ts';

const SID = 'S-1-5-21-1-2-3-1001';

if (!probe) console.log(WITHOUT_NATIVE_BUILD);

const synced = z.object({
  device: z.string(),
  registered: z.boolean(),
  done: z.boolean(),
  reached: z.boolean(),
  problem: z.string(),
  refused: z.number(),
  headSequence: z.number(),
  receivedThrough: z.number(),
  policyProblem: z.string(),
  policyVersion: z.string(),
  /** Null for an account the PC knows no policy for. */
  secretHeld: z.boolean().nullable(),
});

const pinOf = (certificate: Buffer) => createHash('sha256').update(certificate).digest('base64url');
const PIN = pinOf(new X509Certificate(selfSigned.cert).raw);

/**
 * The real server behind TLS, with one company, and a PC that has nothing yet.
 *
 * @param host 127.0.0.1 is this machine to the bridge, which no proxy leads to; 127.0.0.2 is another one.
 */
async function startWorld(host: '127.0.0.1' | '127.0.0.2' = '127.0.0.1') {
  const home = await folder();
  const { storeFile, secrets, nonceKey } = await openStateDirectory(path.join(home, 'server'), {});
  const store = await openStore(storeFile);
  const company = await createCompany(store, { code: 'abc', name: 'Test', atMs: clock.now() });
  const { token } = await issueToken(store, company.id, {
    role: 'client',
    deviceLimit: 1,
    expiresAtMs: null,
  });
  const port = await freePort(19_440);
  const origin = `https://${host}:${port}`;
  const app = createServer({
    store,
    clock,
    secrets,
    nonceKey,
    origin,
    log: pino({ level: 'silent' }),
    ingest: createIngest({ store, clock, secrets }),
    recordAnchor: createRecordAnchor({ store }),
    readMe: createReadMe({ store, clock }),
  });
  await app.ready();
  const tls = createHttpsServer(selfSigned, (request, response) => app.routing(request, response));
  let connections = 0;
  tls.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => tls.listen(port, host, resolve));
  onTestFinished(async () => {
    tls.closeAllConnections();
    await new Promise((resolve) => tls.close(resolve));
    await app.close();
    await store.destroy();
  });
  const pc = await folder();
  /** As a tray app would, without the way there. */
  const post = async (url: string, body: object, bearer?: string) => {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const answer = await app.inject({ method: 'POST', url, headers, body });
    const content: unknown = answer.json();
    return { status: answer.statusCode, content };
  };
  return {
    store,
    secrets,
    company,
    origin,
    post,
    /** How often anybody came, by whatever way. */
    connections: () => connections,
    sync: async (events: number, { accessToken = token, at = pc } = {}) =>
      synced.parse(await runProbe('sync', at, origin, 'abc', accessToken, String(events), PIN)),
    syncBy: async (settings: string, events: number) =>
      synced.parse(await runBehindProxy(settings, 'sync', pc, origin, 'abc', token, String(events), PIN)),
    ticket: async () => {
      const { nonce } = z.object({ nonce: z.string() }).parse((await post('/v1/nonces', {})).content);
      const made = await runProbe('ticket', pc, origin, 'abc', SID, nonce);
      return z.object({ ticket: signedStatement, anchor: signedStatement }).parse(made);
    },
    stored: async () =>
      (await store.selectFrom('logs').select(['id', 'sid']).execute()).filter(({ sid }) => sid === SID)
        .length,
    anchors: () => store.selectFrom('anchors').selectAll().execute(),
  };
}

describe.skipIf(!probe)('the C++ bridge and the server', () => {
  it('registers, uploads more than one batch, takes the receipt and gets its policy', async () => {
    const { sync, stored, anchors } = await startWorld();
    const first = await sync(1201);
    expect(first).toMatchObject({ registered: true, done: true, reached: true, problem: '', refused: 0 });
    expect(first).toMatchObject({ headSequence: 1201, receivedThrough: 1201, policyProblem: '' });
    expect(await stored()).toBe(1201);
    expect((await anchors()).length).toBeGreaterThan(0);
    expect(first).toMatchObject({ policyVersion: expect.stringMatching(/^[\w-]{43}$/), secretHeld: null });

    const second = await sync(1);
    expect(second).toMatchObject({ device: first.device, problem: '', receivedThrough: 1202 });
    expect(await stored()).toBe(1202);
  });

  it('says why it is not wanted, and loses nothing by it', async () => {
    const { sync, stored } = await startWorld();
    const refused = await sync(3, { accessToken: 'x'.repeat(32) });
    expect(refused).toMatchObject({ registered: false, reached: true, problem: 'access-token-unknown' });
    expect(await sync(0)).toMatchObject({ registered: true, problem: '', receivedThrough: 3 });
    expect(await stored()).toBe(3);
  });

  it('makes tickets the server gives a session for, and fetches the secret that was enrolled with it', async () => {
    const { sync, ticket, post, store, secrets, company } = await startWorld();
    await sync(1);
    const made = await ticket();
    const session = await post('/v1/sessions', { ...made, clientVersion: '1.0' });
    expect(session).toMatchObject({ status: 200 });
    const { token } = z.object({ token: z.string() }).parse(session.content);

    await addEmployee(store, company.id, 'taro', '1001');
    await store.updateTable('employees').set({ mail: 'taro@example.jp' }).execute();
    const work = { store, secrets, company: company.id, by: 'admin', atMs: clock.now() };
    const { code } = await issueCode(work, '1001');
    expect(await post('/v1/links', { code }, token)).toMatchObject({ status: 200 });
    const started = z
      .object({ credential: z.string(), secret: z.string() })
      .parse((await post('/v1/otp/enrolments', {}, token)).content);
    const otp = codeOf(
      new ScureBase32Plugin().decode(started.secret),
      stepAt(clock.now(), DEFAULT_PARAMETERS),
      DEFAULT_PARAMETERS,
    );
    const confirmation = { credential: started.credential, code: otp };
    expect(await post('/v1/otp/enrolments/confirm', confirmation, token)).toMatchObject({ status: 200 });

    expect(await sync(0)).toMatchObject({ policyProblem: '', secretHeld: true });
  });

  it('tells a server that is not there from one that refuses', async () => {
    const port = await freePort(19_540);
    const at = await folder();
    const result = await runProbe('sync', at, `http://127.0.0.1:${port}`, 'abc', 'x'.repeat(32), '2');
    expect(result).toMatchObject({
      reached: false,
      problem: 'unreachable',
      headSequence: 2,
      receivedThrough: 0,
    });
  });
});

/** A server that answers as the test wants. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
const plain = async (listener: RequestListener) => {
  const server = createHttpServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${await listen(server)}/`;
};

const ACCOUNT = '花子';
const PASSWORD = 'Gdańsk-4711';

/** The file an administrator gives to the bridge's setup. */
async function proxySettings(
  { address }: Pick<StartedProxy, 'address'>,
  password = PASSWORD,
): Promise<string> {
  const file = path.join(await folder(), 'settings.json');
  await writeFile(file, JSON.stringify({ proxy: { server: address, account: ACCOUNT, password } }));
  return file;
}

/** Runs the probe, whose every word is searched for the proxy's password. */
async function runBehindProxy(settings: string, ...command: string[]): Promise<unknown> {
  const { written, printed } = await listenToProbe(...command, settings);
  for (const secret of [PASSWORD, 'Gda', '4711', Buffer.from(`${ACCOUNT}:${PASSWORD}`).toString('base64')]) {
    expect(written + printed).not.toContain(secret);
  }
  return JSON.parse(written);
}

describe.skipIf(!probe)('the C++ bridge behind a proxy', () => {
  it('goes to the server through it, and never past it', async () => {
    const { origin, connections } = await startWorld('127.0.0.2');
    const proxy = await startProxy(probe?.underWine ? null : `${ACCOUNT}:${PASSWORD}`);
    const settings = await proxySettings(proxy);
    const answer = await runBehindProxy(settings, 'get', `${origin}/`, '5000', PIN);
    expect(answer).toMatchObject({ status: 404 });
    expect(proxy.asked).toEqual([new URL(origin).host]);
    expect([proxy.opened(), connections()]).toEqual([1, 1]);

    const strict = await startProxy(`${ACCOUNT}:another`);
    await runBehindProxy(await proxySettings(strict), 'get', `${origin}/`, '5000', PIN);
    expect(strict.asked).not.toEqual([]);
    expect(connections()).toBe(1);
  });

  // Not under Wine, whose WinHTTP keeps the account to itself and in a tunnel asks for whole addresses, which breaks the signatures.
  if (!probe?.underWine) {
    it('says that it refuses the password, and keeps all for the right one', async () => {
      const { syncBy, stored, connections } = await startWorld('127.0.0.2');
      const strict = await startProxy(`${ACCOUNT}:another`);
      expect(await syncBy(await proxySettings(strict), 3)).toMatchObject({
        registered: false,
        reached: false,
        problem: 'proxy-refused',
      });
      expect(connections()).toBe(0);

      const proxy = await startProxy(`${ACCOUNT}:${PASSWORD}`);
      const done = await syncBy(await proxySettings(proxy), 0);
      expect(done).toMatchObject({ registered: true, problem: '', policyProblem: '', receivedThrough: 3 });
      expect(await stored()).toBe(3);
      expect(connections()).toBe(proxy.opened());
    });
  }

  it('says of a proxy that is gone that it is the proxy, and sends nothing', async () => {
    const { syncBy, origin, connections } = await startWorld('127.0.0.2');
    const address = `127.0.0.1:${await freePort(19_640)}`;
    const settings = await proxySettings({ address });
    expect(await syncBy(settings, 3)).toMatchObject({
      reached: false,
      problem: 'unreachable',
      headSequence: 3,
    });
    expect(await runBehindProxy(settings, 'get', `${origin}/`, '5000', PIN)).toEqual({
      error: 'io-failed',
      detail: expect.stringContaining(`proxy ${address}`),
    });
    expect(connections()).toBe(0);
  });
});

describe.skipIf(!probe)('HTTP of the C++ bridge', () => {
  it('sends what it is given and nothing of its own that matters', async () => {
    const seen: { headers: Record<string, unknown>; body: string }[] = [];
    const url = await plain((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += String(part);
      });
      request.on('end', () => {
        seen.push({ headers: request.headers, body });
        response.writeHead(429, { 'Retry-After': ' 17 ' }).end('some text');
      });
    });
    expect(await runProbe('get', url, '5000')).toEqual({ status: 429, retryAfter: '17', bytes: 9 });
    expect(seen).toMatchObject([{ body: 'body', headers: { 'x-probe': 'yes', 'content-length': '4' } }]);
    const headers = seen[0]?.headers ?? {};
    expect(Object.keys(headers)).not.toContain('expect');
    expect(Object.keys(headers)).not.toContain('content-type');
    expect(Object.keys(headers)).not.toContain('accept-encoding');
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const url = await plain((_request, response) => {
      asked += 1;
      // With a length: of an answer in pieces without any, Wine's WinHTTP says that it failed.
      response.writeHead(307, { location: url, 'content-length': '0' }).end();
    });
    expect(await runProbe('get', url, '5000')).toMatchObject({ status: 307 });
    expect(asked).toBe(1);
  });

  it('takes no more than 4 MiB', async () => {
    const url = await plain((_request, response) => response.end(Buffer.alloc(4 * 1024 * 1024 + 1)));
    expect(await runProbe('get', url, '20000')).toMatchObject({ error: 'too-long' });
    const fits = await plain((_request, response) => response.end(Buffer.alloc(4 * 1024 * 1024)));
    expect(await runProbe('get', fits, '20000')).toMatchObject({ status: 200, bytes: 4 * 1024 * 1024 });
  });

  it('waits no longer than it was told, for an answer that does not come or never ends', async () => {
    const silent = await plain(() => undefined);
    expect(await runProbe('get', silent, '300')).toMatchObject({ error: 'timed-out' });
    const dripping = await plain((_request, response) => {
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    });
    expect(await runProbe('get', dripping, '600')).toMatchObject({ error: 'timed-out' });
  });

  it('speaks plain http to this machine only, and no other language', async () => {
    expect(await runProbe('get', 'http://192.0.2.1/', '1000')).toMatchObject({ error: 'refused' });
    expect(await runProbe('get', 'http://127.0.0.1.example/', '1000')).toMatchObject({ error: 'refused' });
    expect(await runProbe('get', 'http://127.0.0.1@192.0.2.1/', '1000')).toMatchObject({ error: 'refused' });
    expect(await runProbe('get', 'file:///etc/hostname', '1000')).toMatchObject({
      error: 'invalid-argument',
    });
  });

  it('refuses a certificate nobody vouches for, and takes the one it was told of', async () => {
    const bodies: string[] = [];
    const server = createHttpsServer(selfSigned, (request, response) => {
      request.on('data', (part) => bodies.push(String(part)));
      request.on('end', () => response.end('hello'));
    });
    onTestFinished(() => server.closeAllConnections());
    const url = `https://127.0.0.1:${await listen(server)}/`;
    const refused = { error: 'authentication-failed' };

    expect(await runProbe('get', url, '5000')).toMatchObject(refused);
    expect(await runProbe('get', url, '5000', pinOf(Buffer.from('another')))).toMatchObject(refused);
    expect(bodies).toEqual([]);
    expect(await runProbe('get', url, '5000', PIN)).toMatchObject({ status: 200, bytes: 5 });
    expect(bodies).toEqual(['body']);
  });
});
