import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Ingest, ReadMe, RecordAnchor } from '../logs/types.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';
import type { Nonces } from './nonces/nonces.ts';

/** What the routes work with. */
export interface Services {
  store: Kysely<Database>;
  clock: Clock;
  secrets: Secrets;
  nonces: Nonces;
  /** Scheme, host and port under which devices know this server, as a URL's `origin`. */
  origin: string;
  /** `@authority` of `origin`: lower case, without the scheme's default port. */
  authority: string;
  ingest: Ingest;
  recordAnchor: RecordAnchor;
  readMe: ReadMe;
  /** Told after events of a company were stored, so that work on them need not wait for the next round. */
  afterIngest: (company: string) => void;
}
