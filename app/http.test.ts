import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp, type HttpOptions, proxyOf } from './http.ts';
import { unreachableCode } from './reporter/failure.ts';
import type { FetchAnswer } from './reporter/server-api.ts';

const init = {
  method: 'GET',
  headers: {},
  redirect: 'manual',
  signal: new AbortController().signal,
} as const;

async function listening(server: http.Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const target = () => listening(http.createServer((_, response) => response.end('here')));

/** A forwarding proxy that wants an account, and notes who came for which address. */
async function proxy(account: string | null) {
  const seen: string[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.url ?? '');
    const wanted = account && `Basic ${Buffer.from(account).toString('base64')}`;
    if (wanted && request.headers['proxy-authorization'] !== wanted) {
      response.writeHead(407).end();
      return;
    }
    http.get(request.url ?? '', (answer) => answer.pipe(response));
  });
  server.on('connect', (request: http.IncomingMessage, socket: Socket) => {
    seen.push(request.url ?? '');
    if (account) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const on = net.connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    on.pipe(socket).pipe(on);
  });
  return { port: await listening(server), seen };
}

function newHttp(options: HttpOptions = {}) {
  const created = createHttp(options);
  onTestFinished(() => created.close());
  return created;
}

async function textOf(answer: FetchAnswer): Promise<string> {
  let text = '';
  for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  return text;
}

test('goes directly when no proxy is wanted', async () => {
  const network = newHttp();
  network.configure({ mode: 'none' }, null);
  expect(await textOf(await network.fetch(`http://127.0.0.1:${await target()}/`, init))).toBe('here');
});

test('goes through a manual proxy with its account, and directly again once it is switched off', async () => {
  const { port, seen } = await proxy('hanako:秘密');
  const url = `http://127.0.0.1:${await target()}/`;
  const network = newHttp();
  network.configure({ mode: 'manual', server: '127.0.0.1', port, account: 'hanako' }, '秘密');
  expect(await textOf(await network.fetch(url, init))).toBe('here');
  expect(seen).toHaveLength(1);
  network.configure({ mode: 'none' }, null);
  expect(await textOf(await network.fetch(url, init))).toBe('here');
  expect(seen).toHaveLength(1);
});

test('a wrong password is told apart from a lost network, also for HTTPS', async () => {
  const { port } = await proxy('hanako:right');
  const network = newHttp();
  network.configure({ mode: 'manual', server: '127.0.0.1', port, account: 'hanako' }, 'wrong');
  for (const url of ['http://server.invalid/', 'https://server.invalid/']) {
    const error = await network.fetch(url, init).catch((thrown: unknown) => thrown);
    expect(unreachableCode(error)).toBe('proxy-refused');
  }
});

test('asks the system for each address and follows its answer', async () => {
  const { port, seen } = await proxy(null);
  const asked: string[] = [];
  const network = newHttp({
    systemProxy: async (url) => {
      asked.push(url);
      return asked.length === 1 ? `PROXY 127.0.0.1:${port}; DIRECT` : 'DIRECT';
    },
  });
  network.configure({ mode: 'system' }, null);
  const url = `http://127.0.0.1:${await target()}/`;
  await textOf(await network.fetch(url, init));
  await textOf(await network.fetch(url, init));
  expect([asked, seen]).toEqual([[url, url], [url]]);
});

test.each([
  ['DIRECT', null],
  ['PROXY proxy.example:8080; DIRECT', 'http://proxy.example:8080'],
  ['HTTPS proxy.example:8443', 'https://proxy.example:8443'],
  ['SOCKS5 proxy.example:1080', 'socks5://proxy.example:1080'],
  ['CARRIER pigeon:1; PROXY proxy.example:8080', 'http://proxy.example:8080'],
  ['', null],
])('the system’s answer %s', (pac, uri) => {
  expect(proxyOf(pac)).toBe(uri);
});
