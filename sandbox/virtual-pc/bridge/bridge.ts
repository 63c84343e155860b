import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { SealedEvent, ServerReceipt } from '../../../contract/event.ts';
import { eventId } from '../../../contract/ids.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '../../../contract/upload.ts';
import { type BridgeSources, MachineClock, toInstant } from './clock-run.ts';
import { damagedJournals, markReported } from './damaged-journals.ts';
import { type DeviceKey, openDeviceKey, signStatement } from './device-key.ts';
import type { DurableFiles } from './durable-file.ts';
import type {
  BridgeConfig,
  BridgeState,
  PresentSession,
  RecordedEvent,
  Signal,
} from './hardware-messages.ts';
import { lastAlive, readHeartbeat, reconciledLogoffs, writeHeartbeat } from './heartbeat.ts';
import { Journal, type UnplacedEvent } from './journal.ts';
import type { JournalRecord } from './journal-codec.ts';
import { Progress } from './progress.ts';
import { type ReceiptVerdict, takeReceipt } from './receipts.ts';
import { Registration } from './registration.ts';
import { Reporter, type SyncOutcome } from './reporter.ts';
import { ServerConnection } from './server-connection.ts';
import { BRIDGE_SOFTWARE_VERSION, bridgeService } from './service.ts';
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
  socketLimits?: SocketLimits;
  rate?: { burst: number; perSecond: number };
  onRecorded: (event: RecordedEvent) => void;
  onState: (state: BridgeState) => void;
  /** Told of what should not have happened. */
  onFailure: (error: unknown) => void;
}

const UPLOAD_TIMEOUT_MS = 15_000;
/** A refused append is tried again this often: the disk may get room, and the event must not be lost meanwhile. */
const APPEND_RETRY_MS = 1_000;
const DEFAULT_RATE = { burst: 200, perSecond: 50 };
/** Room for the frame of an upload around its events. */
const BATCH_FRAME_BYTES = 16 * 1024;

