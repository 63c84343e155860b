import type { Duplex } from 'node:stream';
import type { Database } from 'better-sqlite3';
import { Alarm } from './alarm.ts';
import { Backoff } from './backoff.ts';
import type { Hello } from './bridge/connection.ts';
import { BridgeLink, type LinkState } from './bridge/link.ts';
import { createLogon, type Logon } from './logon/logon.ts';
import { QueueError } from './queue/errors.ts';
import { keepTidy } from './queue/housekeeping.ts';
import { type OpenedQueue, openQueue, type SetAsideFile } from './queue/open.ts';
import type { EventQueue } from './queue/queue.ts';
import type { TimelineEntry } from './queue/types.ts';
import { failed, type Outcome, succeeded } from './reporter/failure.ts';
import { Pull } from './reporter/pull.ts';
import { Report, type ServerAccess } from './reporter/report.ts';
import { createServerApi, type Fetch } from './reporter/server-api.ts';
import { ServerSession } from './reporter/server-session.ts';
import { StatusBoard, toInstant } from './status/board.ts';
import type { ClientStatus } from './status/status.ts';
import type { StepObserver } from './steps.ts';
import { type Surroundings, systemSurroundings } from './surroundings.ts';

export interface ClientOptions {
  /**
   * Opens the bridge's pipe, and has made sure that it is the bridge's. Called again whenever a connection has ended; settles by
   * itself within seconds.
   */
  connectBridge: () => Duplex | Promise<Duplex>;
  /** Path of the queue's SQLite file. */
  databaseFile: string;
  fetch: Fetch;
  /** Which program this is, for the bridge's log: `tray`, `headless`. */
  name: string;
  version: string;
  surroundings?: Surroundings;
  /** Called between every two steps of an event's way. */
  onStep?: StepObserver;
  openDatabase?: (file: string) => Database;
}

export interface Client {
  start(): void;
  /** Ends within moments, whatever is going on; what was not finished is done after the next start. */
  stop(): Promise<void>;
  readonly status: ClientStatus;
  /** What a person does about their own logon. Nothing of it appears in the status or the queue but who the account is. */
  readonly logon: Logon;
  /** Calls back after each change; the answer ends it. */
  onStatus(listener: (status: ClientStatus) => void): () => void;
  /** Ends waits that began with a failure: the network came back, the PC woke up, or a person asked. */
  reportNow(): void;
  /** A page of the timeline, newest first (`EventQueue.timeline`); empty while the queue cannot be read. */
  timeline(before: number | null, limit: number): TimelineEntry[];
  /** A page of the refused events, oldest first (`EventQueue.refused`). */
  refused(after: number, limit: number): TimelineEntry[];
}

/** The client's work on one opened queue, until the client stops or the file must be put away. */
interface Shift {
  queue: EventQueue;
  pull: Pull;
  report: Report;
  ending: AbortController;
}

const REOPEN = { baseMs: 2_000, capMs: 60_000, floorMs: 500 };

/**
 * The client: brings the bridge's records into a queue on disk and from there to the server, for as long as it runs. It starts without
 * the bridge, the network or a healthy disk, and takes each up when it comes.
 */
