import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProxyAgent, request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cable } from './cable.ts';

let server: Server;
let cable: Cable;
let origin: string;

beforeEach(async () => {
  server = createServer((incoming, response) => {
    if (incoming.url === '/slow') return;
    response.end(`${incoming.method} ${incoming.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cable = await Cable.lay(origin);
});
afterEach(async () => {
  await cable.close();
  server.closeAllConnections();
  server.close();
});

const get = async (url: string, proxyTunnel: boolean): Promise<string> => {
  const { statusCode, body } = await request(url, {
    dispatcher: new ProxyAgent({ uri: cable.url, proxyTunnel }),
  });
  return `${statusCode} ${await body.text()}`;
};

test.each([
  ['through a tunnel', true],
  ['as a forwarded request', false],
])('carries to the server %s', async (_how, tunnel) => {
  expect(await get(`${origin}/hello?a=1`, tunnel)).toBe('200 GET /hello?a=1');
});

test.each([true, false])('leads nowhere else (tunnel: %s)', async (tunnel) => {
  const outcome = await get('http://127.0.0.1:9/', tunnel).catch(
    (error: Error) => `refused: ${error.message}`,
  );
  expect(outcome).toMatch(/403|refused/);
  expect(outcome).not.toMatch(/ECONNREFUSED/);
});

test('unplugged, it breaks what is under way, refuses what comes, and carries again when plugged in', async () => {
  const underWay = get(`${origin}/slow`, true);
  const broken = expect(underWay).rejects.toThrow();
  await new Promise<void>((resolve) => server.once('request', () => resolve()));
  cable.carries = false;
  await broken;
  await expect(get(`${origin}/`, true)).rejects.toThrow();
  cable.carries = true;
  expect(await get(`${origin}/`, true)).toBe('200 GET /');
});
