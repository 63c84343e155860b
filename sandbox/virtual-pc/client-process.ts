import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { instant } from '../../contract/ids.ts';
import { type Me, me, type PunchKind, type PunchState } from '../../contract/me.ts';
import type { ClientView } from './page-messages.ts';

/** How to start the client of one session. */
export interface ClientStart {
  /** The bridge's socket for this session. */
  bridgePath: string;
  /** Where this user's queue lies. */
  databaseFile: string;
  /** The way to the server. */
  proxyUrl: string;
}

/** A program with its arguments. It must print its status as JSON lines and end when its standard input closes. */
export type ClientCommand = (start: ClientStart) => { file: string; arguments: string[] };

export interface ClientProcessOptions {
  command: ClientCommand;
  start: ClientStart;
  /** File descriptor for what it writes about its failures. */
  log: number;
  onChange: () => void;
}

/** What the page needs of the status the client prints (app/status/status.ts); the rest is passed over. */
const clientStatus = z.looseObject({
  server: z.looseObject({
    state: z.enum(['waiting', 'online', 'offline', 'needs-you']),
    problem: z.looseObject({ code: z.string(), at: instant }).nullable(),
    lastSuccessAt: instant.nullable(),
  }),
  queue: z.looseObject({
    waiting: z.number(),
    refused: z.number(),
    problem: z.string().nullable(),
  }),
  today: z.looseObject({ me }).nullable(),
});

/** The tray app of one session, as a process. Windows starts it at logon and ends it, without asking, when the session ends. */
export class ClientProcess {
  readonly #child: ChildProcess;
  #running = true;
  #status: ClientView | null = null;
  /** The first failure of the present row of failures: since then the server has been out of reach. */
  #offlineSince: string | null = null;

  constructor({ command, start, log, onChange }: ClientProcessOptions) {
    const { file, arguments: given } = command(start);
    this.#child = spawn(file, given, { stdio: ['pipe', 'pipe', log] });
    // Writing to a client that has died is of no interest; its end is noticed below.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.once('error', () => this.#gone(onChange));
    this.#child.once('exit', () => this.#gone(onChange));
    if (!this.#child.stdout) return;
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const view = this.#read(line);
      if (!view) return;
      this.#status = view;
      onChange();
    });
  }

  get running(): boolean {
    return this.#running;
  }

  /** Null until it has said something. */
  get status(): ClientView | null {
    return this.#status;
  }

  /** Ends it at once, with no chance to finish anything; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.#running) return;
    const gone = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve()).once('error', () => resolve());
    });
    this.#child.kill('SIGKILL');
    await gone;
  }

  #gone(onChange: () => void): void {
    if (!this.#running) return;
    this.#running = false;
    this.#status = null;
    onChange();
  }

  #read(line: string): ClientView | null {
    const said = parse(line);
    if (!said) return null;
    const { server, queue, today } = said;
    if (server.state === 'online') this.#offlineSince = null;
    else this.#offlineSince ??= server.problem?.at ?? null;
    return {
      server: server.state,
      problem: queue.problem ?? server.problem?.code ?? null,
      offlineSince: this.#offlineSince,
      lastSentAt: server.lastSuccessAt,
      waiting: queue.waiting,
      refused: queue.refused,
      today: today && {
        date: today.me.today.date,
        timeZone: today.me.settings.timeZone,
        in: today.me.today.in,
        out: today.me.today.out,
        inState: stateOf('in', today.me),
        outState: stateOf('out', today.me),
        linked: today.me.employee !== null,
      },
    };
  }
}

const stateOf = (wanted: PunchKind, { today }: Me): PunchState | null =>
  today.punches.find(({ kind }) => kind === wanted)?.state ?? null;

function parse(line: string): z.infer<typeof clientStatus> | null {
  try {
    return clientStatus.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
