import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { SealedEvent } from '../../contract/event.ts';
import { createDevice, createJournal, record } from '../device.test-support.ts';
import { createHttp } from '../http.ts';
import { testTime } from '../time.test-support.ts';
import { unreachableCode } from './failure.ts';
import { createServerApi } from './server-api.ts';

const signal = new AbortController().signal;
const time = testTime();
const serverTime = '2026-08-03T00:00:00.000Z';

/** A server that gives one answer to everything. */
async function answering(answer: http.RequestListener) {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const network = createHttp();
  onTestFinished(async () => {
    await network.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return createServerApi({
    ...time,
    fetch: network.fetch,
    server: `http://127.0.0.1:${port}`,
    clientVersion: '1.0.0',
  });
}

const says =
  (status: number, body: unknown, headers: Record<string, string> = {}): http.RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

function events(count: number): SealedEvent[] {
  const device = createDevice();
  const journal = createJournal();
  for (let n = 0; n < count; n++) record(device, journal);
  return journal.records;
}

const uploadAnswer = (count: number) => ({
  verdicts: Array.from({ length: count }, () => ({ status: 'stored' })),
  receipts: [],
  serverTime,
});
const aProblem = (code: string, status: number) => ({ type: 'about:blank', title: 'No', status, code });

test('uploads the sealed text untouched, compressed, with the token', async () => {
  const sent = events(2);
  let seen: unknown = null;
  const api = await answering((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen = [request.headers.authorization, JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())];
      says(200, uploadAnswer(2))(request, response);
    });
  });
  expect((await api.upload('t'.repeat(40), sent, signal)).ok).toBe(true);
  expect(seen).toEqual([`Bearer ${'t'.repeat(40)}`, { events: sent }]);
});

test.each([
  ['one verdict too few', says(200, uploadAnswer(1))],
  ['one verdict too many', says(200, uploadAnswer(3))],
  [
    'a verdict nobody knows',
    says(200, { ...uploadAnswer(1), verdicts: [{ status: 'stored' }, { status: '?' }] }),
  ],
  ['a captive portal', says(200, '<html>Welcome to the hotel</html>')],
  ['a redirection', says(302, '', { location: 'https://portal.example/' })],
  ['an answer with nothing in it', says(204, '')],
  ['a proxy’s own page', says(502, '<html>Bad gateway</html>')],
  ['an endless answer', says(200, ' '.repeat(2 * 1024 * 1024))],
])('%s is nobody’s word', async (_, answer) => {
  const api = await answering(answer);
  const outcome = await api.upload('token', events(2), signal);
  expect(outcome).toEqual({ ok: false, failure: { kind: 'unreachable', code: 'unfit-answer' } });
});

test.each([
  ['a problem', 403, aProblem('device-retired', 403), {}, 'device-retired', null],
  ['a problem nobody knows yet', 409, aProblem('moon-phase', 409), {}, 'moon-phase', null],
  ['patience', 503, aProblem('unavailable', 503), { 'retry-after': '7' }, 'unavailable', 7000],
  ['a load balancer’s patience', 503, 'busy', { 'retry-after': '9' }, 'unavailable', 9000],
  ['a load balancer’s limit', 429, '', {}, 'too-many-requests', null],
  ['a gateway that takes small bodies only', 413, '<html>', {}, 'too-large-on-the-way', null],
])('%s is a refusal', async (_, status, body, headers, code, retryAfterMs) => {
  const api = await answering(says(status, body, { ...headers }));
  const outcome = await api.me('token', signal);
  expect(outcome).toEqual({ ok: false, failure: { kind: 'refused', status, code, retryAfterMs } });
});

test('a connection that breaks, before or within the answer, is unreachable', async () => {
  const before = await answering((request) => request.socket.destroy());
  const within = await answering((request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"nonce":');
    setImmediate(() => request.socket.destroy());
  });
  for (const api of [before, within])
    expect(await api.nonce(signal)).toEqual({
      ok: false,
      failure: { kind: 'unreachable', code: 'unreachable' },
    });
});

test('an answer that does not come, or does not end, is given up after half a minute', async () => {
  const arrived = Promise.withResolvers<void>();
  const api = await answering((_, response) => {
    response.writeHead(200);
    response.write('{');
    arrived.resolve();
  });
  const asked = api.nonce(signal);
  await arrived.promise;
  time.pass(30_000);
  expect(await asked).toEqual({ ok: false, failure: { kind: 'unreachable', code: 'timed-out' } });
});

test('stopping ends a request at once', async () => {
  const stopping = new AbortController();
  const arrived = Promise.withResolvers<void>();
  const api = await answering(() => arrived.resolve());
  const asked = api.nonce(stopping.signal);
  await arrived.promise;
  stopping.abort();
  expect((await asked).ok).toBe(false);
});

const failedFetch = (cause: Error) => new TypeError('fetch failed', { cause });
const withCode = (code: string) => Object.assign(new Error(code), { code });

test.each([
  [failedFetch(withCode('ECONNREFUSED')), 'unreachable'],
  [failedFetch(withCode('ENOTFOUND')), 'unreachable'],
  [failedFetch(withCode('UND_ERR_CONNECT_TIMEOUT')), 'timed-out'],
  [failedFetch(withCode('CERT_NOT_YET_VALID')), 'certificate-time'],
  [failedFetch(withCode('CERT_HAS_EXPIRED')), 'certificate-time'],
  [failedFetch(withCode('SELF_SIGNED_CERT_IN_CHAIN')), 'certificate-untrusted'],
  [failedFetch(withCode('ERR_TLS_CERT_ALTNAME_INVALID')), 'certificate-untrusted'],
  ['a string', 'unreachable'],
])('a failed request says what a person can do about it: %#', (error, code) => {
  expect(unreachableCode(error)).toBe(code);
});
