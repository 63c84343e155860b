import type { Dispatcher } from 'undici';
import { eventId } from '../../../contract/ids.ts';
import type { LogonCore } from '../../../native/addon/types.ts';
import type { AuthReply, AuthRequest } from './auth-messages.ts';
import { type BridgeParts, openParts } from './bridge-parts.ts';
import type { BridgeSources } from './clock-run.ts';
import type { DurableFiles } from './durable-file.ts';
import type {
  BridgeConfig,
  BridgeState,
  PresentSession,
  RecordedEvent,
  Signal,
} from './hardware-messages.ts';
import { writeHeartbeat } from './heartbeat.ts';
import type { JournalRecord } from './journal-codec.ts';
import { JournalUploads, UPLOAD_LIMITS } from './journal-uploads.ts';
import { Logon, type LogonEvent } from './logon/logon.ts';
import { accountOf, describe, Recorder } from './recorder.ts';
import { Reporter, type SyncOutcome } from './reporter.ts';
import { bridgeService } from './service.ts';
import { SOCKET_LIMITS, type SocketLimits } from './session-socket.ts';
import { SessionSockets } from './session-sockets.ts';
import type { Timers } from './timers.ts';

export interface BridgeOptions {
  config: BridgeConfig;
  /** How far the PC's wall clock is from the real one at the start, in milliseconds. */
  offsetMs: number;
  /** Sessions that are there already. */
  sessions: readonly PresentSession[];
  files: DurableFiles;
  sources: BridgeSources;
  newEventId: () => string;
  timers: Timers;
  random: () => number;
  dispatcher: Dispatcher;
  /** The logon core. @throws {CoreUnavailable} when there is none for this machine: nobody is asked for codes then. */
  loadCore: () => Promise<LogonCore>;
  socketLimits?: SocketLimits;
  rate?: { burst: number; perSecond: number };
  onRecorded: (event: RecordedEvent) => void;
  onState: (state: BridgeState) => void;
  /** Told of what should not have happened. */
  onFailure: (error: unknown) => void;
}

const DEFAULT_RATE = { burst: 200, perSecond: 50 };

