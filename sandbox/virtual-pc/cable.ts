/**
 * The network cable of the virtual PC: a forward proxy on loopback through which bridge and clients reach the server, and
 * nothing else. Unplugged, it breaks what is connected and refuses what comes.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export class Cable {
  readonly #server: Server;
  /** Host and port of the only server reachable through it. */
  readonly #host: string;
  readonly #port: number;
  readonly #open = new Set<Duplex>();
  #carries = true;

  private constructor(serverOrigin: string) {
    const url = new URL(serverOrigin);
    this.#host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    this.#server = createServer((incoming, response) => this.#forward(incoming, response));
    this.#server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#tunnel(incoming, socket, head),
    );
    this.#server.on('connection', (socket) => {
      if (this.#carries) this.#keep(socket);
      else socket.destroy();
    });
  }

  /** Plugs a cable in towards a server. */
  static async lay(serverOrigin: string): Promise<Cable> {
    const cable = new Cable(serverOrigin);
    await new Promise<void>((resolve, reject) => {
      cable.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return cable;
  }

  /** Address of the proxy. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  get carries(): boolean {
    return this.#carries;
  }

  /** Plugs the cable in or out. */
  set carries(value: boolean) {
    this.#carries = value;
    if (value) return;
    for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    this.carries = false;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #keep(socket: Duplex): void {
    // One that is used again for a further request is known already.
    if (this.#open.has(socket)) return;
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#leadsTo(`http://${incoming.url}`)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    const server = connect(this.#port, this.#host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) server.write(head);
      server.pipe(socket).pipe(server);
    });
    this.#keep(server);
    socket.once('close', () => server.destroy());
    server.once('close', () => socket.destroy());
  }

  /** A plain request in absolute form, as some clients send for http. */
  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const target = incoming.url ?? '';
    if (!this.#leadsTo(target)) {
      response.writeHead(403).end();
      return;
    }
    const { method, headers } = incoming;
    const url = new URL(target);
    const outgoing = request({
      host: this.#host,
      port: this.#port,
      method,
      headers,
      path: url.pathname + url.search,
    });
    outgoing.on('socket', (socket) => this.#keep(socket));
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  }

  #leadsTo(target: string): boolean {
    const url = URL.parse(target);
    if (!url) return false;
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return host === this.#host && Number(url.port || 80) === this.#port;
  }
}
