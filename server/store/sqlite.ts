import Sqlite from 'better-sqlite3';
import { type Dialect, SqliteDialect } from 'kysely';

/** SQLite as the server uses it: WAL, every commit on disk before it is answered. */
export function sqliteDialect(file: string): Dialect {
  return new SqliteDialect({
    database: async () => {
      const database = new Sqlite(file);
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.pragma('busy_timeout = 5000');
      database.pragma('foreign_keys = ON');
      return database;
    },
  });
}
