import type { Duplex } from 'node:stream';
import {
  BRIDGE_VERSIONS,
  type BridgeMethod,
  type BridgeParams,
  type BridgeResult,
  bridgeMessage,
  bridgeMethods,
  bridgeNotices,
  MAX_LINE_BYTES,
} from '../../contract/bridge.ts';
import type { Timers } from '../surroundings.ts';
import { BridgeError } from './errors.ts';
import { LineReader } from './lines.ts';

export type Hello = BridgeResult<'hello'>;

export interface ConnectionOptions {
  /** The open pipe, already known to be the bridge's. */
  pipe: Duplex;
  /** Which program asks, for the bridge's log. */
  client: string;
  clientVersion: string;
  timers: Timers;
  /** The caller's part of the journal grew, or a new journal was begun. */
  onJournal: () => void;
}

/** How long the bridge may take for an answer, in milliseconds. */
const ANSWER_MS = 10_000;
/** The same where the bridge itself waits for the server. It may take what was asked after it only then. */
const SERVER_ANSWER_MS = 60_000;
const ASKS_SERVER: readonly BridgeMethod[] = ['sync', 'logon.fetch-secret'];

interface Asked {
  asksServer: boolean;
  settle: (result: unknown) => void;
  fail: (error: BridgeError) => void;
}

/**
 * One connection to the bridge, from `hello` to its end. Requests may overlap; answers find theirs by id. An answer that does not
 * fit the contract, or does not come, ends the connection: every open request then fails and nothing is guessed.
 */
export class BridgeConnection {
  readonly #options: ConnectionOptions;
  readonly #asked = new Map<number, Asked>();
  readonly #closed = Promise.withResolvers<BridgeError>();
  #nextId = 1;
  #ended: BridgeError | null = null;
  #hello: Hello | null = null;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    const { pipe } = options;
    const lines = new LineReader(MAX_LINE_BYTES);
    pipe.on('data', (chunk: Uint8Array) => {
      try {
        for (const line of lines.push(chunk)) this.#take(line);
      } catch (error) {
        this.#end(
          error instanceof BridgeError
            ? error
            : new BridgeError('malformed-answer', `The bridge's message cannot be read: ${String(error)}`),
        );
      }
    });
    pipe.on('error', (error) => this.#end(new BridgeError('closed', error.message, { cause: error })));
    const gone = () => this.#end(new BridgeError('closed', 'The bridge closed the connection'));
    pipe.on('end', gone);
    pipe.on('close', gone);
  }

  /**
   * Says hello. The connection is usable once this returns.
   *
   * @throws BridgeError when the bridge refuses or picks a version we do not speak (`version-unsupported`); the pipe is then closed.
   */
  static async open(options: ConnectionOptions): Promise<BridgeConnection> {
    const connection = new BridgeConnection(options);
    try {
      const hello = await connection.request('hello', {
        versions: [...BRIDGE_VERSIONS],
        client: options.client,
        clientVersion: options.clientVersion,
      });
      if (!BRIDGE_VERSIONS.some((version) => version === hello.version)) {
        throw new BridgeError('version-unsupported', `The bridge picked version ${hello.version}`);
      }
      connection.#hello = hello;
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** What the bridge said at the beginning. */
  get hello(): Hello {
    if (!this.#hello) throw new Error('The connection was used before its hello');
    return this.#hello;
  }

  /** Resolves with the reason when the connection has ended. */
  get closed(): Promise<BridgeError> {
    return this.#closed.promise;
  }

  /** @throws BridgeError with the bridge's code, or with one of our own. */
  async request<M extends BridgeMethod>(method: M, params: BridgeParams<M>): Promise<BridgeResult<M>> {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const line = Buffer.from(`${JSON.stringify({ id, method, params })}\n`);
    if (line.length - 1 > MAX_LINE_BYTES) throw new BridgeError('line-too-long', 'The request is too long');
    const answer = await new Promise<unknown>((resolve, reject) => {
      const asksServer = ASKS_SERVER.includes(method);
      const waitsForServer = asksServer || [...this.#asked.values()].some((asked) => asked.asksServer);
      const cancel = this.#options.timers.after(waitsForServer ? SERVER_ANSWER_MS : ANSWER_MS, () =>
        this.#end(new BridgeError('timed-out', `The bridge did not answer ${method} in time`)),
      );
      this.#asked.set(id, {
        asksServer,
        settle: (result) => {
          cancel();
          resolve(result);
        },
        fail: (error) => {
          cancel();
          reject(error);
        },
      });
      this.#options.pipe.write(line);
    });
    const result = bridgeMethods[method].result.safeParse(answer);
    if (!result.success) {
      const error = new BridgeError('malformed-answer', `The bridge's answer to ${method} does not fit`);
      this.#end(error);
      throw error;
    }
    // The table pairs each method with its schema; TypeScript does not follow that through an index.
    return result.data as BridgeResult<M>;
  }

  /** Ends the connection. Open requests fail with `closed`. */
  close(): void {
    this.#end(new BridgeError('closed', 'The client closed the connection'));
  }

  #take(line: string): void {
    const message = bridgeMessage.safeParse(JSON.parse(line));
    if (!message.success) throw new BridgeError('malformed-answer', 'The bridge said something unknown');
    if ('notice' in message.data) {
      const { notice, params } = message.data;
      if (notice !== 'journal') return;
      if (!bridgeNotices.journal.safeParse(params).success)
        throw new BridgeError('malformed-answer', 'The notice "journal" does not fit');
      this.#options.onJournal();
      return;
    }
    if ('error' in message.data) {
      const { id, error } = message.data as { id: number | null; error: { code: string; message: string } };
      const failure = new BridgeError(error.code, error.message);
      // Without an id the bridge speaks of the connection, and closes it.
      if (id === null) this.#end(failure);
      else this.#answered(id).fail(failure);
      return;
    }
    this.#answered(message.data.id as number).settle(message.data['result']);
  }

  #answered(id: number): Asked {
    const asked = this.#asked.get(id);
    if (!asked) throw new BridgeError('malformed-answer', 'The bridge answered what was not asked');
    this.#asked.delete(id);
    return asked;
  }

  #end(reason: BridgeError): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#options.pipe.destroy();
    for (const asked of this.#asked.values()) asked.fail(reason);
    this.#asked.clear();
    this.#closed.resolve(reason);
  }
}
