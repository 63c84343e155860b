import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database, JournalTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { findMissing, isTimely, keepAnchor, recordHead } from './anchors.ts';
import { deviceKeys } from './device-keys.ts';
import { linkedEmployees } from './employees.ts';
import { type DeviceScope, keepEvidence } from './findings.ts';
import { loadHeld } from './held.ts';
import { advance, loadJournals, openJournal, receiptsFor } from './journals.ts';
import { judge } from './judging.ts';
import { lockDevice } from './lock-device.ts';
import { placeAndStore } from './placing.ts';
import { type AcceptedEvent, type Reading, readItem } from './reading.ts';
import { draftLog } from './rows.ts';
import type { Ingest } from './types.ts';

/**
 * Makes the function that stores events.
 *
 * It stores exactly once what may be delivered any number of times, either way, in any order and with gaps. Each event gets
 * its own verdict; genuine records that contradict what is held are kept as evidence in the findings and never merged.
 * Everything a batch brings about happens in one transaction: logs, true times, journals, findings, and the mark
 * that makes the employees' workdays be computed again. When it throws, nothing was kept and the same batch may come again.
 */
export function createIngest(options: { store: Kysely<Database>; clock: Clock; secrets: Secrets }): Ingest {
  const { store, clock, secrets } = options;
  return (reporter, events, anchor) =>
    store.transaction().execute(async (tx) => {
      const scope = { company: reporter.company, device: reporter.device };
      if (anchor && anchor.statement.device !== reporter.device) {
        throw new Error('An anchor of another device was handed in with an upload');
      }
      const nowMs = clock.now();
      const { registeredAtMs, sealedSecret } = await lockDevice(tx, scope, nowMs);
      const keys = deviceKeys(secrets.open(sealedSecret, `device-secret/${scope.device}`));

      const items = events.map((item) => readItem(item, reporter));
      const known = await loadJournals(tx, scope, journalsNamed(items));
      const held = await loadHeld(tx, scope, items, known);
      const judgement = judge(items, scope.device, held, keys.sealHolds);
      await keepEvidence(tx, scope, judgement.contradictions, nowMs);

      const employees = await linkedEmployees(tx, scope, sidsOf(judgement.accepted));
      const drafts = judgement.accepted.map((item) =>
        draftLog(item, reporter, employees.get(sidOf(item) ?? '') ?? null, nowMs),
      );
      const timely = anchor !== null && isTimely(anchor) ? anchor : null;
      const anchored = timely && (await keepAnchor(tx, scope, timely));
      await placeAndStore(tx, scope, drafts, anchored, registeredAtMs);

      const journals = await advanceAll(tx, scope, judgement.journals, judgement.accepted, nowMs);
      if (timely) {
        const { id, headSequence } = timely.statement.journal;
        const journal = await recordHead(tx, scope, timely);
        journals.set(id, journal);
        if (reporter.way === 'device') {
          const highest = highestSequence(items, id);
          await findMissing(tx, scope, journal, headSequence, highest, nowMs);
        }
      }
      const receipts = await receiptsFor(tx, scope, [...journals.values()], keys);
      return { verdicts: judgement.verdicts, receipts };
    });
}

/** Opens the journals spoken of where they are new, and moves each over what this transaction stored. */
async function advanceAll(
  tx: Store,
  scope: DeviceScope,
  ids: ReadonlySet<string>,
  accepted: readonly AcceptedEvent[],
  nowMs: number,
): Promise<Map<string, JournalTable>> {
  const journals = new Map<string, JournalTable>();
  for (const id of ids) {
    const journal = await openJournal(tx, scope, id, nowMs);
    const stored = accepted.flatMap((item) =>
      item.type === 'sealed' && item.event.journal === id ? [item.event.sequence] : [],
    );
    journals.set(id, await advance(tx, journal, new Set(stored), nowMs));
  }
  return journals;
}

function journalsNamed(items: readonly Reading[]): string[] {
  return [...new Set(items.flatMap((item) => (item.type === 'sealed' ? [item.event.journal] : [])))];
}

function highestSequence(items: readonly Reading[], journal: string): number | null {
  let highest: number | null = null;
  for (const item of items) {
    if (item.type !== 'sealed' || item.event.journal !== journal) continue;
    highest = Math.max(highest ?? 0, item.event.sequence);
  }
  return highest;
}

function sidOf(item: AcceptedEvent): string | null {
  return item.type === 'sealed' ? (item.event.account?.sid ?? null) : null;
}

function sidsOf(items: readonly AcceptedEvent[]): string[] {
  return [...new Set(items.flatMap((item) => sidOf(item) ?? []))];
}
