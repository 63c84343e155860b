import type { Database, Statement } from 'better-sqlite3';
import type { SealedEvent, ServerReceipt } from '../../contract/event.ts';
import type { JournalId } from '../../contract/ids.ts';
import type { EventVerdict } from '../../contract/upload.ts';
import { guarded, QueueError } from './errors.ts';
import { checksum, readRecord } from './record.ts';
import type { JournalPage, QueueCounts, TimelineEntry, WaitingEvent } from './types.ts';

/** Refusal of a record that is no record: it is kept for a person to look at and never sent. */
export const UNREADABLE_RECORD = 'unreadable-record';

interface EventRow {
  position: number;
  mac: string;
  previous_mac: string;
  record: string;
  checksum: number;
}

const TIMELINE_COLUMNS = 'position, event_id AS id, kind, occurred_at AS occurredAt, state, refusal' as const;

/**
 * The tray's queue: every event between the bridge's journal and the server's word that it has it.
 *
 * Each method is one transaction that is on disk when it returns, or did not happen. All throw `QueueError`; `damaged` means
 * that the file must be opened anew. Nothing reads more than a page into memory.
 */
export class EventQueue {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #savePosition: Statement;
  readonly #settle: Statement;
  readonly #saveReceipt: Statement;

  /** Use `openQueue`. */
  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO events (mac, previous_mac, record, checksum, journal, sequence, event_id, kind, occurred_at,
                           state, refusal, queued_at, settled_at)
       VALUES (@mac, @previousMac, @record, @checksum, @journal, @sequence, @id, @kind, @occurredAt,
               @state, @refusal, @queuedAt, @settledAt)
       ON CONFLICT (mac) DO NOTHING`,
    );
    this.#savePosition = database.prepare(
      `INSERT INTO positions (journal, through) VALUES (?, ?)
       ON CONFLICT (journal) DO UPDATE SET through = excluded.through`,
    );
    this.#settle = database.prepare(
      `UPDATE events SET state = ?, refusal = ?, settled_at = ? WHERE position = ? AND state = 'waiting'`,
    );
    this.#saveReceipt = database.prepare(
      `INSERT INTO receipts (device, journal, through, mac) VALUES (?, ?, ?, ?)
       ON CONFLICT (device, journal) DO UPDATE SET through = excluded.through, mac = excluded.mac
       WHERE excluded.through > receipts.through`,
    );
  }

  /**
   * Takes a page of a journal and moves the reading position there, together. Records the queue already has are passed over.
   *
   * @param now wall time in milliseconds since 1970.
   * @returns how many records were new.
   */
  append(page: JournalPage, now: number): number {
    return this.#transaction(() => {
      let added = 0;
      for (const event of page.records) added += this.#insertOne(page.journal, event, now);
      this.#savePosition.run(page.journal, page.through);
      return added;
    });
  }

  #insertOne(journal: JournalId, event: SealedEvent, now: number): number {
    const facts = readRecord(event.record);
    return this.#insert.run({
      mac: event.mac,
      previousMac: event.previousMac,
      record: event.record,
      checksum: checksum(event),
      journal,
      sequence: facts?.sequence ?? null,
      id: facts?.id ?? null,
      kind: facts?.kind ?? null,
      occurredAt: facts?.occurredAt ?? null,
      state: facts ? 'waiting' : 'refused',
      refusal: facts ? null : UNREADABLE_RECORD,
      queuedAt: now,
      settledAt: facts ? null : now,
    }).changes;
  }

  /** Up to where a journal was read; null for one never read. */
  position(journal: JournalId): number | null {
    const through = guarded(() =>
      this.#database.prepare('SELECT through FROM positions WHERE journal = ?').pluck().get(journal),
    );
    return typeof through === 'number' ? through : null;
  }

  /** Reads a journal again from an earlier place. What was read since stays; reading it again adds nothing twice. */
  rewind(journal: JournalId, through: number): void {
    guarded(() => this.#savePosition.run(journal, through));
  }

  /**
   * The events that have waited longest, in the order they came.
   *
   * @param limit the most events.
   * @param maxBytes the most bytes they may take as JSON in an upload, reckoned generously; the first event is given however
   * large it is.
   * @throws QueueError `damaged` when a record is not what was stored.
   */
  waitingPage(limit: number, maxBytes: number): WaitingEvent[] {
    const rows = guarded(
      () =>
        this.#database
          .prepare(
            `SELECT position, mac, previous_mac, record, checksum FROM events
             WHERE state = 'waiting' ORDER BY position LIMIT ?`,
          )
          .all(limit) as EventRow[],
    );
    const page: WaitingEvent[] = [];
    let bytes = 0;
    for (const row of rows) {
      const event: SealedEvent = { record: row.record, previousMac: row.previous_mac, mac: row.mac };
      if (checksum(event) !== row.checksum) {
        throw new QueueError('damaged', `The record at position ${row.position} was changed on disk`);
      }
      bytes += mostBytes(event);
      if (page.length > 0 && bytes > maxBytes) break;
      page.push({ position: row.position, event });
    }
    return page;
  }

  /**
   * Takes the server's answer: each event is settled for good, and the receipts are kept until the bridge has them.
   *
   * @param now wall time in milliseconds since 1970.
   */
  settle(
    verdicts: readonly { position: number; verdict: EventVerdict }[],
    receipts: readonly ServerReceipt[],
    now: number,
  ): void {
    this.#transaction(() => {
      for (const { position, verdict } of verdicts) {
        const refusal = verdict.status === 'refused' ? verdict.code : null;
        this.#settle.run(refusal === null ? 'sent' : 'refused', refusal, now, position);
      }
      for (const { device, journal, throughSequence, mac } of receipts) {
        this.#saveReceipt.run(device, journal, throughSequence, mac);
      }
    });
  }

  /** Receipts the bridge has not been given yet. One a journal at most. */
  receipts(): ServerReceipt[] {
    return guarded(
      () =>
        this.#database
          .prepare('SELECT device, journal, through AS throughSequence, mac FROM receipts')
          .all() as ServerReceipt[],
    );
  }

  /** Forgets a receipt the bridge has, or will never take. A newer one of the same journal stays. */
  dropReceipt(receipt: ServerReceipt): void {
    guarded(() =>
      this.#database
        .prepare('DELETE FROM receipts WHERE device = ? AND journal = ? AND through <= ?')
        .run(receipt.device, receipt.journal, receipt.throughSequence),
    );
  }

  counts(): QueueCounts {
    return guarded(() => {
      const count = (state: string) =>
        this.#database.prepare(`SELECT count(*) FROM events WHERE state = '${state}'`).pluck().get();
      const oldest = this.#database
        .prepare(`SELECT occurred_at FROM events WHERE state = 'waiting' ORDER BY position LIMIT 1`)
        .pluck()
        .get();
      return {
        waiting: Number(count('waiting')),
        refused: Number(count('refused')),
        oldestWaitingAt: typeof oldest === 'number' ? oldest : null,
      };
    });
  }

  /**
   * Events for the timeline, newest first: in the journal's order, which no clock disturbs.
   *
   * @param before position of the last entry of the page before; null for the first page.
   */
  timeline(before: number | null, limit: number): TimelineEntry[] {
    return guarded(
      () =>
        this.#database
          .prepare(`SELECT ${TIMELINE_COLUMNS} FROM events WHERE position < ? ORDER BY position DESC LIMIT ?`)
          .all(before ?? Number.MAX_SAFE_INTEGER, limit) as TimelineEntry[],
    );
  }

  /** Refused events, oldest first. @param after position of the last entry of the page before; 0 for the first page. */
  refused(after: number, limit: number): TimelineEntry[] {
    return guarded(
      () =>
        this.#database
          .prepare(
            `SELECT ${TIMELINE_COLUMNS} FROM events
             WHERE state = 'refused' AND position > ? ORDER BY position LIMIT ?`,
          )
          .all(after, limit) as TimelineEntry[],
    );
  }

  /**
   * Deletes sent events settled before an instant (milliseconds since 1970), at most `limit` of them so that the call stays
   * short. Waiting and refused ones are never deleted.
   *
   * @returns how many were deleted.
   */
  prune(settledBefore: number, limit = 500): number {
    return guarded(() => {
      const { changes } = this.#database
        .prepare(
          `DELETE FROM events WHERE position IN (
             SELECT position FROM events WHERE state = 'sent' AND settled_at < ? ORDER BY settled_at LIMIT ?)`,
        )
        .run(settledBefore, limit);
      if (changes > 0) this.#database.pragma('incremental_vacuum(200)');
      return changes;
    });
  }

  /**
   * Says whose events these are; the first to say so owns the file.
   *
   * @throws QueueError `other-account` when it is somebody else's: their timeline is not to be shown, nor sent under this name.
   */
  claim(sid: string): void {
    const owner = this.meta('account');
    if (owner === null) this.setMeta('account', sid);
    else if (owner !== sid) throw new QueueError('other-account', 'The queue belongs to another account');
  }

  /** A small fact kept beside the events; null when it was never written. */
  meta(name: string): string | null {
    const value = guarded(() =>
      this.#database.prepare('SELECT value FROM meta WHERE name = ?').pluck().get(name),
    );
    return typeof value === 'string' ? value : null;
  }

  setMeta(name: string, value: string): void {
    guarded(() =>
      this.#database
        .prepare(
          'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        )
        .run(name, value),
    );
  }

  /** Never throws: what was committed is on disk whether or not closing works. */
  close(): void {
    try {
      this.#database.close();
    } catch {
      // A disk that fails now fails again, and is reported, at the next opening.
    }
  }

  #transaction<T>(step: () => T): T {
    return guarded(() => this.#database.transaction(step).immediate());
  }
}

/** An upper bound of an event's bytes in an upload: as a JSON string no character of a JSON text takes more than two for one. */
const mostBytes = ({ record, previousMac, mac }: SealedEvent): number =>
  2 * Buffer.byteLength(record) + previousMac.length + mac.length + 50;
