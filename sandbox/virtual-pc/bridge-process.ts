import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import {
  type AuthMethod,
  type AuthParams,
  type AuthRequest,
  type AuthResult,
  authMethods,
} from './bridge/auth-messages.ts';
import {
  type BridgeConfig,
  type BridgeState,
  fromBridge,
  type PresentSession,
  type RecordedEvent,
  type Signal,
  type ToBridge,
} from './bridge/hardware-messages.ts';

export interface BridgeProcessOptions {
  config: BridgeConfig;
  /** File descriptor for what the process writes about its failures. */
  log: number;
  onRecorded: (event: RecordedEvent) => void;
  onState: (state: BridgeState) => void;
}

interface PendingSignal {
  signal: Signal;
  done: PromiseWithResolvers<void>;
}

interface Asked {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** The bridge stopped before it confirmed or answered; whether it did what it was told is not known. */
export class BridgeGone extends Error {}

/** The bridge answered that it cannot; `code` is one of `authReply`. */
export class AuthRefused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const MAIN = path.join(import.meta.dirname, 'bridge', 'main.ts');
/** Before a service that died by itself is started again: longer each time until it is ready once. */
const RESTART_FIRST_MS = 300;
const RESTART_LONGEST_MS = 10_000;
/** After so long the logon screen takes the bridge for one that is not there. */
const AUTH_PATIENCE_MS = 5_000;

/**
 * The bridge's process, and what Windows does for a service: start it, restart it when it dies by itself, tell it of sessions.
 * A signal it had not confirmed is told again after such a restart, and recorded once.
 */
export class BridgeProcess {
  readonly #options: BridgeProcessOptions;
  readonly #sessions = new Map<string, PresentSession>();
  #pending: PendingSignal[] = [];
  #child: ChildProcess | null = null;
  /** On its way out in order. */
  #leaving: ChildProcess | null = null;
  #ready = Promise.withResolvers<void>();
  /** Since when nobody could have answered, by a clock that never goes back; null while it is ready. */
  #downSinceMs: number | null = null;
  readonly #asked = new Map<number, Asked>();
  #lastAskedId = 0;
  #offsetMs = 0;
  #restartMs = RESTART_FIRST_MS;

  constructor(options: BridgeProcessOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => undefined);
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** How long there has been nobody to answer the logon screen; null while there is. */
  get downForMs(): number | null {
    return this.#downSinceMs === null ? null : performance.now() - this.#downSinceMs;
  }

  /** Starts the process on a PC where nobody is logged on; returns when it can record. */
  async start(offsetMs: number): Promise<void> {
    this.#offsetMs = offsetMs;
    this.#sessions.clear();
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => undefined);
    this.#downSinceMs = performance.now();
    this.#spawn();
    await this.#ready.promise;
  }

