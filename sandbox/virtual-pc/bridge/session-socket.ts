import { chmod, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { MAX_LINE_BYTES } from '../../../contract/bridge.ts';
import { LineReader, LineTooLong } from './line-reader.ts';
import { errorLine, type ProtocolSession } from './protocol-session.ts';
import type { Timers } from './timers.ts';

export interface SocketLimits {
  /** Clients of one session at a time; a further one is turned away. */
  clients: number;
  /** How long a client may take to say hello, to end a line it began, and to take its answers, in milliseconds. */
  patienceMs: number;
}

export const SOCKET_LIMITS: SocketLimits = { clients: 8, patienceMs: 15_000 };

export interface SessionSocketOptions {
  path: string;
  /** A fresh conversation for each client. */
  newConversation: () => ProtocolSession;
  timers: Timers;
  limits: SocketLimits;
}

/** The socket one logged-on session's clients connect to. It stands for that account, as a pipe's caller does on Windows. */
export class SessionSocket {
  readonly #options: SessionSocketOptions;
  readonly #server: Server;
  readonly #clients = new Map<Socket, ProtocolSession>();

  private constructor(options: SessionSocketOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens at the path; a socket file that a killed bridge left there is replaced. */
  static async open(options: SessionSocketOptions): Promise<SessionSocket> {
    const opened = new SessionSocket(options);
    await unlink(options.path).catch(() => undefined);
    await new Promise<void>((resolve, reject) => {
      opened.#server.once('error', reject).listen(options.path, resolve);
    });
    // A pipe of Windows is no file: it has no mode.
    if (process.platform !== 'win32') await chmod(options.path, 0o600);
    return opened;
  }

  /** Says something unasked to every client that said hello. */
  notify(line: string): void {
    for (const [socket, conversation] of this.#clients) {
      if (conversation.greeted && socket.writable) socket.write(`${line}\n`);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#clients.keys()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#clients.size >= this.#options.limits.clients) {
      socket.write(`${errorLine(null, 'too-many-requests', 'This session has too many clients already')}\n`);
      this.#partWith(socket);
      return;
    }
    const conversation = this.#options.newConversation();
    this.#clients.set(socket, conversation);
    socket.once('close', () => this.#clients.delete(socket));
    void this.#converse(socket, conversation).finally(() => this.#partWith(socket));
  }

  /** Reads a line, answers it, then reads on: a client cannot make more work than it waits for. */
  async #converse(socket: Socket, conversation: ProtocolSession): Promise<void> {
    const reader = new LineReader(MAX_LINE_BYTES);
    let cancel = this.#impatient(socket);
    try {
      // Left early, the socket must stay open for the last answer.
      const chunks: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        cancel();
        cancel = () => undefined;
        for (const line of reader.push(chunk)) {
          const reply = await conversation.answer(line);
          await this.#write(socket, reply.lines);
          if (reply.close) return;
        }
        if (reader.unfinished || !conversation.greeted) cancel = this.#impatient(socket);
      }
    } catch (error) {
      // Anything else is the connection breaking, which needs no answer.
      if (!(error instanceof LineTooLong)) return;
      await this.#write(socket, [
        errorLine(null, 'line-too-long', `A line has at most ${MAX_LINE_BYTES} bytes`),
      ]);
    } finally {
      cancel();
    }
  }

  /** Lets the last answer arrive: a connection closed over unread bytes would take it along. */
  #partWith(socket: Socket): void {
    if (socket.destroyed) return;
    socket.once('close', this.#impatient(socket));
    socket.resume().end();
  }

  /** Resolves when the client has taken the lines, or is gone. */
  #write(socket: Socket, lines: readonly string[]): Promise<void> {
    const taken = lines.map((line) => socket.write(`${line}\n`)).every(Boolean);
    if (taken || !socket.writable) return Promise.resolve();
    const cancel = this.#impatient(socket);
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        resolve();
      };
      socket.once('drain', done).once('close', done);
    });
  }

  #impatient(socket: Socket): () => void {
    return this.#options.timers.after(this.#options.limits.patienceMs, () => socket.destroy());
  }
}
