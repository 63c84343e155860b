import { Kysely, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as first from './migrations/0001-first.ts';
import * as logon from './migrations/0002-logon.ts';
import * as logSource from './migrations/0003-log-source.ts';
import type { Database } from './schema.ts';
import { sqliteDialect } from './sqlite.ts';

/** An open store, or a transaction of one: every query takes either. */
export type Store = Kysely<Database> | Transaction<Database>;

const migrations: Record<string, Migration> = {
  '0001-first': { up: first.up },
  '0002-logon': { up: logon.up },
  '0003-log-source': { up: logSource.up },
};

/**
 * Opens the embedded store and brings its schema up to date.
 *
 * @param file path of the SQLite file; created when missing. `:memory:` for a store that ends with the process.
 * @throws what the engine throws when the file cannot be opened or a migration fails; nothing is left half migrated.
 */
export async function openStore(file: string): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect: sqliteDialect(file) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    await db.destroy();
    throw error;
  }
  return db;
}
