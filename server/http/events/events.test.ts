import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ANCHOR_LIMIT_MS } from '../../../contract/statement.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS, uploadAnswer } from '../../../contract/upload.ts';
import { anchorOf, SID, startServer } from '../server.test-support.ts';
import type { ServerOptions } from '../server.ts';

async function withToken(overrides: Partial<ServerOptions> = {}) {
  const server = await startServer(overrides);
  const company = await server.addCompany('abc');
  const device = await server.registered(company);
  const token = await server.token(device, company);
  const upload = (body: unknown, headers: Record<string, string | string[]> = {}) =>
    server.post('/v1/events', body, { authorization: `Bearer ${token}`, ...headers });
  const code = async (body: unknown, headers: Record<string, string | string[]> = {}) => {
    const answer = await upload(body, headers);
    return `${answer.statusCode} ${answer.json().code ?? ''}`.trim();
  };
  return { ...server, company, device, token, upload, code };
}

const GZIP = { 'content-encoding': 'gzip' };

describe('an upload with a bearer token', () => {
  it('is ingested for the account of the token and answered event by event', async () => {
    const stored: string[] = [];
    const { upload, ingested, company, device } = await withToken({ afterIngest: (c) => stored.push(c) });
    const answer = await upload({ events: [{ any: 1 }, 'thing'] });
    expect(answer.statusCode).toBe(200);
    expect(uploadAnswer.parse(answer.json()).verdicts).toEqual([{ status: 'stored' }, { status: 'stored' }]);
    expect(ingested).toEqual([
      {
        reporter: {
          company: company.id,
          device: device.id,
          role: 'client',
          way: 'client',
          sid: SID,
          ip: '127.0.0.1',
          clientVersion: '2.0.0',
        },
        events: [{ any: 1 }, 'thing'],
        anchor: null,
      },
    ]);
    expect(stored).toEqual([company.id]);
  });

  it('may be packed with gzip', async () => {
    const { upload, ingested } = await withToken();
    const packed = gzipSync(JSON.stringify({ events: [1, 2, 3] }));
    expect((await upload(packed, GZIP)).statusCode).toBe(200);
    expect(ingested[0]?.events).toEqual([1, 2, 3]);
  });

  it('brings no anchor: one in it is passed over', async () => {
    const { upload, ingested, device, nonce, logged } = await withToken();
    const anchor = device.state(anchorOf(device, await nonce()));
    expect((await upload({ events: [], anchor })).statusCode).toBe(200);
    expect(ingested[0]?.anchor).toBeNull();
    expect(logged).toContainEqual(expect.objectContaining({ why: 'not-signed' }));
  });

  it("stays in the token's company, whatever the events claim", async () => {
    const { addCompany, registered, upload, ingested, company } = await withToken();
    const foreign = await registered(await addCompany('xyz'));
    await upload({ events: [{ company: 'xyz', device: foreign.id }], company: 'xyz', device: foreign.id });
    expect(ingested.map(({ reporter }) => reporter.company)).toEqual([company.id]);
    expect(ingested[0]?.reporter.device).not.toBe(foreign.id);
  });

  it('without a token, or with one that is over, is refused before its body is read', async () => {
    const { post, upload, clock } = await withToken();
    expect((await post('/v1/events', 'not json')).json().code).toBe('token-missing');
    clock.nowMs += 15 * 60_000;
    expect((await upload('not json')).json().code).toBe('token-expired');
  });
});

describe('an upload that is no batch', () => {
  it.each<[string, unknown, Record<string, string>]>([
    ['not JSON', '{"events":', {}],
    ['nothing', '', {}],
    ['another type', 'events=1', { 'content-type': 'text/plain' }],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}],
    ['without events', {}, {}],
    ['with events that are no list', { events: { length: 1 } }, {}],
    ['called gzip and is not', '{"events":[]}', GZIP],
    ['cut-off gzip', gzipSync('{"events":[]}').subarray(0, 20), GZIP],
    ['changing a prototype', '{"events":[],"__proto__":{"polluted":1}}', {}],
    ['changing a prototype in an event', '{"events":[{"__proto__":{"polluted":1}}]}', {}],
    ['escaping it', '{"events":[{"\\u005f_proto__":{"polluted":1}}]}', {}],
    ['by way of the constructor', '{"events":[{"constructor":{"prototype":{"polluted":1}}}]}', {}],
  ])('(%s) is a malformed batch', async (_, body, headers) => {
    const { code, ingested } = await withToken();
    expect(await code(body, headers)).toBe('400 malformed-batch');
    expect(ingested).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('may hold what only looks like such a trick, in a record', async () => {
    const { code } = await withToken();
    expect(await code({ events: [{ record: '{"__proto__":1}' }] })).toBe('200');
  });

  it.each(['br', 'deflate', 'gzip, gzip', ''])('in the encoding "%s" is not understood', async (encoding) => {
    const { code } = await withToken();
    expect(await code('{"events":[]}', { 'content-encoding': encoding })).toBe('415 unsupported-encoding');
  });

  it('may say "identity" but not say its encoding twice', async () => {
    const { code } = await withToken();
    expect(await code('{"events":[]}', { 'content-encoding': 'identity' })).toBe('200');
    expect(await code('{"events":[]}', { 'content-encoding': ['gzip', 'identity'] })).toBe(
      '400 invalid-request',
    );
  });
});