export function createClient(options: ClientOptions): Client {
  const surroundings = options.surroundings ?? systemSurroundings;
  const onStep = options.onStep ?? (() => {});
  const board = new StatusBoard();
  const stopping = new AbortController();
  const reopen = new Alarm<'now'>(surroundings.timers);
  const link = new BridgeLink({
    ...surroundings,
    connect: options.connectBridge,
    client: options.name,
    clientVersion: options.version,
    onState: linkChanged,
    onJournal: () => shift?.pull.journalGrew(),
  });
  let shift: Shift | null = null;
  let hello: Hello | null = null;
  let access: Outcome<ServerAccess> = failed({ kind: 'bridge', code: 'closed' });
  let running: Promise<unknown> = Promise.resolve();
  const logon = createLogon({
    access: () => access,
    bridge: () => link.current,
    timers: surroundings.timers,
    onChange: () => shift?.report.refreshToday(),
    signal: stopping.signal,
  });

  function linkChanged(state: LinkState): void {
    if (state.state !== 'connected') {
      const problem = state.state === 'incompatible' ? 'version-unsupported' : state.problem;
      board.update({ bridge: { state: state.state, problem } });
      return;
    }
    access = accessAfter(state.hello);
    hello = state.hello;
    const { account, device, registration } = hello;
    board.update({ bridge: { state: 'connected', problem: null }, account, device, registration });
    onStep('bridge-connected');
    if (!shift) return;
    claim(shift, hello);
    shift.pull.bridgeConnected();
    shift.report.wake('bridge');
  }

  /** A token is kept over a reconnection that changes nothing. */
  function accessAfter(next: Hello): Outcome<ServerAccess> {
    if (!next.registration) return failed({ kind: 'bridge', code: 'not-registered' });
    if (hello && access.ok && sameParty(hello, next)) return access;
    const api = createServerApi({
      ...surroundings,
      fetch: options.fetch,
      server: next.registration.server,
      clientVersion: options.version,
    });
    const session = new ServerSession({
      api,
      bridge: () => link.current,
      clock: surroundings.clock,
      onStep,
    });
    return succeeded({ api, session });
  }

  function claim(current: Shift, { account }: Hello): void {
    try {
      current.queue.claim(account.sid);
    } catch (error) {
      // A disk in trouble is found again, and shown, by the first page that is to be stored.
      if (error instanceof QueueError && endsShift(error)) current.ending.abort(error);
    }
  }

  async function run(): Promise<void> {
    const linked = link.run(stopping.signal);
    let distrust: SetAsideFile['reason'] | null = null;
    while (!stopping.signal.aborted) {
      const opened = await openPatiently(distrust);
      if (opened) distrust = await work(opened);
      // A machine that damages every file must not make them as fast as it can.
      if (distrust) await reopen.sleep(REOPEN.floorMs, [], stopping.signal);
    }
    await linked;
  }

  /** Null only when stopped. */
  async function openPatiently(distrust: SetAsideFile['reason'] | null): Promise<OpenedQueue | null> {
    const backoff = new Backoff(REOPEN, surroundings.random);
    while (!stopping.signal.aborted) {
      try {
        return openQueue({
          file: options.databaseFile,
          clock: surroundings.clock,
          distrust,
          ...(options.openDatabase && { openDatabase: options.openDatabase }),
        });
      } catch (error) {
        if (!(error instanceof QueueError)) throw error;
        board.update({ queue: { problem: error.code } });
        await reopen.sleep(backoff.nextMs(), ['now'], stopping.signal);
      }
    }
    return null;
  }

  /** Works on a queue until the client stops (null) or the file must be put away (why). */
  async function work({ queue, setAside }: OpenedQueue): Promise<SetAsideFile['reason'] | null> {
    const ending = new AbortController();
    const signal = AbortSignal.any([stopping.signal, ending.signal]);
    const shared = { ...surroundings, queue, board, onStep };
    const report = new Report({
      ...shared,
      bridge: () => link.current,
      access: () => access,
      greetAgain: () => link.reconnect(),
    });
    const pull = new Pull({ ...shared, link, onQueued: () => report.wake('events') });
    shift = { queue, pull, report, ending };
    board.update({
      queue: { problem: null, setAside: setAside && { ...setAside, at: toInstant(setAside.at) } },
    });
    if (hello) claim(shift, hello);
    try {
      const jobs = [pull.run(signal), report.run(signal), keepTidy(queue, surroundings, onStep, signal)];
      for (const job of jobs) job.catch((error: unknown) => ending.abort(error));
      await Promise.allSettled(jobs);
      if (ending.signal.aborted) throw ending.signal.reason;
      return null;
    } catch (error) {
      if (!(error instanceof QueueError) || !endsShift(error)) throw error;
      board.update({ queue: { problem: error.code } });
      return error.code === 'other-account' ? 'other-account' : 'damaged';
    } finally {
      shift = null;
      queue.close();
    }
  }

  /** What can be read from the queue now; nothing while it is away or in trouble, which the status says. */
  function fromQueue(read: (queue: EventQueue) => TimelineEntry[]): TimelineEntry[] {
    try {
      return shift ? read(shift.queue) : [];
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      if (endsShift(error)) shift?.ending.abort(error);
      return [];
    }
  }

  return {
    start() {
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    get status() {
      return board.status;
    },
    logon,
    onStatus: (listener) => board.onChange(listener),
    reportNow() {
      reopen.ring('now');
      if (!link.current) link.reconnect();
      shift?.report.wake('now');
    },
    timeline: (before, limit) => fromQueue((queue) => queue.timeline(before, limit)),
    refused: (after, limit) => fromQueue((queue) => queue.refused(after, limit)),
  };
}

const endsShift = ({ code }: QueueError): boolean => code === 'damaged' || code === 'other-account';

const sameParty = (a: Hello, b: Hello): boolean =>
  a.device === b.device &&
  a.account.sid === b.account.sid &&
  a.registration?.server === b.registration?.server &&
  a.registration?.company === b.registration?.company;