/**
 * The bridge of the virtual PC: records what the hardware tells, serves the clients of each session and the logon screen, and reports
 * what the clients do not. It behaves as the native service does and passes the same conformance suite.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #parts: BridgeParts;
  readonly #recorder: Recorder;
  readonly #reporter: Reporter;
  readonly #sockets: SessionSockets;
  readonly #logon: Logon;
  #turn: Promise<unknown> = Promise.resolve();
  #beating: Promise<void> = Promise.resolve();
  #cancelHeartbeat: () => void = () => undefined;
  #asleep = false;
  #stopped = false;

  private constructor(options: BridgeOptions, parts: BridgeParts) {
    const { config, sources, timers, onFailure } = options;
    this.#options = options;
    this.#parts = parts;
    const { key, journal, progress, registration } = parts;
    this.#recorder = new Recorder({
      ...options,
      ...config,
      ...parts,
      device: key.id,
      onRecorded: (record) => this.#recorded(record),
    });
    const uploads = new JournalUploads({
      ...config,
      ...parts,
      files: options.files,
      onProgress: () => this.#stateChanged(),
    });
    this.#logon = new Logon({
      ...options,
      directory: config.directory,
      key,
      server: parts.connection,
      sids: config.accounts.map(({ sid }) => sid),
      register: () => registration.ensure(),
      now: () => parts.clock.moment(),
      monotonicMs: () => sources.monotonicMs(),
      record: (event) => this.#recordLogon(event),
      onTried: () => this.#reporter.soon(config.delays.machineMs),
      onState: () => this.#stateChanged(),
    });
    this.#reporter = new Reporter({
      subject: {
        register: () => registration.ensure(),
        forgetRegistration: () => registration.forget(),
        unreceived: () => journal.after(progress.receivedThrough),
        leftToTray: (record) => this.#leftToTray(record),
        upload: (events) => uploads.upload(events),
        uploadDamaged: () => uploads.uploadDamaged(),
        syncLogon: () => this.#logon.sync(),
        wallMs: () => parts.clock.wallMs(),
      },
      ...UPLOAD_LIMITS,
      timers,
      monotonicMs: () => sources.monotonicMs(),
      delays: config.delays,
      random: options.random,
      onOutcome: () => this.#stateChanged(),
      onFailure,
    });
    this.#sockets = new SessionSockets({
      service: bridgeService({
        key,
        journal,
        progress,
        reporter: this.#reporter,
        logon: this.#logon,
        registration: () => registration.state,
        anchorFor: (nonce) => uploads.anchor(nonce),
        takeReceipt: (receipt) => uploads.takeReceipt(receipt),
        onProgress: () => this.#stateChanged(),
      }),
      timers,
      monotonicMs: () => sources.monotonicMs(),
      limits: options.socketLimits ?? SOCKET_LIMITS,
      rate: options.rate ?? DEFAULT_RATE,
      onFailure,
    });
  }

  /**
   * Starts the bridge: opens its files, closes in the journal the sessions a crash left open, listens for the sessions that
   * are there, and begins to report.
   */
  static async start(options: BridgeOptions): Promise<Bridge> {
    const { config, sessions } = options;
    const bridge = new Bridge(options, await openParts(options));
    await bridge.#recorder.reconcile(new Set(sessions.map(({ session }) => session)));
    bridge.#beating = bridge.#beat();
    await bridge.#beating;
    await bridge.#logon.open();
    for (const session of sessions) await bridge.#sockets.open(session);
    bridge.#reporter.soon(config.delays.sessionEndMs);
    return bridge;
  }

  get state(): BridgeState {
    const { key, journal, registration, progress, setAside } = this.#parts;
    const { id, headSequence } = journal.head;
    return {
      device: key.id,
      journal: id,
      headSequence,
      registered: registration.state !== null,
      receivedThrough: progress.receivedThrough,
      acknowledged: progress.acknowledged,
      lastSyncAt: this.#reporter.lastSyncAt,
      lastProblem: this.#reporter.lastProblem,
      setAside,
      logon: this.#logon.state,
    };
  }

  /** The newest records, oldest first, as people may see them. */
  recent(count: number): RecordedEvent[] {
    return this.#parts.journal.records.slice(-count).map(describe);
  }

  /**
   * Records a signal; it is on the disk when this returns. A signal told a second time is recorded once. When the disk refuses
   * it is tried until it succeeds, and later signals wait their turn.
   */
  signal(told: Signal): Promise<void> {
    const work = () => this.#record(told);
    const turn = this.#turn.then(work, work);
    this.#turn = turn;
    return turn;
  }

  /** Answers the logon screen. It waits for nothing but the logon core: no journal, no network. Never throws. */
  auth(request: AuthRequest): Promise<AuthReply> {
    return this.#logon.answer(request);
  }

  /** The PC's wall clock was set. */
  setClock(offsetMs: number): void {
    this.#parts.clock.offsetMs = offsetMs;
  }

  networkUp(): void {
    this.#reporter.networkUp();
  }

  /** Reports what no receipt covers, now. */
  reportNow(): Promise<SyncOutcome> {
    return this.#reporter.now();
  }

  /** Reports what is left if that takes no longer than `graceMs`, and closes everything. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#cancelHeartbeat();
    const { timers } = this.#options;
    let cancel = () => {};
    const timeIsUp = new Promise<void>((resolve) => {
      cancel = timers.after(graceMs, resolve);
    });
    if (graceMs > 0) await Promise.race([this.#reporter.now(), timeIsUp]);
    cancel();
    this.#reporter.stop();
    await this.#sockets.closeAll();
    await this.#turn.catch(() => undefined);
    await this.#beating;
    await this.#logon.close();
    await this.#parts.journal.close();
  }

  async #record(told: Signal): Promise<void> {
    const { kind, session } = told;
    // Before the record is there: whoever looks at it must see that its session has clients.
    if (kind === 'logon' && session) await this.#sockets.open(session);
    if (kind === 'resume' && !this.#parts.journal.holds(told.id)) this.#wake();
    await this.#recorder.record(told);
    const { delays } = this.#options.config;
    if (kind === 'logoff' && session) await this.#sockets.close(session.session);
    if (kind === 'suspend') this.#sleep();
    else if (kind === 'logoff' || kind === 'shutdown') this.#reporter.soon(delays.sessionEndMs);
    else this.#reporter.soon(session ? delays.overdueMs : delays.machineMs);
    if (kind === 'resume') this.#reporter.soon(delays.machineMs);
  }

  /** What the logon core has seen is recorded as what the hardware tells is; nobody at the logon screen waits for it. */
  #recordLogon(event: LogonEvent): void {
    const { newEventId, config, onFailure } = this.#options;
    const { accounts } = config;
    this.signal({
      id: eventId.parse(newEventId()),
      kind: event.kind,
      session: null,
      ...('sid' in event && { account: accountOf(accounts, event.sid) }),
      initiator: event.kind === 'policy-change' ? 'system' : 'user',
      reason: event.kind === 'auth-failure' ? event.reason : null,
      authMethod: null,
    }).catch(onFailure);
  }

  async #beat(): Promise<void> {
    const { config, files, timers, onFailure } = this.#options;
    const { clock, journal } = this.#parts;
    if (!this.#asleep) {
      await writeHeartbeat(config.directory, files, clock, journal.head.headSequence).catch(onFailure);
    }
    if (this.#stopped) return;
    this.#cancelHeartbeat = timers.after(config.delays.heartbeatMs, () => {
      this.#beating = this.#beat();
    });
  }

  #sleep(): void {
    this.#asleep = true;
    this.#reporter.pause();
  }

  #wake(): void {
    this.#asleep = false;
    this.#parts.clock.renew();
  }

  /** A session's own client comes first, as long as the session lasts and the record is fresh. */
  #leftToTray(record: JournalRecord): boolean {
    const { session } = record.event;
    const fresh = this.#recorder.ageMs(record) < this.#options.config.delays.overdueMs;
    return fresh && session !== null && this.#sockets.has(session);
  }

  #recorded(record: JournalRecord): void {
    const { account, sequence } = record.event;
    this.#options.onRecorded(describe(record));
    const params = { id: this.#parts.journal.id, headSequence: sequence };
    if (account) this.#sockets.notify(account.sid, 'journal', params);
  }

  #stateChanged(): void {
    this.#options.onState(this.state);
  }
}
