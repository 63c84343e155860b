import { z } from 'zod';
import {
  BRIDGE_VERSIONS,
  type BridgeErrorCode,
  type BridgeMethod,
  type BridgeParams,
  type BridgeResult,
  bridgeMethods,
  bridgeRequest,
} from '../../../contract/bridge.ts';
import type { Account } from '../../../contract/ids.ts';
import type { RateLimit } from './rate-limit.ts';

/** The bridge says no, in a word of `BRIDGE_ERRORS`. */
export class BridgeRefusal extends Error {
  readonly code: BridgeErrorCode;

  constructor(code: BridgeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the bridge does for an account. Who that is comes from the pipe, never from a message. */
export type BridgeService = {
  [M in BridgeMethod]: (account: Account, params: BridgeParams<M>) => Promise<BridgeResult<M>>;
};

/** Lines to write, and whether the connection is over after them. */
export interface Reply {
  lines: string[];
  close: boolean;
}

export interface ProtocolSessionOptions {
  account: Account;
  service: BridgeService;
  rate: RateLimit;
  /** Told of what should not have happened. */
  onFailure: (error: unknown) => void;
}

const readableId = z.looseObject({ id: z.number().int().nonnegative() });
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** One client's conversation: a line in, lines out. It knows nothing of sockets. */
export class ProtocolSession {
  readonly #options: ProtocolSessionOptions;
  #greeted = false;

  constructor(options: ProtocolSessionOptions) {
    this.#options = options;
  }

  /** Whether `hello` has been answered; notices are for those who said hello. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /** Answers one line. Never throws. */
  async answer(line: Buffer): Promise<Reply> {
    const content = parseLine(line);
    const request = bridgeRequest.safeParse(content).data;
    if (!request || !('params' in request)) {
      const id = readableId.safeParse(content).data?.id ?? null;
      return refusal(
        id,
        'malformed-message',
        'A line must be a JSON request with id, method and params',
        true,
      );
    }
    const { id, method, params } = request;
    if (!this.#options.rate.take()) {
      return refusal(id, 'too-many-requests', 'Ask again a little later');
    }
    if (!isMethod(method)) return refusal(id, 'unknown-method', 'This bridge has no such method');
    if (!this.#greeted && method !== 'hello') {
      return refusal(id, 'hello-first', 'The first request must be hello');
    }
    const read = bridgeMethods[method].params.safeParse(params);
    if (!read.success) return refusal(id, 'invalid-params', z.prettifyError(read.error).slice(0, 500));
    return this.#call(id, method, read.data);
  }

  async #call(id: number, method: BridgeMethod, params: unknown): Promise<Reply> {
    if (method === 'hello' && !speaksOurVersion(bridgeMethods.hello.params.parse(params).versions)) {
      return refusal(id, 'version-unsupported', `This bridge speaks ${BRIDGE_VERSIONS.join(', ')}`, true);
    }
    const { account, service, onFailure } = this.#options;
    // One signature for every method: `params` was read by the schema of this very method.
    const serve = service[method] as (account: Account, params: unknown) => Promise<unknown>;
    try {
      const result = await serve(account, params);
      if (method === 'hello') this.#greeted = true;
      return { lines: [JSON.stringify({ id, result })], close: false };
    } catch (error) {
      if (error instanceof BridgeRefusal) return refusal(id, error.code, error.message);
      onFailure(error);
      return refusal(id, 'internal-error', 'The bridge failed; nothing was changed');
    }
  }
}

/** The line that refuses a request; `id` is null when it cannot be told which. */
export const errorLine = (id: number | null, code: BridgeErrorCode, message: string): string =>
  JSON.stringify({ id, error: { code, message } });

const refusal = (id: number | null, code: BridgeErrorCode, message: string, close = false): Reply => ({
  lines: [errorLine(id, code, message)],
  close,
});

/** The highest version both speak, or null. */
export const commonVersion = (theirs: readonly number[]): number | null =>
  BRIDGE_VERSIONS.filter((version) => theirs.includes(version)).sort((a, b) => b - a)[0] ?? null;

const speaksOurVersion = (theirs: readonly number[]): boolean => commonVersion(theirs) !== null;

const isMethod = (name: string): name is BridgeMethod => Object.hasOwn(bridgeMethods, name);

function parseLine(line: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(line));
  } catch {
    return undefined;
  }
}
