import type { Duplex } from 'node:stream';
import { type BridgeMethod, type BridgeResult, bridgeMessage, bridgeMethods } from '../../contract/bridge.ts';

/** One message of the bridge, read by the contract. */
type Message = ReturnType<typeof bridgeMessage.parse>;

/** A client without manners: sends any line, and sees every message and the end of the connection. */
export class BridgeClient {
  readonly #pipe: Duplex;
  readonly #messages: Message[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;
  #nextId = 1;

  constructor(pipe: Duplex) {
    this.#pipe = pipe;
    let rest = '';
    pipe.setEncoding('utf8');
    pipe.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#messages.push(bridgeMessage.parse(JSON.parse(line)));
      this.#wake();
    });
    pipe.on('error', () => undefined);
    pipe.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  send(bytes: string | Uint8Array): void {
    this.#pipe.write(bytes);
  }

  /** Asks and gives the answer's result, read by the contract. @throws with the code when the bridge refuses. */
  async ask<M extends BridgeMethod>(method: M, params: unknown): Promise<BridgeResult<M>> {
    const answer = await this.askRaw({ method, params });
    if ('error' in answer) throw new Error(`refused: ${JSON.stringify(answer.error)}`);
    // The table pairs each method with its schema; TypeScript does not follow that through an index.
    return bridgeMethods[method].result.parse(answer['result']) as BridgeResult<M>;
  }

  /** Asks and gives the refusal's code, or null when there was none. */
  async refusalOf(method: string, params: unknown): Promise<string | null> {
    return codeOf(await this.askRaw({ method, params }));
  }

  async askRaw(request: { method: string; params: unknown }): Promise<Message> {
    const id = this.#nextId++;
    this.send(`${JSON.stringify({ id, ...request })}\n`);
    return this.next((message) => 'id' in message && message['id'] === id);
  }

  async hello(): Promise<BridgeResult<'hello'>> {
    return this.ask('hello', { versions: [1], client: 'conformance', clientVersion: '1' });
  }

  /** Takes the next message that fits, waiting for it. @throws when the connection ends before. */
  async next(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#messages.findIndex(fits);
      const [found] = at >= 0 ? this.#messages.splice(at, 1) : [];
      if (found) return found;
      if (this.#ended) throw new Error('The bridge closed the connection');
      await this.#change();
    }
  }

  /** Resolves when the bridge has closed the connection. */
  async ended(): Promise<void> {
    while (!this.#ended) await this.#change();
  }

  close(): void {
    this.#pipe.end();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The code of a refusal; null for anything else. */
export function codeOf(message: Message): string | null {
  const error = message['error'];
  const refused = typeof error === 'object' && error !== null && 'code' in error;
  return refused && typeof error.code === 'string' ? error.code : null;
}
