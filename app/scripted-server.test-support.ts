import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { sealedEvent, sessionEvent } from '../contract/event.ts';
import type { JournalId } from '../contract/ids.ts';
import { PROBLEMS, type ProblemCode } from '../contract/problem.ts';
import { sessionRequest } from '../contract/session.ts';
import { anchorStatement, ticketStatement } from '../contract/statement.ts';
import { type EventVerdict, eventUpload } from '../contract/upload.ts';
import {
  makeReceipt,
  recordMac,
  statementHolds,
  type TestDevice,
  testAccount,
} from './device.test-support.ts';

/** What a test lets the server do instead of its answer. `acted` says whether the server did what it was asked before. */
export type Reply =
  | { status: number; headers?: Record<string, string>; body?: string | object }
  | 'drop'
  | 'drop-after-acting'
  | 'hang';

export const problemReply = (
  code: ProblemCode,
  headers: Record<string, string> = {},
): Exclude<Reply, string> => ({
  status: PROBLEMS[code].status,
  headers,
  body: { type: 'about:blank', title: PROBLEMS[code].title, status: PROBLEMS[code].status, code },
});

interface Asked {
  method: string;
  path: string;
  authorization: string | null;
  /** The uploaded events' ids, for uploads. */
  events: string[];
}

/**
 * A server that keeps the contract over a real socket and real state: nonces, signed tickets, tokens, MACs, contiguous receipts, and each
 * event once by its id. Tests may put replies in its mouth.
 */
export class ScriptedServer {
  origin = '';
  readonly device: TestDevice;
  readonly asked: Asked[] = [];
  /** The id of each event, as often as it was stored: more than once would be a fault. */
  readonly stored: string[] = [];
  /** Taken before the server's own answer, by path and in order. */
  readonly replies = new Map<string, Reply[]>();
  /** Sees every upload after it was read; what it returns goes before the server's own answer. */
  onUpload: (ids: readonly string[]) => Reply | null = () => null;
  tokenLifeMs = 15 * 60_000;
  now: () => number = Date.now;
  /** Tokens with the end of their life. */
  readonly tokens = new Map<string, number>();
  /** Codes of the problems it answered of its own accord. */
  readonly refused: ProblemCode[] = [];
  readonly #nonces = new Set<string>();
  readonly #macs = new Map<string, string>();
  readonly #contiguous = new Map<JournalId, Set<number>>();
  readonly #sockets = new Set<Socket>();
  readonly #http: http.Server;

