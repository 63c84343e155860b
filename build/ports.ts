import { createServer } from 'node:net';

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** The first port from `from` on that nobody listens on at 127.0.0.1, passing over `taken`. */
export async function freePort(from: number, taken: readonly number[] = []): Promise<number> {
  for (let port = from; port < 65536; port++) {
    if (!taken.includes(port) && (await canListen(port))) return port;
  }
  throw new Error(`No port from ${from} on is free`);
}
