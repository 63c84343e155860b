/** A proxy as companies have them: it wants an account, and hands on what is meant for others without reading it. */
import { createServer } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface StartedProxy {
  /** `host:port`, as the bridge's settings name it. */
  address: string;
  /** Each target that a tunnel was asked for, in order. */
  asked: string[];
  /** How many of them were opened. */
  opened: () => number;
}

/** @param account `name:password`, and whoever says another, or none, is answered with 407; null for no account. */
export async function startProxy(account: string | null): Promise<StartedProxy> {
  const wanted = account === null ? undefined : `Basic ${Buffer.from(account).toString('base64')}`;
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, socket: Socket) => {
    const target = request.url ?? '';
    asked.push(target);
    socket.on('error', () => socket.destroy());
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n' +
          'Content-Length: 0\r\nConnection: close\r\n\r\n',
      );
      return;
    }
    const { hostname, port } = new URL(`https://${target}`);
    const onward = net.connect(Number(port), hostname, () => {
      opened += 1;
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, asked, opened: () => opened };
}
