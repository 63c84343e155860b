import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { instant } from '../../contract/ids.ts';
import { type Me, me, type PunchKind } from '../../contract/me.ts';
import { systemTimers, type Timers } from './bridge/timers.ts';
import type { ClientView } from './page-messages.ts';
import { type ClientCommandRequest, type ClientReply, clientReply } from './tile-messages.ts';

/** How to start the client of one session. */
export interface ClientStart {
  /** The bridge's socket for this session. */
  bridgePath: string;
  /** Where this user's queue lies. */
  databaseFile: string;
  /** The way to the server. */
  proxyUrl: string;
}

/**
 * A program with its arguments. It must print its status as JSON lines `{"status": …}`, answer a line `{"id": 1, "command": …}` on its
 * standard input with a line `{"reply": 1, …}`, and end when its standard input closes.
 */
export type ClientCommand = (start: ClientStart) => { file: string; arguments: string[] };

export interface ClientProcessOptions {
  command: ClientCommand;
  start: ClientStart;
  /** File descriptor for what it writes about its failures. */
  log: number;
  onChange: () => void;
  /** Measure how long a command may take; the system's, unless said. */
  timers?: Timers;
}

/** How long a client may take to answer a command, in milliseconds. */
const REPLY_MS = 30_000;

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

const statusLine = z.looseObject({ status: clientStatus });
const replyLine = z.looseObject({ reply: z.number() });

/** The tray app of one session, as a process. Windows starts it at logon and ends it, without asking, when the session ends. */
export class ClientProcess {
  readonly #child: ChildProcess;
  readonly #timers: Timers;
  /** Commands without an answer yet, by their id. */
  readonly #asked = new Map<number, (reply: ClientReply) => void>();
  #lastId = 0;
  #running = true;
  #status: ClientView | null = null;
  /** The first failure of the present row of failures: since then the server has been out of reach. */
  #offlineSince: string | null = null;

  constructor({ command, start, log, onChange, timers = systemTimers }: ClientProcessOptions) {
    this.#timers = timers;
    const { file, arguments: given } = command(start);
    this.#child = spawn(file, given, { stdio: ['pipe', 'pipe', log] });
    // Writing to a client that has died is of no interest; its end is noticed below.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.once('error', () => this.#gone(onChange));
    this.#child.once('exit', () => this.#gone(onChange));
    if (!this.#child.stdout) return;
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(parse(line), onChange));
  }

  get running(): boolean {
    return this.#running;
  }

  /** Null until it has said something. */
  get status(): ClientView | null {
    return this.#status;
  }

  /**
   * Has the client do what a person asks of it there. Never rejects: `no-client` when it does not run or ends before it answers,
   * `timed-out` when it does not answer; whether it did what was asked is not known then.
   */
  async request(command: ClientCommandRequest): Promise<ClientReply> {
    if (!this.#running) return NO_CLIENT;
    const id = ++this.#lastId;
    const answered = Promise.withResolvers<ClientReply>();
    this.#asked.set(id, answered.resolve);
    const cancel = this.#timers.after(REPLY_MS, () => answered.resolve(refusal('timed-out')));
    this.#child.stdin?.write(`${JSON.stringify({ id, ...command })}\n`);
    const reply = await answered.promise;
    cancel();
    this.#asked.delete(id);
    return reply;
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
    for (const answer of this.#asked.values()) answer(NO_CLIENT);
    onChange();
  }

  /** What fits nothing is passed over: an answer that cannot be read is one that does not come. */
  #take(line: unknown, onChange: () => void): void {
    const replied = replyLine.safeParse(line).data;
    if (replied) {
      const reply = clientReply.safeParse(replied).data;
      if (reply) this.#asked.get(replied.reply)?.(reply);
      return;
    }
    const said = statusLine.safeParse(line).data;
    if (!said) return;
    this.#status = this.#viewOf(said.status);
    onChange();
  }

  #viewOf({ server, queue, today }: z.infer<typeof clientStatus>): ClientView {
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
        ...standingOf(today.me),
        linked: today.me.employee !== null,
      },
    };
  }
}

/** How 出勤 and 退勤 of the day stand. */
function standingOf({ today }: Me) {
  const find = (wanted: PunchKind) => today.punches.find(({ kind }) => kind === wanted);
  const [clockIn, clockOut] = [find('in'), find('out')];
  return {
    inState: clockIn?.state ?? null,
    inReason: clockIn?.reason ?? null,
    outState: clockOut?.state ?? null,
    outReason: clockOut?.reason ?? null,
  };
}

const refusal = (code: string): ClientReply => ({ ok: false, code, retryAfterMs: null });
/** What is answered in place of a client that does not run. */
export const NO_CLIENT = refusal('no-client');

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
