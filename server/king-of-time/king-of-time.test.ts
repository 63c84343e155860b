import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createKingOfTimeClient } from './client.ts';
import { forbiddenUntil } from './forbidden-hours.ts';
import { outcomeOfError, outcomeOfFailure } from './outcome.ts';
import { punchTime } from './punch-time.ts';

const NOON = Date.parse('2026-06-01T12:00:00+09:00');
const jst = (time: string) => Date.parse(`2026-06-01T${time}+09:00`);

describe('forbidden hours, with a minute of margin on both sides', () => {
  test.each([
    ['08:28:59', null],
    ['08:29:00', '10:01'],
    ['08:30:00', '10:01'],
    ['10:00:00', '10:01'],
    ['10:01:00', '10:01'],
    ['10:01:01', null],
    ['17:29:00', '18:31'],
    ['18:31:00', '18:31'],
    ['18:31:01', null],
    ['00:00:00', null],
  ])('%s', (time, until) => {
    expect(forbiddenUntil(jst(time))).toBe(until === null ? null : jst(`${until}:00`) + 1);
  });
});

describe('a punch’s time', () => {
  test.each([
    ['2026-06-01T08:55:10.999+09:00', 'Asia/Tokyo', 'instant', '2026-06-01T08:55:10+09:00'],
    ['2026-06-02T00:00:00+09:00', 'Asia/Tokyo', 'instant', '2026-06-02T00:00:00+09:00'],
    ['2026-06-01T09:00:00-07:00', 'America/Los_Angeles', 'instant', '2026-06-02T01:00:00+09:00'],
    ['2026-06-01T09:00:00-07:00', 'America/Los_Angeles', 'wall', '2026-06-01T09:00:00+09:00'],
    ['2026-11-01T01:30:00-08:00', 'America/Los_Angeles', 'wall', '2026-11-01T01:30:00+09:00'],
  ] as const)('%s of %s as %s', (instant, timeZone, foreignTime, expected) => {
    expect(punchTime(Date.parse(instant), { timeZone, foreignTime })).toBe(expected);
  });
});

describe('what an answer means', () => {
  const list = (code: number | string) => ({ errors: [{ message: 'm', code }] });
  test.each([
    [403, list(104), 'deferred'],
    [403, list('104'), 'deferred'],
    [403, list(100), 'refused not-authorized'],
    [400, list(111), 'refused not-authorized'],
    [401, undefined, 'refused not-authorized'],
    [407, undefined, 'refused not-authorized'],
    [403, list(105), 'slow-down'],
    [429, { code: '303', message: 'Too Many Requests' }, 'slow-down'],
    [400, { code: 308, message: '' }, 'slow-down'],
    [429, undefined, 'slow-down'],
    [400, list(222), 'refused invalid'],
    [400, list(280), 'refused invalid'],
    [400, list(2), 'refused invalid'],
    [404, list(526), 'refused unknown-employee'],
    [404, undefined, 'refused invalid'],
    [400, { errors: [{ code: 1, message: '打刻済みエラー' }] }, 'already-punched'],
    [500, list(300), 'unavailable'],
    [503, undefined, 'unavailable'],
    [302, undefined, 'unavailable'],
    [500, undefined, 'unknown'],
    [502, undefined, 'unknown'],
    [504, undefined, 'unknown'],
    [200, undefined, 'unknown'],
    [201, 'no JSON', 'unknown'],
    [400, { errors: 'nonsense' }, 'refused invalid'],
    [400, { errors: [null, { message: 'no code' }] }, 'refused invalid'],
  ])('%i %j is %s', (httpStatus, body, expected) => {
    const outcome = outcomeOfFailure({ httpStatus, body, retryAfter: null }, NOON);
    expect('reason' in outcome ? `${outcome.status} ${outcome.reason}` : outcome.status).toBe(expected);
  });

  test('the forbidden hours end when the window does', () => {
    const outcome = outcomeOfFailure({ httpStatus: 403, body: list(104), retryAfter: null }, jst('09:00:00'));
    expect(outcome).toMatchObject({ status: 'deferred', retryAt: jst('10:01:00') + 1 });
  });

  test.each([
    ['120', 120_000],
    [new Date(NOON + 5_000).toUTCString(), 5_000],
    ['soon', null],
  ])('Retry-After: %s', (retryAfter, expected) => {
    expect(outcomeOfFailure({ httpStatus: 429, body: undefined, retryAfter }, NOON)).toMatchObject({
      retryAfterMs: expected,
    });
  });

  test('a lost connection leaves the question open, one that never came about does not', () => {
    const failed = (code: string) =>
      new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
    expect(outcomeOfError(failed('ECONNREFUSED')).status).toBe('unavailable');
    expect(outcomeOfError(failed('UND_ERR_SOCKET')).status).toBe('unknown');
    expect(outcomeOfError(new DOMException('late', 'TimeoutError')).status).toBe('unknown');
  });
});

describe('the client', () => {
  async function serving(listener: RequestListener) {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const logged: object[] = [];
    const { port } = server.address() as AddressInfo;
    const client = createKingOfTimeClient({
      baseUrl: `http://127.0.0.1:${port}/v1.0`,
      token: 'secret/token',
      fetch,
      clock: { now: () => NOON },
      timeoutMs: 5_000,
      log: { debug: (what) => void logged.push(what) },
    });
    return { client, logged, server };
  }

  test('keeps the token out of what it logs, also where it is part of the address', async () => {
    const seen: (string | undefined)[] = [];
    const { client, logged } = await serving((request, response) => {
      seen.push(request.url, request.headers.authorization);
      response.end(JSON.stringify({ available: true }));
    });
    expect(await client.checkToken()).toMatchObject({ status: 'ok', value: true });
    expect(seen).toEqual(['/v1.0/tokens/secret%2Ftoken/available', 'Bearer secret/token']);
    expect(JSON.stringify(logged)).not.toMatch(/secret/);
  });

  test('does not believe a success that is about another punch', async () => {
    const { client } = await serving((_request, response) => {
      response.statusCode = 201;
      response.end(
        JSON.stringify({ date: '2026-06-02', employeeKey: 'k', timeRecord: { time: 't', code: '1' } }),
      );
    });
    const punch = { date: '2026-06-01', time: '2026-06-01T09:00:00+09:00', kind: 'in' } as const;
    expect(await client.registerPunch('k', punch)).toMatchObject({ status: 'unknown', httpStatus: 201 });
  });

  test('does not follow a redirect with the token', async () => {
    const paths: (string | undefined)[] = [];
    const { client } = await serving((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect((await client.readCompany()).status).toBe('unavailable');
    expect(paths).toEqual(['/v1.0/company']);
  });

  test('says unavailable when nobody listens', async () => {
    const { client, server } = await serving((_request, response) => response.end());
    await new Promise((resolve) => server.close(resolve));
    expect((await client.readDivisions()).status).toBe('unavailable');
  });
});
