import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../store/store.ts';
import { anchorOf, createDevice, registrationOf, startServer, ticketOf } from './server.test-support.ts';

async function listening() {
  const server = await startServer();
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.app.close());
  const { port } = server.app.server.address() as AddressInfo;
  const company = await server.addCompany('abc');
  const device = await server.registered(company);
  return { ...server, company, device, port, url: `http://127.0.0.1:${port}` };
}

/** Sends bytes as they are and gives back all that came until the server closed. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));

describe('over a real socket', () => {
  it('a device goes from registration to upload and its person to their day', async () => {
    const { url, company, ingested, anchors } = await listening();
    const device = createDevice();
    const post = (route: string, body: string, headers: Record<string, string> = {}) =>
      fetch(url + route, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
    const nonce = async () => (await (await fetch(`${url}/v1/nonces`, { method: 'POST' })).json()).nonce;

    const registration = JSON.stringify(registrationOf(device, company));
    const signed = device.sign(await nonce(), { url: '/v1/devices', body: registration });
    expect((await post('/v1/devices', registration, signed)).status).toBe(200);

    const challenge = await nonce();
    const ticket = device.state(ticketOf(device, 'abc', challenge));
    const anchor = device.state(anchorOf(device, challenge));
    const session = JSON.stringify({ ticket, anchor, clientVersion: '1' });
    const { token } = await (await post('/v1/sessions', session)).json();
    const authorization = `Bearer ${token}`;
    expect((await post('/v1/events', '{"events":[1]}', { authorization })).status).toBe(200);
    expect((await fetch(`${url}/v1/me`, { headers: { authorization } })).status).toBe(200);
    expect(ingested).toHaveLength(1);
    expect(anchors).toHaveLength(1);
  });

  it('a body of 10 MB is turned away before it has come in', async () => {
    const { port, device, company, token, ingested } = await listening();
    const bearer = await token(device, company);
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sending = httpRequest({ port, method: 'POST', path: '/v1/events', headers }, resolve);
      sending.on('error', reject);
      sending.setHeader('content-length', 10 * 1024 * 1024);
      // Never the whole of it: an answer can only mean that the server did not wait.
      sending.write(Buffer.alloc(64 * 1024, 0x20));
    });
    expect(answer.statusCode).toBe(413);
    expect(answer.headers.connection).toBe('close');
    expect(JSON.parse(await text(answer)).code).toBe('batch-too-large');
    answer.destroy();
    expect(ingested).toEqual([]);
  });

  it('a body of unsaid length is cut off at the limit', async () => {
    const { port, device, company, token } = await listening();
    const bearer = await token(device, company);
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sending = httpRequest({ port, method: 'POST', path: '/v1/events', headers }, resolve);
      sending.on('error', reject);
      for (let i = 0; i < 5; i++) sending.write(Buffer.alloc(1024 * 1024, 0x20));
    });
    expect(JSON.parse(await text(answer)).code).toBe('batch-too-large');
    answer.destroy();
  });

  it('a header that comes twice is refused, not chosen from', async () => {
    const { port, device, company, token } = await listening();
    const bearer = await token(device, company);
    const answer = await raw(
      port,
      `GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${bearer}\r\nauthorization: Bearer x\r\nConnection: close\r\n\r\n`,
    );
    expect(bodyOf(answer).code).toBe('invalid-request');
  });

  it('what is not HTTP gets a problem document all the same', async () => {
    const { port } = await listening();
    const answer = await raw(port, 'hello\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json/s);
    expect(bodyOf(answer).code).toBe('invalid-request');
  });
});

describe('several server processes on one store', () => {
  /** Two servers with nothing in common but the file and the keys. */
  async function pair() {
    const directory = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
    const file = path.join(directory, 'store.sqlite');
    const [first, second] = [await openStore(file), await openStore(file)];
    onTestFinished(async () => {
      await Promise.all([first.destroy(), second.destroy()]);
      await rm(directory, { recursive: true });
    });
    return [await startServer({ store: first }), await startServer({ store: second })] as const;
  }

  it("take each other's nonces, and take them once", async () => {
    const [one, two] = await pair();
    const device = await one.registered(await one.addCompany('abc'));
    const ticket = device.state(ticketOf(device, 'abc', await one.nonce()));
    const body = { ticket, clientVersion: '1' };
    expect((await two.post('/v1/sessions', body)).statusCode).toBe(200);
    expect((await one.post('/v1/sessions', body)).json().code).toBe('nonce-used');
  });

  it("know each other's tokens", async () => {
    const [one, two] = await pair();
    const company = await one.addCompany('abc');
    const bearer = await one.token(await two.registered(company), company);
    const headers = { authorization: `Bearer ${bearer}` };
    expect((await two.app.inject({ url: '/v1/me', headers })).statusCode).toBe(200);
  });
});

describe('the address a request came from', () => {
  const from = async (trustProxy?: string) => {
    const server = await startServer(trustProxy === undefined ? {} : { trustProxy });
    const company = await server.addCompany('abc');
    const bearer = await server.token(await server.registered(company), company);
    const headers = { authorization: `Bearer ${bearer}`, 'x-forwarded-for': '203.0.113.9' };
    await server.post('/v1/events', { events: [] }, headers);
    return server.ingested[0]?.reporter.ip;
  };

  it('is taken from the socket, and from X-Forwarded-For only behind a named proxy', async () => {
    expect(await from()).toBe('127.0.0.1');
    expect(await from('127.0.0.1')).toBe('203.0.113.9');
    expect(await from('10.0.0.1')).toBe('127.0.0.1');
  });
});

describe('GET /docs', () => {
  it('describes every route with its body and its problems, from the contract', async () => {
    const { app } = await startServer();
    const { paths } = (await app.inject('/docs/json')).json();
    expect(Object.keys(paths).sort()).toEqual([
      '/healthz',
      '/v1/device/logon-report',
      '/v1/device/otp-secret',
      '/v1/device/policy',
      '/v1/devices',
      '/v1/events',
      '/v1/links',
      '/v1/logon',
      '/v1/me',
      '/v1/nonces',
      '/v1/otp/enrolments',
      '/v1/otp/enrolments/confirm',
      '/v1/otp/recovery-codes',
      '/v1/sessions',
    ]);
    const { requestBody, responses } = paths['/v1/devices'].post;
    expect(requestBody.content['application/json'].schema.required).toContain('deviceSecret');
    expect(Object.keys(responses['4XX'].content)).toEqual(['application/problem+json']);
    expect((await app.inject('/docs')).headers['content-type']).toContain('text/html');
  });
});

describe('GET /healthz', () => {
  it('is well while the store answers, and says when it does not', async () => {
    const { app, store } = await startServer();
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
    await store.destroy();
    const answer = await app.inject('/healthz');
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'unavailable']);
  });
});
