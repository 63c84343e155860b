import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { openStore } from './store.ts';

/** The engines every store test runs on; a second one joins by a second entry. */
export const engines: { name: string; open: () => Promise<Kysely<Database>> }[] = [
  { name: 'sqlite', open: () => openStore(':memory:') },
];