  /**
   * Tells of an event; resolves when it is recorded.
   * @throws {BridgeGone} when the process was killed or stopped before.
   */
  async signal(signal: Signal): Promise<void> {
    const { session, kind } = signal;
    if (session) this.#sessions.set(session.session, session);
    const pending = { signal, done: Promise.withResolvers<void>() };
    this.#pending.push(pending);
    if (this.#child) this.#tell({ type: 'signal', signal });
    else pending.done.reject(new BridgeGone());
    await pending.done.promise.finally(() => {
      this.#pending = this.#pending.filter((other) => other !== pending);
    });
    // Not before it is confirmed: a restarted bridge would take the session for one that nobody saw ending.
    if (session && kind === 'logoff') this.#sessions.delete(session.session);
  }

  /**
   * Asks on behalf of the logon screen.
   * @throws {BridgeGone} when nobody is there or answers in time, {AuthRefused} when the bridge says that it cannot.
   */
  async ask<M extends AuthMethod>(method: M, params: AuthParams<M>): Promise<AuthResult<M>> {
    if (!this.#child || this.#downSinceMs !== null) throw new BridgeGone();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#lastAskedId += 1;
    const id = this.#lastAskedId;
    this.#asked.set(id, { resolve, reject });
    const late = setTimeout(() => reject(new BridgeGone()), AUTH_PATIENCE_MS);
    // Method and parameters belong together by the signature, which the union cannot see.
    this.#tell({ type: 'auth', id, request: { method, params } as AuthRequest });
    try {
      return authMethods[method].result.parse(await promise) as AuthResult<M>;
    } finally {
      clearTimeout(late);
      this.#asked.delete(id);
    }
  }

  setClock(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#tell({ type: 'clock', offsetMs });
  }

  networkUp(): void {
    this.#tell({ type: 'network-up' });
  }

  /** Shuts the process down in order, as Windows does a service; it is killed if it takes much longer than `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const child = this.#letGo();
    if (!child) return;
    this.#leaving = child;
    child.send({ type: 'stop', graceMs } satisfies ToBridge);
    const late = setTimeout(() => child.kill('SIGKILL'), graceMs + 3_000);
    await ended(child);
    clearTimeout(late);
    this.#leaving = null;
  }

  /** Pulls the plug: no warning, no last word, not even for a process that is just shutting down. */
  async kill(): Promise<void> {
    const child = this.#letGo() ?? this.#leaving;
    if (!child) return;
    child.kill('SIGKILL');
    await ended(child);
  }

  /** The service dies by itself, as by a fault of its own; it is restarted. For tests. */
  async killService(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#ready = Promise.withResolvers();
    child.kill('SIGKILL');
    await this.#ready.promise;
  }

  #letGo(): ChildProcess | null {
    const child = this.#child;
    this.#child = null;
    child?.removeAllListeners('message');
    for (const { done } of this.#pending) done.reject(new BridgeGone());
    this.#nobodyAnswers();
    this.#ready.reject(new BridgeGone());
    return child;
  }

  #nobodyAnswers(): void {
    this.#downSinceMs ??= performance.now();
    for (const { reject } of this.#asked.values()) reject(new BridgeGone());
  }

  #spawn(): void {
    const child = spawn(process.execPath, [MAIN], {
      stdio: ['ignore', 'ignore', this.#options.log, 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => this.#hear(message));
    child.on('error', () => undefined);
    child.once('exit', () => {
      if (this.#child !== child) return;
      this.#nobodyAnswers();
      setTimeout(() => {
        if (this.#child === child) this.#spawn();
      }, this.#restartMs);
      this.#restartMs = Math.min(this.#restartMs * 2, RESTART_LONGEST_MS);
    });
    const { config } = this.#options;
    const sessions = [...this.#sessions.values()];
    this.#tell({ type: 'start', config, offsetMs: this.#offsetMs, sessions });
    for (const { signal } of this.#pending) this.#tell({ type: 'signal', signal });
  }

  #hear(raw: unknown): void {
    const message = fromBridge.parse(raw);
    const { onRecorded, onState } = this.#options;
    switch (message.type) {
      case 'ready':
        this.#restartMs = RESTART_FIRST_MS;
        this.#downSinceMs = null;
        for (const event of message.recent) onRecorded(event);
        onState(message.state);
        this.#ready.resolve();
        return;
      case 'recorded':
        onRecorded(message.event);
        return;
      case 'state':
        onState(message.state);
        return;
      case 'auth-reply': {
        const { id, reply } = message;
        if (reply.ok) this.#asked.get(id)?.resolve(reply.result);
        else this.#asked.get(id)?.reject(new AuthRefused(reply.code));
        return;
      }
      case 'signal-done':
        this.#pending.find(({ signal }) => signal.id === message.id)?.done.resolve();
    }
  }

  #tell(message: ToBridge): void {
    // A process that has just died is noticed by its exit; what it was told is told again then.
    this.#child?.send(message, () => undefined);
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
