import type { BridgeConnection } from '../bridge/connection.ts';
import type { StepObserver } from '../steps.ts';
import type { Clock } from '../surroundings.ts';
import { askBridge } from './ask-bridge.ts';
import { type Failure, failed, type Outcome, succeeded } from './failure.ts';
import type { ServerApi } from './server-api.ts';

export interface ServerSessionOptions {
  api: ServerApi;
  /** The bridge as it is now; null while it is away. */
  bridge: () => Pick<BridgeConnection, 'request'> | null;
  clock: Pick<Clock, 'monotonicMs'>;
  onStep: StepObserver;
}

/** A token is renewed this long before it ends, in milliseconds; a short-lived one in the middle of its life. */
const RENEW_BEFORE_MS = 60_000;

const TOKEN_LOST = ['token-missing', 'token-invalid', 'token-expired'];

/**
 * The client's token with one server. Its life is counted on the monotonic clock from the server's own times, so that a wrong
 * wall clock neither keeps a dead token nor throws a good one away.
 */
export class ServerSession {
  readonly #options: ServerSessionOptions;
  #token: { value: string; renewAtMs: number } | null = null;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
  }

  /** Makes a request with a token; once more with a fresh one when the server no longer takes the first. */
  async use<T>(request: (token: string) => Promise<Outcome<T>>, signal: AbortSignal): Promise<Outcome<T>> {
    const first = await this.#attempt(request, signal);
    if (first.ok || !lostToken(first.failure)) return first;
    return this.#attempt(request, signal);
  }

  async #attempt<T>(
    request: (token: string) => Promise<Outcome<T>>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const token = await this.#current(signal);
    if (!token.ok) return token;
    const outcome = await request(token.value);
    if (!outcome.ok && lostToken(outcome.failure)) this.#token = null;
    return outcome;
  }

  async #current(signal: AbortSignal): Promise<Outcome<string>> {
    const { api, clock, onStep } = this.#options;
    if (this.#token && clock.monotonicMs() < this.#token.renewAtMs) return succeeded(this.#token.value);
    const bridge = this.#options.bridge();
    if (!bridge) return failed({ kind: 'bridge', code: 'closed' });
    const nonce = await api.nonce(signal);
    if (!nonce.ok) return nonce;
    onStep('nonce');
    const proof = await askBridge(bridge, 'ticket', { nonce: nonce.value.nonce });
    if (!proof.ok) return proof;
    onStep('ticket');
    const askedMs = clock.monotonicMs();
    const session = await api.session(proof.value.ticket, proof.value.anchor, signal);
    if (!session.ok) return session;
    onStep('session');
    const { token, expiresAt, serverTime } = session.value;
    const lifeMs = Math.max(0, Date.parse(expiresAt) - Date.parse(serverTime));
    this.#token = { value: token, renewAtMs: askedMs + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2) };
    return succeeded(token);
  }
}

const lostToken = (failure: Failure): boolean =>
  failure.kind === 'refused' && TOKEN_LOST.includes(failure.code);
