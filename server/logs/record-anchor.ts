import type { Kysely } from 'kysely';
import type { Database } from '../store/schema.ts';
import { isTimely, keepAnchor, recordHead } from './anchors.ts';
import { lockDevice } from './lock-device.ts';
import { placeAndStore } from './placing.ts';
import type { RecordAnchor } from './types.ts';

/**
 * Makes the function that keeps an anchor which came with a ticket: the events of its clock run are placed anew, and the
 * journal head it states is compared with what is held. One that took too long is passed over.
 */
export function createRecordAnchor(options: { store: Kysely<Database> }): RecordAnchor {
  return async (company, anchor) => {
    if (!isTimely(anchor)) return;
    await options.store.transaction().execute(async (tx) => {
      const scope = { company, device: anchor.statement.device };
      const { registeredAtMs } = await lockDevice(tx, scope, anchor.answeredAtMs);
      const anchored = await keepAnchor(tx, scope, anchor);
      await placeAndStore(tx, scope, [], anchored, registeredAtMs);
      await recordHead(tx, scope, anchor);
    });
  };
}