describe('an upload that is too large', () => {
  it('takes as many events as a batch may hold and not one more', async () => {
    const { code, ingested } = await withToken();
    const events = Array.from({ length: MAX_BATCH_EVENTS }, () => 0);
    expect(await code({ events })).toBe('200');
    expect(await code({ events: [...events, 0] })).toBe('413 batch-too-large');
    expect(ingested).toHaveLength(1);
  });

  it('is refused over the limit as sent, and over the limit unpacked', async () => {
    const { code } = await withToken();
    const batchOf = (bytes: number) => {
      const frame = '{"events":[""]}';
      return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
    };
    expect(await code(batchOf(MAX_BATCH_BYTES))).toBe('200');
    expect(await code(batchOf(MAX_BATCH_BYTES + 1))).toBe('413 batch-too-large');
    expect(await code(gzipSync(batchOf(MAX_BATCH_BYTES)), GZIP)).toBe('200');
    expect(await code(gzipSync(batchOf(MAX_BATCH_BYTES + 1)), GZIP)).toBe('413 batch-too-large');
  });

  it('stops unpacking a bomb early', async () => {
    const { code } = await withToken();
    const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024), { level: 9 });
    const before = process.memoryUsage().rss;
    expect(await code(bomb, GZIP)).toBe('413 batch-too-large');
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });
});

describe('an upload signed by the device', () => {
  const body = '{"events":[1]}';

  it('is ingested for the device and nobody in particular', async () => {
    const { postSigned, device, ingested, company } = await withToken();
    expect((await postSigned(device, '/v1/events', body)).statusCode).toBe(200);
    expect(ingested[0]?.reporter).toMatchObject({ way: 'device', sid: null, company: company.id });
    expect(ingested[0]?.anchor).toBeNull();
  });

  it('is signed over the bytes as sent, packed', async () => {
    const { postSigned, device, ingested } = await withToken();
    expect((await postSigned(device, '/v1/events', gzipSync(body), GZIP)).statusCode).toBe(200);
    expect(ingested[0]?.events).toEqual([1]);
  });

  it('brings an anchor that answers its own nonce', async () => {
    const { post, device, nonce, clock, ingested } = await withToken();
    const own = await nonce();
    const issuedAtMs = clock.nowMs;
    clock.nowMs += 40;
    const text = JSON.stringify({ events: [], anchor: device.state(anchorOf(device, own)) });
    const headers = device.sign(own, { url: '/v1/events', body: text });
    expect((await post('/v1/events', text, headers)).statusCode).toBe(200);
    expect(ingested[0]?.anchor).toMatchObject({
      statement: { device: device.id, nonce: own },
      issuedAtMs,
      answeredAtMs: issuedAtMs + 40,
    });
  });

  it('keeps its events when the anchor is late, forged or for another nonce', async () => {
    const { post, device, nonce, clock, ingested, logged } = await withToken();
    const send = async (anchorFor: (own: string) => Promise<object> | object, waitMs = 0) => {
      const own = await nonce();
      const text = JSON.stringify({ events: [1], anchor: await anchorFor(own) });
      clock.nowMs += waitMs;
      return post('/v1/events', text, device.sign(own, { url: '/v1/events', body: text }));
    };
    await send((own) => device.state(anchorOf(device, own)), ANCHOR_LIMIT_MS + 1);
    await send((own) => ({
      ...device.state(anchorOf(device, own)),
      signature: device.state({}).signature,
    }));
    await send(async () => device.state(anchorOf(device, await nonce())));
    expect(ingested.map(({ events, anchor }) => [events, anchor])).toEqual([
      [[1], null],
      [[1], null],
      [[1], null],
    ]);
    const why = logged.filter(({ msg }) => msg === 'Anchor passed over').map((line) => line['why']);
    expect(why).toEqual(['late', 'bad-signature', 'other-nonce']);
  });

  it('may take its time on the way: what counts is when it began', async () => {
    const { device, nonce, post, clock, ingested } = await withToken();
    const own = await nonce();
    clock.nowMs += 59_999;
    const headers = device.sign(own, { url: '/v1/events', body });
    expect((await post('/v1/events', body, headers)).statusCode).toBe(200);
    expect(ingested).toHaveLength(1);
  });
});
