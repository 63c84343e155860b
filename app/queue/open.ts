import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { z } from 'zod';
import type { Clock } from '../surroundings.ts';
import { guarded, QueueError } from './errors.ts';
import { migrate, schemaVersion } from './migrations.ts';
import { EventQueue } from './queue.ts';

/** A file that was put away because it could not be trusted, or was another account's. */
export const setAsideFile = z.looseObject({
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Its name now, beside the queue. */
  file: z.string(),
  reason: z.enum(['damaged', 'other-account']),
});
export type SetAsideFile = z.infer<typeof setAsideFile>;

export interface QueueOptions {
  /** Path of the SQLite file; it and its folder are created when missing. */
  file: string;
  clock: Pick<Clock, 'now'>;
  /** Opens the file; another than the default to see the queue on a disk that is full or read-only. */
  openDatabase?: (file: string) => Database;
  /** Put the file away without asking it: it was found damaged while in use, or belongs to another account. */
  distrust?: SetAsideFile['reason'] | null;
}

export interface OpenedQueue {
  queue: EventQueue;
  /** The last file that was set aside, now or at an earlier start; null if that never happened. */
  setAside: SetAsideFile | null;
}

/** Files set aside and kept; older ones go, so that a failing disk is not filled by them. */
const KEPT_FILES = 5;
/** How long to wait for another process of the same user, in milliseconds. The wait blocks this one. */
const BUSY_MS = 1000;

/**
 * Opens the queue. A damaged file is set aside under a name with its date and a new one begun: nothing is lost by that, since
 * the bridge keeps every record until the server's receipt covers it and gives them again.
 *
 * @throws QueueError when neither the file nor a new one can be used; the call may be repeated.
 */
export function openQueue(options: QueueOptions): OpenedQueue {
  const { file } = options;
  const open = options.openDatabase ?? ((name: string) => new Sqlite(name));
  makeFolder(path.dirname(file));
  let setAside: SetAsideFile | null = null;
  if (options.distrust) setAside = putAway(file, options.clock.now(), options.distrust);
  else if (lostItsContent(file)) setAside = putAway(file, options.clock.now(), 'damaged');
  let database: Database;
  try {
    database = prepared(file, open);
  } catch (error) {
    if (!(error instanceof QueueError) || error.code !== 'damaged' || setAside) throw error;
    setAside = putAway(file, options.clock.now(), 'damaged');
    database = prepared(file, open);
  }
  const queue = new EventQueue(database);
  if (setAside) queue.setMeta('set-aside', JSON.stringify(setAside));
  return { queue, setAside: setAside ?? earlier(queue) };
}

/** SQLite takes an emptied file for a new one and throws its log away. A log with content says that it was not new. */
function lostItsContent(file: string): boolean {
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return size(file) === 0 && size(`${file}-wal`) > 0;
}

function prepared(file: string, open: (file: string) => Database): Database {
  return guarded(() => {
    const database = open(file);
    try {
      database.pragma(`busy_timeout = ${BUSY_MS}`);
      // Must come before the first table.
      if (schemaVersion(database) === 0) database.pragma('auto_vacuum = INCREMENTAL');
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.pragma('journal_size_limit = 4194304');
      const [first] = database.pragma('integrity_check(1)') as { integrity_check: string }[];
      if (first?.integrity_check !== 'ok') {
        throw new QueueError('damaged', first?.integrity_check ?? 'The integrity check gave no answer');
      }
      migrate(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function putAway(file: string, now: number, reason: SetAsideFile['reason']): SetAsideFile {
  const stamp = new Date(now).toISOString().replaceAll(':', '-');
  let name = `${file}.${reason}-${stamp}`;
  for (let n = 2; existsSync(name); n++) name = `${file}.${reason}-${stamp}-${n}`;
  try {
    // The log first: a new queue must never be opened over an old queue's log.
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${name}-wal`);
    rmSync(`${file}-shm`, { force: true });
    if (existsSync(file)) renameSync(file, name);
    removeOldest(file);
  } catch (error) {
    throw new QueueError('unavailable', `The queue could not be set aside: ${String(error)}`, {
      cause: error,
    });
  }
  return { at: now, file: path.basename(name), reason };
}

function removeOldest(file: string): void {
  const folder = path.dirname(file);
  const reasons = setAsideFile.shape.reason.options.map((reason) => `${path.basename(file)}.${reason}-`);
  const kept = readdirSync(folder)
    .filter((name) => reasons.some((prefix) => name.startsWith(prefix)) && !name.endsWith('-wal'))
    .map((name) => path.join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const name of kept.slice(KEPT_FILES)) {
    rmSync(name, { force: true });
    rmSync(`${name}-wal`, { force: true });
  }
}

function earlier(queue: EventQueue): SetAsideFile | null {
  const text = queue.meta('set-aside');
  if (text === null) return null;
  try {
    return setAsideFile.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new QueueError('unavailable', `The queue's folder cannot be made: ${String(error)}`, {
      cause: error,
    });
  }
}
