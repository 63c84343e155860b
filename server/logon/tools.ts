import type { Kysely } from 'kysely';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';

/** What the requests of logon work on. */
export interface LogonTools {
  store: Kysely<Database>;
  secrets: Secrets;
}
