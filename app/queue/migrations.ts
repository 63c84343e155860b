import type { Database } from 'better-sqlite3';
import { QueueError } from './errors.ts';

/**
 * The steps from an empty file to today's schema; `user_version` counts those taken. A step that was released is never changed.
 *
 * `mac` names a record: a replay has the same one, while a fork of the journal (same sequence or id, other content) has another
 * and must reach the server as the evidence it is. `checksum` tells our own disk's damage from the sender's.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE events (
     position INTEGER PRIMARY KEY,
     mac TEXT NOT NULL UNIQUE,
     previous_mac TEXT NOT NULL,
     record TEXT NOT NULL,
     checksum INTEGER NOT NULL,
     journal TEXT NOT NULL,
     sequence INTEGER,
     event_id TEXT,
     kind TEXT,
     occurred_at INTEGER,
     state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused')),
     refusal TEXT CHECK ((refusal IS NULL) = (state <> 'refused')),
     queued_at INTEGER NOT NULL,
     settled_at INTEGER CHECK ((settled_at IS NULL) = (state = 'waiting'))
   ) STRICT;
   CREATE INDEX events_waiting ON events (position) WHERE state = 'waiting';
   CREATE INDEX events_refused ON events (position) WHERE state = 'refused';
   CREATE INDEX events_sent ON events (settled_at) WHERE state = 'sent';
   CREATE TABLE positions (
     journal TEXT NOT NULL PRIMARY KEY,
     through INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE receipts (
     device TEXT NOT NULL,
     journal TEXT NOT NULL,
     through INTEGER NOT NULL,
     mac TEXT NOT NULL,
     PRIMARY KEY (device, journal)
   ) STRICT;
   CREATE TABLE meta (
     name TEXT NOT NULL PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT;`,
];

/** How many steps the file has taken; 0 for a new one. @throws QueueError `newer-version` for a file of a newer client. */
export function schemaVersion(database: Database): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version <= STEPS.length) return version;
  throw new QueueError(
    'newer-version',
    `The queue has schema ${version}; this client knows ${STEPS.length}. It was left as it is.`,
  );
}

/** Brings the schema up to date, in one transaction. */
export function migrate(database: Database): void {
  const version = schemaVersion(database);
  if (version === STEPS.length) return;
  database
    .transaction(() => {
      for (const step of STEPS.slice(version)) database.exec(step);
      database.pragma(`user_version = ${STEPS.length}`);
    })
    .immediate();
}