/**
 * The bridge of the virtual PC: records what the hardware tells, serves the clients of each session, and reports what
 * they do not. It behaves as the native service does and passes the same conformance suite.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #clock: MachineClock;
  readonly #key: DeviceKey;
  readonly #journal: Journal;
  readonly #progress: Progress;
  readonly #registration: Registration;
  readonly #connection: ServerConnection;
  readonly #reporter: Reporter;
  readonly #setAside: string | null;
  readonly #sockets: SessionSockets;
  /** When a record was made, for those of this process. */
  readonly #recordedAtMs = new WeakMap<JournalRecord, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #cancelHeartbeat: () => void = () => undefined;
  #asleep = false;
  #stopped = false;

  private constructor(
    options: BridgeOptions,
    parts: {
      clock: MachineClock;
      key: DeviceKey;
      journal: Journal;
      setAside: string | null;
      progress: Progress;
      registration: Registration;
      connection: ServerConnection;
    },
  ) {
    this.#options = options;
    this.#clock = parts.clock;
    this.#key = parts.key;
    this.#journal = parts.journal;
    this.#setAside = parts.setAside;
    this.#progress = parts.progress;
    this.#registration = parts.registration;
    this.#connection = parts.connection;
    this.#reporter = new Reporter({
      subject: {
        register: () => this.#registration.ensure(),
        forgetRegistration: () => this.#registration.forget(),
        unreceived: () => this.#journal.after(this.#progress.receivedThrough),
        leftToTray: (record) => this.#leftToTray(record),
        upload: (events) => this.#upload(events),
        uploadDamaged: () => this.#uploadDamaged(),
        wallMs: () => this.#clock.wallMs(),
      },
      timers: options.timers,
      monotonicMs: () => options.sources.monotonicMs(),
      delays: options.config.delays,
      random: options.random,
      maxBatchEvents: MAX_BATCH_EVENTS,
      maxBatchBytes: MAX_BATCH_BYTES - BATCH_FRAME_BYTES,
      onOutcome: () => this.#stateChanged(),
      onFailure: options.onFailure,
    });
    this.#sockets = new SessionSockets({
      service: bridgeService({
        key: this.#key,
        journal: this.#journal,
        progress: this.#progress,
        reporter: this.#reporter,
        registration: () => this.#registration.state,
        anchorFor: (nonce) => this.#anchor(nonce),
        takeReceipt: (receipt) => this.#takeReceipt(receipt),
        onProgress: () => this.#stateChanged(),
      }),
      timers: options.timers,
      monotonicMs: () => options.sources.monotonicMs(),
      limits: options.socketLimits ?? SOCKET_LIMITS,
      rate: options.rate ?? DEFAULT_RATE,
      onFailure: options.onFailure,
    });
  }

  /**
   * Starts the bridge: opens its files, closes in the journal the sessions a crash left open, listens for the sessions that
   * are there, and begins to report.
   */
  static async start(options: BridgeOptions): Promise<Bridge> {
    const { files, config, sources, sessions } = options;
    const { directory } = config;
    const key = await openDeviceKey(directory, files);
    const progress = await Progress.open(directory, files);
    const { journal, setAside } = await Journal.open({
      directory,
      files,
      deviceSecret: key.secret,
      newJournalId: sources.randomUuid,
      newFileMark: () => randomBytes(6).toString('hex'),
      reached: progress.reached,
    });
    await progress.follow(journal.id);
    const clock = new MachineClock(sources, options.offsetMs);
    const connection = new ServerConnection({
      server: config.server,
      key,
      dispatcher: options.dispatcher,
      timeoutMs: UPLOAD_TIMEOUT_MS,
    });
    const registration = await Registration.open({
      ...config,
      files,
      connection,
      clientVersion: BRIDGE_SOFTWARE_VERSION,
    });
    const parts = { clock, key, journal, setAside, progress, registration, connection };
    const bridge = new Bridge(options, parts);
    await bridge.#reconcile(new Set(sessions.map(({ session }) => session)));
    await bridge.#beat();
    for (const session of sessions) await bridge.#sockets.open(session);
    bridge.#reporter.soon(config.delays.sessionEndMs);
    return bridge;
  }

  get state(): BridgeState {
    const { id: journal, headSequence } = this.#journal.head;
    return {
      device: this.#key.id,
      journal,
      headSequence,
      registered: this.#registration.state !== null,
      receivedThrough: this.#progress.receivedThrough,
      acknowledged: this.#progress.acknowledged,
      lastSyncAt: this.#reporter.lastSyncAt,
      lastProblem: this.#reporter.lastProblem,
      setAside: this.#setAside,
    };
  }

  /** The newest records, oldest first, as people may see them. */
  recent(count: number): RecordedEvent[] {
    return this.#journal.records.slice(-count).map(describe);
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

  /** The PC's wall clock was set. */
  setClock(offsetMs: number): void {
    this.#clock.offsetMs = offsetMs;
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
    await this.#journal.close();
  }

  async #record(told: Signal): Promise<void> {
    // Before the record is there: whoever looks at it must see that its session has clients.
    if (told.kind === 'logon' && told.session) await this.#sockets.open(told.session);
    if (!this.#journal.holds(told.id)) {
      if (told.kind === 'resume') this.#wake();
      await this.#append({
        id: told.id,
        device: this.#key.id,
        kind: told.kind,
        occurredAt: toInstant(this.#clock.wallMs()),
        timeZone: this.#options.config.timeZone,
        account: told.session?.account ?? null,
        session: told.session?.session ?? null,
        initiator: told.initiator,
        reason: told.reason,
        source: 'bridge',
        authMethod: told.authMethod,
        clock: this.#clock.reading(),
      });
    }
    await this.#follow(told);
  }

  /** What a recorded signal means for the bridge itself. */
  async #follow({ kind, session }: Signal): Promise<void> {
    const { delays } = this.#options.config;
    if (kind === 'logoff' && session) await this.#sockets.close(session.session);
    if (kind === 'suspend') this.#sleep();
    else if (kind === 'logoff' || kind === 'shutdown') this.#reporter.soon(delays.sessionEndMs);
    else this.#reporter.soon(session ? delays.overdueMs : delays.machineMs);
    if (kind === 'resume') this.#reporter.soon(delays.machineMs);
  }

  async #append(event: UnplacedEvent): Promise<void> {
    const record = await this.#appendSurely(event);
    this.#recordedAtMs.set(record, this.#options.sources.monotonicMs());
    this.#options.onRecorded(describe(record));
    this.#notify(record);
  }

  async #appendSurely(event: UnplacedEvent): Promise<JournalRecord> {
    const { timers, onFailure } = this.#options;
    for (;;) {
      try {
        return await this.#journal.append(event);
      } catch (error) {
        onFailure(error);
        await new Promise<void>((resolve) => timers.after(APPEND_RETRY_MS, resolve));
      }
    }
  }

  async #reconcile(present: ReadonlySet<string>): Promise<void> {
    const { config, files, newEventId } = this.#options;
    const alive = lastAlive(await readHeartbeat(config.directory, files), this.#journal.records.at(-1));
    if (!alive) return;
    const common = { device: this.#key.id, timeZone: config.timeZone };
    const missed = reconciledLogoffs(this.#journal.openSessions, present, alive, common, () =>
      eventId.parse(newEventId()),
    );
    for (const event of missed) await this.#append(event);
  }

  async #beat(): Promise<void> {
    const { config, files, timers, onFailure } = this.#options;
    if (!this.#asleep) {
      await writeHeartbeat(config.directory, files, this.#clock, this.#journal.head.headSequence).catch(
        onFailure,
      );
    }
    if (this.#stopped) return;
    this.#cancelHeartbeat = timers.after(config.delays.heartbeatMs, () => void this.#beat());
  }

  #sleep(): void {
    this.#asleep = true;
    this.#reporter.pause();
  }

  #wake(): void {
    this.#asleep = false;
    this.#clock.renew();
  }

  /** A session's own client comes first, as long as the session lasts and the record is fresh. */
  #leftToTray(record: JournalRecord): boolean {
    const { sources, config } = this.#options;
    const recordedAtMs = this.#recordedAtMs.get(record) ?? Number.NEGATIVE_INFINITY;
    const fresh = sources.monotonicMs() - recordedAtMs < config.delays.overdueMs;
    return fresh && record.event.session !== null && this.#sockets.has(record.event.session);
  }

  #notify({ event }: JournalRecord): void {
    const params = { id: this.#journal.id, headSequence: event.sequence };
    if (event.account) this.#sockets.notify(event.account.sid, 'journal', params);
  }

  #anchor(nonce: string) {
    const { id, headSequence, headMac } = this.#journal.head;
    return signStatement(this.#key, {
      purpose: 'anchor',
      server: this.#options.config.server,
      device: this.#key.id,
      nonce,
      clock: this.#clock.reading(),
      journal: { id, headSequence, headMac },
    });
  }

  async #upload(events: readonly SealedEvent[]): Promise<void> {
    const answer = await this.#connection.upload([...events], (nonce) => this.#anchor(nonce));
    for (const receipt of answer.receipts) await this.#takeReceipt(receipt);
  }

  async #uploadDamaged(): Promise<void> {
    const { files, config } = this.#options;
    for (const damaged of await damagedJournals(config.directory, files, this.#key.secret)) {
      for (let start = 0; start < damaged.records.length; start += MAX_BATCH_EVENTS) {
        const batch = damaged.records.slice(start, start + MAX_BATCH_EVENTS);
        await this.#upload(batch.map(({ sealed }) => sealed));
      }
      await markReported(files, damaged);
    }
  }

  async #takeReceipt(receipt: ServerReceipt): Promise<ReceiptVerdict> {
    const verdict = await takeReceipt(receipt, {
      key: this.#key,
      journal: this.#journal,
      progress: this.#progress,
    });
    this.#stateChanged();
    return verdict;
  }

  #stateChanged(): void {
    this.#options.onState(this.state);
  }
}

const describe = ({ event }: JournalRecord): RecordedEvent => ({
  id: event.id,
  journal: event.journal,
  sequence: event.sequence,
  kind: event.kind,
  occurredAt: event.occurredAt,
  account: event.account,
  initiator: event.initiator,
  reason: event.reason,
  source: event.source,
});