  private constructor(device: TestDevice) {
    this.device = device;
    this.#http = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#take(request, Buffer.concat(chunks), response));
    });
    this.#http.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(device: TestDevice): Promise<ScriptedServer> {
    const server = new ScriptedServer(device);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    server.origin = `http://127.0.0.1:${(server.#http.address() as AddressInfo).port}`;
    return server;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  reply(path: string, ...replies: Reply[]): void {
    this.replies.set(path, [...(this.replies.get(path) ?? []), ...replies]);
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.asked.filter((asked) => asked.path === path).length;
  }

  #take(request: http.IncomingMessage, raw: Buffer, response: http.ServerResponse): void {
    const path = request.url ?? '';
    const events: string[] = [];
    this.asked.push({
      method: request.method ?? '',
      path,
      authorization: request.headers.authorization ?? null,
      events,
    });
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    if (path === '/v1/events') events.push(...uploadedIds(body));
    const reply = this.replies.get(path)?.shift() ?? (path === '/v1/events' ? this.onUpload(events) : null);
    if (reply === 'hang') return;
    if (reply === 'drop') {
      response.destroy();
      return;
    }
    const answer =
      reply && reply !== 'drop-after-acting'
        ? reply
        : this.#answer(path, body, request.headers.authorization);
    if (reply === 'drop-after-acting') {
      response.destroy();
      return;
    }
    const text = typeof answer.body === 'object' ? JSON.stringify(answer.body) : (answer.body ?? '');
    const type = answer.status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(answer.status, { 'content-type': type, ...answer.headers }).end(text);
  }

  #answer(path: string, body: Buffer, authorization: string | undefined): Exclude<Reply, string> {
    const refuse = (code: ProblemCode) => this.#refuse(code);
    if (path === '/v1/nonces') {
      const nonce = randomBytes(16).toString('base64url');
      this.#nonces.add(nonce);
      return { status: 200, body: { nonce, expiresAt: this.#instant(60_000), serverTime: this.#instant(0) } };
    }
    if (path === '/v1/sessions') return this.#session(body);
    const token = authorization?.replace(/^Bearer /, '') ?? '';
    const endsAt = this.tokens.get(token);
    if (endsAt === undefined) return refuse('token-invalid');
    if (endsAt <= this.now()) return refuse('token-expired');
    if (path === '/v1/me') return { status: 200, body: this.#me() };
    if (path !== '/v1/events') return refuse('not-found');
    const upload = eventUpload.safeParse(JSON.parse(body.toString()));
    if (!upload.success) return refuse('malformed-batch');
    const journals = new Set<JournalId>();
    const verdicts = upload.data.events.map((event) => this.#store(event, journals));
    const receipts = [...journals].map((id) => makeReceipt(this.device, id, this.#through(id)));
    return { status: 200, body: { verdicts, receipts, serverTime: this.#instant(0) } };
  }

  #session(body: Buffer): Exclude<Reply, string> {
    const refuse = (code: ProblemCode) => this.#refuse(code);
    const { ticket, anchor } = sessionRequest.parse(JSON.parse(body.toString()));
    if (!anchor || !statementHolds(this.device, ticket) || !statementHolds(this.device, anchor))
      return refuse('ticket-invalid');
    const { nonce, server } = ticketStatement.parse(JSON.parse(ticket.statement));
    if (anchorStatement.parse(JSON.parse(anchor.statement)).nonce !== nonce || server !== this.origin)
      return refuse('ticket-invalid');
    if (!this.#nonces.delete(nonce)) return refuse('nonce-used');
    const token = randomBytes(32).toString('base64url');
    this.tokens.set(token, this.now() + this.tokenLifeMs);
    return {
      status: 200,
      body: { token, expiresAt: this.#instant(this.tokenLifeMs), serverTime: this.#instant(0) },
    };
  }

  #store(raw: unknown, journals: Set<JournalId>): EventVerdict {
    const sealed = sealedEvent.safeParse(raw);
    if (!sealed.success) return { status: 'refused', code: 'malformed-event' };
    const { record, previousMac, mac } = sealed.data;
    const { id, journal, sequence } = sessionEvent.parse(JSON.parse(record));
    if (recordMac(this.device, journal, previousMac, record) !== mac)
      return { status: 'refused', code: 'mac-mismatch' };
    journals.add(journal);
    const before = this.#macs.get(id);
    if (before !== undefined)
      return before === mac ? { status: 'duplicate' } : { status: 'refused', code: 'id-reused' };
    this.#macs.set(id, mac);
    this.stored.push(id);
    const sequences = this.#contiguous.get(journal) ?? new Set();
    this.#contiguous.set(journal, sequences.add(sequence));
    return { status: 'stored' };
  }

  #through(journal: JournalId): number {
    const sequences = this.#contiguous.get(journal);
    let through = 0;
    while (sequences?.has(through + 1)) through++;
    return through;
  }

  #refuse(code: ProblemCode): Exclude<Reply, string> {
    this.refused.push(code);
    return problemReply(code);
  }

  #instant(inMs: number): string {
    return new Date(this.now() + inMs).toISOString();
  }

  #me() {
    return {
      account: testAccount,
      employee: { code: '001', lastName: '山田', firstName: '花子', group: null },
      settings: { timeZone: 'Asia/Tokyo', dayBorder: '05:00', language: 'ja' },
      today: { date: '2026-08-03', in: null, out: null, breaks: [], flags: [], punches: [] },
      status: { lastEventAt: null, findings: [] },
      serverTime: this.#instant(0),
    };
  }
}

function uploadedIds(body: Buffer): string[] {
  const { events } = JSON.parse(body.toString()) as { events: { record: string }[] };
  return events.map(({ record }) => (JSON.parse(record) as { id: string }).id);
}
