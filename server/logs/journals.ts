import { GENESIS_MAC, type ServerReceipt } from '../../contract/event.ts';
import { deviceId, journalId } from '../../contract/ids.ts';
import type { JournalTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { DeviceKeys } from './device-keys.ts';
import { closeFinding, contestedJournals, type DeviceScope, openFinding } from './findings.ts';

/** Records looked at in one query while a journal's contiguous part grows. */
const PAGE_RECORDS = 500;

/** The journals of a device that are named, by id; those the server has never heard of are not in it. */
export async function loadJournals(
  tx: Store,
  { company, device }: DeviceScope,
  ids: readonly string[],
): Promise<Map<string, JournalTable>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('journals')
    .selectAll()
    .where('company', '=', company)
    .where('device', '=', device)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * A journal that genuine records or an anchor speak of, begun when the server hears of it first. A second one on a device is
 * noted: the first may have had a tail nobody will ever bring.
 */
export async function openJournal(
  tx: Store,
  { company, device }: DeviceScope,
  id: string,
  seenAtMs: number,
): Promise<JournalTable> {
  const known = (await loadJournals(tx, { company, device }, [id])).get(id);
  if (known) return known;
  const other = await tx
    .selectFrom('journals')
    .select(['id', 'contiguous_sequence', 'head_sequence'])
    .where('company', '=', company)
    .where('device', '=', device)
    .orderBy('first_seen_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const journal: JournalTable = {
    company,
    device,
    id,
    contiguous_sequence: 0,
    contiguous_mac: GENESIS_MAC,
    head_sequence: 0,
    head_mac: GENESIS_MAC,
    head_at: null,
    stated_sequence: 0,
    stated_at: null,
    complete_at: null,
    first_seen_at: seenAtMs,
  };
  await tx.insertInto('journals').values(journal).execute();
  if (other) {
    const finding = { kind: 'journal-replaced', journal: id, sequence: null } as const;
    await openFinding(tx, { company, device }, { ...finding, evidence: JSON.stringify(other) }, seenAtMs);
  }
  return journal;
}

/**
 * Moves a journal's contiguous part over what has come to be held, and closes its missing records once it reaches the
 * stated head.
 *
 * @param stored the sequences stored by this transaction: without the next one among them nothing can have grown
 * @returns the journal as it is now
 */
export async function advance(
  tx: Store,
  journal: JournalTable,
  stored: ReadonlySet<number>,
  nowMs: number,
): Promise<JournalTable> {
  if (!stored.has(journal.contiguous_sequence + 1)) return journal;
  const { company, device, id } = journal;
  let end = { sequence: journal.contiguous_sequence, mac: journal.contiguous_mac };
  for (;;) {
    const page = await tx
      .selectFrom('logs')
      .select(['sequence', 'mac'])
      .where('company', '=', company)
      .where('device', '=', device)
      .where('journal', '=', id)
      .where('sequence', '>', end.sequence)
      .orderBy('sequence')
      .limit(PAGE_RECORDS)
      .execute();
    const before = end.sequence;
    for (const { sequence, mac } of page) {
      if (sequence !== end.sequence + 1 || mac === null) break;
      end = { sequence, mac };
    }
    if (end.sequence - before < PAGE_RECORDS) break;
  }
  await tx
    .updateTable('journals')
    .set({ contiguous_sequence: end.sequence, contiguous_mac: end.mac })
    .where('company', '=', company)
    .where('device', '=', device)
    .where('id', '=', id)
    .execute();
  if (end.sequence >= journal.head_sequence) {
    await closeFinding(tx, { company, device }, 'missing-records', id, nowMs);
  }
  return { ...journal, contiguous_sequence: end.sequence, contiguous_mac: end.mac };
}

/**
 * Receipts for journals, in the order given. Where two histories of a journal are told the receipt says 0: a bridge may
 * compact nothing, for what lies in its file need not be what is held here.
 */
export async function receiptsFor(
  tx: Store,
  scope: DeviceScope,
  journals: readonly JournalTable[],
  keys: DeviceKeys,
): Promise<ServerReceipt[]> {
  if (journals.length === 0) return [];
  const contested = await contestedJournals(tx, scope);
  return journals.map(({ id, contiguous_sequence }) =>
    keys.receipt({
      device: deviceId.parse(scope.device),
      journal: journalId.parse(id),
      throughSequence: contested.has(id) ? 0 : contiguous_sequence,
    }),
  );
}
