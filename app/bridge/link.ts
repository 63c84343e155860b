import type { Duplex } from 'node:stream';
import { Alarm } from '../alarm.ts';
import { Backoff } from '../backoff.ts';
import type { Surroundings } from '../surroundings.ts';
import { BridgeConnection, type Hello } from './connection.ts';
import { BridgeError } from './errors.ts';

export interface LinkOptions extends Surroundings {
  /** Opens the pipe and makes sure that it is the bridge's; rejects when it cannot. */
  connect: () => Duplex | Promise<Duplex>;
  client: string;
  clientVersion: string;
  onState: (state: LinkState) => void;
  onJournal: () => void;
}

/** `incompatible`: the bridge speaks no version of ours; one of the two must be updated. */
export type LinkState =
  | { state: 'connecting'; problem: string | null }
  | { state: 'connected'; hello: Hello }
  | { state: 'incompatible' };

const RECONNECT = { baseMs: 500, capMs: 30_000, floorMs: 100 };
/** A connection that lasts this long was a good one; until then trying again slows down. */
const GOOD_MS = 5_000;

/** Keeps a connection to the bridge for as long as it runs, and says which one is current. */
export class BridgeLink {
  readonly #options: LinkOptions;
  readonly #alarm: Alarm<'now'>;
  #current: BridgeConnection | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.timers);
  }

  /** Null while there is no connection. */
  get current(): BridgeConnection | null {
    return this.#current;
  }

  /** Ends the current connection, so that the next `hello` tells what has changed; without one, tries at once. */
  reconnect(): void {
    this.#alarm.ring('now');
    this.#current?.close();
  }

  /** Connects again and again until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onState, random } = this.#options;
    const backoff = new Backoff(RECONNECT, random);
    onState({ state: 'connecting', problem: null });
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      const reason = await this.#connection(signal);
      if (signal.aborted) return;
      if (clock.monotonicMs() - startedMs >= GOOD_MS) backoff.succeeded();
      onState(
        reason.code === 'version-unsupported'
          ? { state: 'incompatible' }
          : { state: 'connecting', problem: reason.code },
      );
      await this.#alarm.sleep(backoff.nextMs(), ['now'], signal);
    }
  }

  /** One connection from beginning to end; gives the reason of its end. */
  async #connection(signal: AbortSignal): Promise<BridgeError> {
    const { connect, client, clientVersion, timers, onJournal, onState } = this.#options;
    let connection: BridgeConnection;
    try {
      const pipe = await connect();
      if (signal.aborted) pipe.destroy();
      const close = () => pipe.destroy();
      signal.addEventListener('abort', close, { once: true });
      pipe.once('close', () => signal.removeEventListener('abort', close));
      connection = await BridgeConnection.open({ pipe, client, clientVersion, timers, onJournal });
    } catch (error) {
      return error instanceof BridgeError ? error : new BridgeError('closed', String(error));
    }
    this.#current = connection;
    onState({ state: 'connected', hello: connection.hello });
    const reason = await connection.closed;
    this.#current = null;
    return reason;
  }
}
