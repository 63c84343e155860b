import type { PresentSession } from './hardware-messages.ts';
import { type BridgeService, ProtocolSession } from './protocol-session.ts';
import { RateLimit } from './rate-limit.ts';
import { SessionSocket, type SocketLimits } from './session-socket.ts';
import type { Timers } from './timers.ts';

export interface SessionSocketsOptions {
  service: BridgeService;
  timers: Timers;
  monotonicMs: () => number;
  limits: SocketLimits;
  /** Requests of one session, all its clients together. */
  rate: { burst: number; perSecond: number };
  onFailure: (error: unknown) => void;
}

/** One socket for each session that is logged on. */
export class SessionSockets {
  readonly #options: SessionSocketsOptions;
  readonly #sockets = new Map<string, { sid: string; socket: SessionSocket }>();

  constructor(options: SessionSocketsOptions) {
    this.#options = options;
  }

  /** Whether the session is logged on. */
  has(session: string): boolean {
    return this.#sockets.has(session);
  }

  /** Listens for the clients of a session; nothing changes if that is done already. */
  async open({ session, account, path }: PresentSession): Promise<void> {
    if (this.#sockets.has(session)) return;
    const { service, timers, monotonicMs, limits, rate, onFailure } = this.#options;
    // All clients of a session share one allowance: opening more connections does not buy more.
    const limit = new RateLimit(rate.burst, rate.perSecond, monotonicMs);
    const newConversation = () => new ProtocolSession({ account, service, rate: limit, onFailure });
    const socket = await SessionSocket.open({ path, newConversation, timers, limits });
    this.#sockets.set(session, { sid: account.sid, socket });
  }

  /** The session is over: its clients are cut off. */
  async close(session: string): Promise<void> {
    const listening = this.#sockets.get(session);
    this.#sockets.delete(session);
    await listening?.socket.close();
  }

  async closeAll(): Promise<void> {
    for (const session of [...this.#sockets.keys()]) await this.close(session);
  }

  /** Says something unasked to every client of an account. */
  notify(account: string, notice: string, params: object): void {
    const line = JSON.stringify({ notice, params });
    for (const { sid, socket } of this.#sockets.values()) {
      if (sid === account) socket.notify(line);
    }
  }
}
