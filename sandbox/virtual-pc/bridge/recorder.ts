import { type Account, account, type DeviceId, eventId } from '../../../contract/ids.ts';
import { type BridgeSources, type MachineClock, toInstant } from './clock-run.ts';
import type { DurableFiles } from './durable-file.ts';
import type { RecordedEvent, Signal } from './hardware-messages.ts';
import { lastAlive, readHeartbeat, reconciledLogoffs } from './heartbeat.ts';
import type { Journal, UnplacedEvent } from './journal.ts';
import type { JournalRecord } from './journal-codec.ts';
import type { Timers } from './timers.ts';

export interface RecorderOptions {
  device: DeviceId;
  directory: string;
  timeZone: string;
  files: DurableFiles;
  journal: Journal;
  clock: MachineClock;
  sources: Pick<BridgeSources, 'monotonicMs'>;
  newEventId: () => string;
  timers: Timers;
  onRecorded: (record: JournalRecord) => void;
  onFailure: (error: unknown) => void;
}

/** A refused append is tried again this often: the disk may get room, and the event must not be lost meanwhile. */
const APPEND_RETRY_MS = 1_000;

/** Writes what happens into the journal, surely and once. */
export class Recorder {
  readonly #options: RecorderOptions;
  /** When a record was made, for those of this process. */
  readonly #recordedAtMs = new WeakMap<JournalRecord, number>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Records a signal unless it is recorded already. When the disk refuses it is tried until it succeeds. */
  async record(told: Signal): Promise<void> {
    const { journal, device, timeZone, clock } = this.#options;
    if (journal.holds(told.id)) return;
    await this.#append({
      id: told.id,
      device,
      kind: told.kind,
      occurredAt: toInstant(clock.wallMs()),
      timeZone,
      account: told.session?.account ?? told.account ?? null,
      session: told.session?.session ?? null,
      initiator: told.initiator,
      reason: told.reason,
      source: 'bridge',
      authMethod: told.authMethod,
      clock: clock.reading(),
    });
  }

  /** Logs off, at the last sign of life, the sessions the journal holds open and Windows no longer knows. */
  async reconcile(present: ReadonlySet<string>): Promise<void> {
    const { directory, files, journal, newEventId, device, timeZone } = this.#options;
    const alive = lastAlive(await readHeartbeat(directory, files), journal.records.at(-1));
    if (!alive) return;
    const missed = reconciledLogoffs(journal.openSessions, present, alive, { device, timeZone }, () =>
      eventId.parse(newEventId()),
    );
    for (const event of missed) await this.#append(event);
  }

  /** How long ago a record was made; infinite for one of before this process. */
  ageMs(record: JournalRecord): number {
    const atMs = this.#recordedAtMs.get(record) ?? Number.NEGATIVE_INFINITY;
    return this.#options.sources.monotonicMs() - atMs;
  }

  async #append(event: UnplacedEvent): Promise<void> {
    const record = await this.#appendSurely(event);
    this.#recordedAtMs.set(record, this.#options.sources.monotonicMs());
    this.#options.onRecorded(record);
  }

  async #appendSurely(event: UnplacedEvent): Promise<JournalRecord> {
    const { journal, timers, onFailure } = this.#options;
    for (;;) {
      try {
        return await journal.append(event);
      } catch (error) {
        onFailure(error);
        await new Promise<void>((resolve) => timers.after(APPEND_RETRY_MS, resolve));
      }
    }
  }
}

/** A record as people may see it. */
export const describe = ({ event }: JournalRecord): RecordedEvent => ({
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

/** The account of a SID, with the names it has on this PC; nameless where nobody knows it. */
export const accountOf = (accounts: readonly Account[], sid: string): Account =>
  accounts.find((one) => one.sid === sid) ?? account.parse({ sid, domain: '', name: '' });
