import type { JournalTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { DeviceScope } from './findings.ts';
import { type Held, type HeldEvent, type Link, recordKey } from './judging.ts';
import type { Reading } from './reading.ts';

/** Loads what of the store the items of one upload can touch: a handful of queries, whatever the upload's size. */
export async function loadHeld(
  tx: Store,
  scope: DeviceScope,
  items: readonly Reading[],
  journals: ReadonlyMap<string, JournalTable>,
): Promise<Held> {
  const records = new Map<string, Link>();
  for (const [journal, sequences] of touchedPlaces(items)) {
    if (!journals.has(journal)) continue;
    for (const { sequence, previous_mac, mac } of await heldRecords(tx, scope, journal, sequences)) {
      if (sequence === null || previous_mac === null || mac === null) continue;
      records.set(recordKey(journal, sequence), { previousMac: previous_mac, mac });
    }
  }
  const stated = [...journals.values()].filter(({ head_sequence }) => head_sequence > 0);
  return {
    events: await heldEvents(tx, scope.company, items),
    records,
    heads: new Map(stated.map((row) => [row.id, { sequence: row.head_sequence, mac: row.head_mac }])),
  };
}

/** Each record's own place and the two beside it, by journal. */
function touchedPlaces(items: readonly Reading[]): Map<string, Set<number>> {
  const places = new Map<string, Set<number>>();
  for (const item of items) {
    if (item.type !== 'sealed') continue;
    const { journal, sequence } = item.event;
    const ofJournal = places.get(journal) ?? new Set();
    places.set(
      journal,
      ofJournal
        .add(sequence - 1)
        .add(sequence)
        .add(sequence + 1),
    );
  }
  return places;
}

function heldRecords(
  tx: Store,
  { company, device }: DeviceScope,
  journal: string,
  places: ReadonlySet<number>,
) {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (const place of places) {
    lowest = Math.min(lowest, place);
    highest = Math.max(highest, place);
  }
  const query = tx
    .selectFrom('logs')
    .select(['sequence', 'previous_mac', 'mac'])
    .where('company', '=', company)
    .where('device', '=', device)
    .where('journal', '=', journal)
    .where('sequence', '>=', lowest)
    .where('sequence', '<=', highest);
  // A bridge sends a stretch of its journal, a client what is scattered over it.
  const isStretch = highest - lowest < 2 * places.size;
  return (isStretch ? query : query.where('sequence', 'in', [...places])).execute();
}

async function heldEvents(
  tx: Store,
  company: string,
  items: readonly Reading[],
): Promise<Map<string, HeldEvent>> {
  const ids = items.flatMap((item) => (item.type === 'refused' ? [] : [item.event.id]));
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('logs')
    .select(['id', 'device', 'kind', 'wall_at', 'account_name'])
    .where('company', '=', company)
    .where('id', 'in', ids)
    .execute();
  return new Map(
    rows.map(({ id, device, kind, wall_at, account_name }) => [
      id,
      { device, kind, wallAt: wall_at, accountName: account_name },
    ]),
  );
}
