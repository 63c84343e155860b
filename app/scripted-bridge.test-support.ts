import { rmSync } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import {
  type BridgeMethod,
  type BridgeParams,
  bridgeMethods,
  bridgeRequest,
  MAX_READ_RECORDS,
} from '../contract/bridge.ts';
import { GENESIS_MAC } from '../contract/event.ts';
import {
  createJournal,
  makeReceipt,
  record,
  signStatement,
  type TestDevice,
  type TestJournal,
  testAccount,
} from './device.test-support.ts';

class Refusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Answers a request in place of the bridge: with raw bytes, by closing, not at all, or as the bridge would, but later. */
export type Misbehaviour = (
  socket: net.Socket,
  request: { id: number; method: string },
  answer: () => void,
) => void;

/** Answers with a result. */
export const says =
  (result: object): Misbehaviour =>
  (socket, { id }) =>
    socket.write(`${JSON.stringify({ id, result })}\n`);

/**
 * A bridge for one account that keeps the contract over a real socket: journal with real MACs, reading position, receipts it checks,
 * tickets it signs. Tests may let it misbehave.
 */
export class ScriptedBridge {
  readonly path: string;
  readonly device: TestDevice;
  journal: TestJournal = createJournal();
  acknowledgedThrough = 0;
  receivedThrough = 0;
  /** Null makes the device an unregistered one. */
  server: string | null;
  account = testAccount;
  /** Every method that was asked, in order. */
  readonly asked: string[] = [];
  /** Taken instead of an answer to the next request of a method. */
  readonly misbehaviours = new Map<string, Misbehaviour[]>();
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;

  private constructor(path: string, device: TestDevice, server: string | null) {
    this.path = path;
    this.device = device;
    this.server = server;
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  /** @param path a socket's path; one that was left over is replaced. */
  static async start(path: string, device: TestDevice, server: string | null): Promise<ScriptedBridge> {
    const bridge = new ScriptedBridge(path, device, server);
    await bridge.listen();
    return bridge;
  }

  async listen(): Promise<void> {
    rmSync(this.path, { force: true });
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
  }

  /** Stops listening and drops every connection; what was recorded stays. */
  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Records events and announces them. */
  record(count: number, kind?: string, extra?: object): void {
    for (let n = 0; n < count; n++) record(this.device, this.journal, kind, extra);
    const notice = JSON.stringify({ notice: 'journal', params: this.#head() });
    for (const socket of this.#sockets) socket.write(`${notice}\n`);
  }

  /** Begins a new journal, as after a journal file was lost. */
  beginJournal(): void {
    this.journal = createJournal();
    this.acknowledgedThrough = 0;
    this.receivedThrough = 0;
  }

  misbehave(method: BridgeMethod, ...how: Misbehaviour[]): void {
    this.misbehaviours.set(method, [...(this.misbehaviours.get(method) ?? []), ...how]);
  }

  #head() {
    return { id: this.journal.id, headSequence: this.journal.records.length };
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#answer(socket, line));
    lines.on('error', () => socket.destroy());
  }

  #answer(socket: net.Socket, line: string): void {
    const { id, method, params } = bridgeRequest.parse(JSON.parse(line));
    this.asked.push(method);
    const answer = () => {
      if (!socket.destroyed) socket.write(`${JSON.stringify({ id, ...this.#outcome(method, params) })}\n`);
    };
    const how = this.misbehaviours.get(method)?.shift();
    if (how) how(socket, { id, method }, answer);
    else answer();
  }

  #outcome(method: string, params: unknown): object {
    try {
      return { result: this.#result(method as BridgeMethod, params) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { error: { code: error.code, message: 'refused' } };
    }
  }

  #result(method: BridgeMethod, raw: unknown): object {
    const read = <M extends BridgeMethod>(name: M) =>
      bridgeMethods[name].params.parse(raw) as BridgeParams<M>;
    switch (method) {
      case 'hello':
        return {
          version: 1,
          bridgeVersion: '1.0.0',
          account: this.account,
          device: this.device.id,
          registration: this.server === null ? null : { server: this.server, company: 'abc' },
          journal: this.#head(),
        };
      case 'journal.read':
        return this.#read(read('journal.read'));
      case 'journal.acknowledge': {
        const { journal, through } = read('journal.acknowledge');
        if (journal !== this.journal.id) throw new Refusal('unknown-journal');
        if (through > this.journal.records.length) throw new Refusal('beyond-head');
        this.acknowledgedThrough = Math.max(this.acknowledgedThrough, through);
        return { acknowledgedThrough: this.acknowledgedThrough };
      }
      case 'receipt': {
        const { receipt } = read('receipt');
        if (receipt.journal !== this.journal.id) throw new Refusal('unknown-journal');
        const right = makeReceipt(this.device, this.journal.id, receipt.throughSequence);
        if (receipt.mac !== right.mac) throw new Refusal('receipt-invalid');
        this.receivedThrough = Math.max(this.receivedThrough, receipt.throughSequence);
        return { receivedThrough: this.receivedThrough };
      }
      case 'ticket':
        return this.#ticket(read('ticket').nonce);
      case 'status':
        return {
          registered: this.server !== null,
          journal: this.#head(),
          receivedThrough: this.receivedThrough,
          lastSyncAt: null,
          lastProblem: null,
        };
      default:
        throw new Refusal('unknown-method');
    }
  }

  #read({ journal, after, limit }: BridgeParams<'journal.read'>) {
    const from = journal === null ? this.acknowledgedThrough : journal === this.journal.id ? after : 0;
    if (from > this.journal.records.length) throw new Refusal('beyond-head');
    const records = this.journal.records.slice(from, from + Math.min(limit, MAX_READ_RECORDS));
    const through = from + records.length;
    return { journal: this.#head(), records, through, more: through < this.journal.records.length };
  }

  #ticket(nonce: string) {
    const { server, device, journal } = this;
    if (server === null) throw new Refusal('not-registered');
    const { origin } = new URL(server);
    const head = { id: journal.id, headSequence: journal.records.length };
    return {
      ticket: signStatement(device, {
        purpose: 'ticket',
        server: origin,
        company: 'abc',
        device: device.id,
        sid: this.account.sid,
        nonce,
      }),
      anchor: signStatement(device, {
        purpose: 'anchor',
        server: origin,
        device: device.id,
        nonce,
        clock: { bootId: '5b0e2b52-4a4f-4c37-8f0e-0f6d7b1f7a10', uptimeMs: 1 },
        journal: { ...head, headMac: journal.records.at(-1)?.mac ?? GENESIS_MAC },
      }),
    };
  }
}
