import type { Kysely } from 'kysely';
import type { Database } from '../schema.ts';
import { index } from './0001-first.ts';

/** What a source other than the client has reported so far decides when its workdays are settled. */
export async function up(db: Kysely<Database>): Promise<void> {
  await index(db, 'logs', ['company', 'source', 'wall_at']);
}
