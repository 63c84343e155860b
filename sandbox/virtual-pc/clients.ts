import path from 'node:path';
import { durableFiles } from './bridge/durable-file.ts';
import { type ClientCommand, ClientProcess, NO_CLIENT } from './client-process.ts';
import type { ClientCommandRequest, ClientReply } from './tile-messages.ts';

export interface ClientsOptions {
  /** Where each user has a directory, as in C:\Users. */
  directory: string;
  command: ClientCommand;
  proxyUrl: string;
  /** File descriptor for what clients write about their failures. */
  log: number;
  onChange: () => void;
}

export interface ClientSession {
  session: string;
  sid: string;
  bridgePath: string;
  /** Whether the session is still logged on. */
  isThere: () => boolean;
}

/** The clients of all sessions, one each. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #clients = new Map<string, ClientProcess>();

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  of(session: string): ClientProcess | undefined {
    return this.#clients.get(session);
  }

  /** Has the client of a session do something, as `ClientProcess.request` does; `no-client` where there is none. */
  async request(session: string, command: ClientCommandRequest): Promise<ClientReply> {
    return (await this.#clients.get(session)?.request(command)) ?? NO_CLIENT;
  }

  /** Starts a session's client. Like Windows' own autostart: nobody waits for it, and a session without it goes on. */
  run(session: ClientSession): void {
    this.#start(session).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  }

  /** Ends a session's client, if it has one. */
  async end(session: string): Promise<void> {
    const client = this.#clients.get(session);
    this.#clients.delete(session);
    await client?.kill();
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#clients.keys()].map((session) => this.end(session)));
  }

  async #start({ session, sid, bridgePath, isThere }: ClientSession): Promise<void> {
    const { directory, command, proxyUrl, log, onChange } = this.#options;
    const userDirectory = path.join(directory, sid);
    await durableFiles.makeDirectory(userDirectory);
    if (!isThere()) return;
    const start = { bridgePath, databaseFile: path.join(userDirectory, 'queue.sqlite'), proxyUrl };
    this.#clients.set(session, new ClientProcess({ command, start, log, onChange }));
    onChange();
  }
}
