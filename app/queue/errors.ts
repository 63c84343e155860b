import Sqlite from 'better-sqlite3';

/**
 * What can be wrong with the queue's file. None of them loses an event: the bridge keeps every record until the server has it.
 *
 * - `disk-full`, `disk-failing`, `read-only`, `busy`, `unavailable`: nothing was changed; the same call may work later.
 * - `damaged`: the file is not to be trusted any more; it is set aside when the queue is opened again.
 * - `other-account`: the file belongs to another Windows account; it is set aside as well.
 * - `newer-version`: the file was written by a newer client and is left alone.
 */
export type QueueErrorCode =
  | 'disk-full'
  | 'disk-failing'
  | 'read-only'
  | 'busy'
  | 'unavailable'
  | 'damaged'
  | 'other-account'
  | 'newer-version';

export class QueueError extends Error {
  readonly code: QueueErrorCode;

  constructor(code: QueueErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'QueueError';
    this.code = code;
  }
}

// Primary result codes (sqlite.org/rescode.html); an extended code begins with its primary one.
const CODES: readonly (readonly [prefix: string, code: QueueErrorCode])[] = [
  ['SQLITE_FULL', 'disk-full'],
  ['SQLITE_CORRUPT', 'damaged'],
  ['SQLITE_NOTADB', 'damaged'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_IOERR', 'disk-failing'],
];

/** Runs a step on the database; what the engine throws comes out as a `QueueError`. Other errors pass. */
export function guarded<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    const code = CODES.find(([prefix]) => error.code.startsWith(prefix))?.[1] ?? 'unavailable';
    throw new QueueError(code, `${error.code}: ${error.message}`, { cause: error });
  }
}
