import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Store } from '../store/store.ts';
import type { Contradiction } from './judging.ts';

/** The device a part of the log store belongs to. */
export interface DeviceScope {
  company: string;
  device: string;
}

export type FindingKind =
  | Contradiction['kind']
  | 'missing-records'
  | 'head-fell-back'
  /** The device began a new journal: for the administrator to know, nothing the employee could mend. */
  | 'journal-replaced';

/** In a journal with one of these open, two histories are told: which records are held in common nobody can say. */
const CONTESTING: FindingKind[] = ['sequence-reused', 'chain-broken', 'head-fell-back'];

/** Keeps refused records as open findings. Keeping the same record again changes nothing. */
export async function keepEvidence(
  tx: Store,
  { company, device }: DeviceScope,
  contradictions: readonly Contradiction[],
  foundAtMs: number,
): Promise<void> {
  if (contradictions.length === 0) return;
  const rows = contradictions.map(({ kind, event, sealed }) => ({
    company,
    id: evidenceId(kind, device, event.journal, sealed.mac),
    device,
    journal: event.journal,
    kind,
    sequence: event.sequence,
    evidence: JSON.stringify({ record: sealed.record, previousMac: sealed.previousMac, mac: sealed.mac }),
    found_at: foundAtMs,
    closed_at: null,
  }));
  await tx
    .insertInto('findings')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['company', 'id']).doNothing())
    .execute();
}

/**
 * Opens a finding on a journal; while one of its kind is open there, changes nothing.
 *
 * @param evidence what shows it, as JSON; null when the finding says it all
 */
export async function openFinding(
  tx: Store,
  { company, device }: DeviceScope,
  finding: { kind: FindingKind; journal: string; sequence: number | null; evidence: string | null },
  foundAtMs: number,
): Promise<void> {
  const open = await tx
    .selectFrom('findings')
    .select('id')
    .where('company', '=', company)
    .where('device', '=', device)
    .where('journal', '=', finding.journal)
    .where('kind', '=', finding.kind)
    .where('closed_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (open) return;
  await tx
    .insertInto('findings')
    .values({ company, id: uuidv7(), device, ...finding, found_at: foundAtMs, closed_at: null })
    .execute();
}

/** Closes what is open of a kind on a journal. */
export async function closeFinding(
  tx: Store,
  { company, device }: DeviceScope,
  kind: FindingKind,
  journal: string,
  closedAtMs: number,
): Promise<void> {
  await tx
    .updateTable('findings')
    .set({ closed_at: closedAtMs })
    .where('company', '=', company)
    .where('device', '=', device)
    .where('journal', '=', journal)
    .where('kind', '=', kind)
    .where('closed_at', 'is', null)
    .execute();
}

/** The kinds of findings open on a device that its people should know of, sorted. */
export async function openFindingKinds(tx: Store, { company, device }: DeviceScope): Promise<string[]> {
  const rows = await tx
    .selectFrom('findings')
    .select('kind')
    .distinct()
    .where('company', '=', company)
    .where('device', '=', device)
    .where('kind', '!=', 'journal-replaced' satisfies FindingKind)
    .where('closed_at', 'is', null)
    .execute();
  return rows.map(({ kind }) => kind).sort();
}

/** The journals of a device in which two histories are told, as long as an administrator has not closed the matter. */
export async function contestedJournals(
  tx: Store,
  { company, device }: DeviceScope,
): Promise<ReadonlySet<string>> {
  const rows = await tx
    .selectFrom('findings')
    .select('journal')
    .distinct()
    .where('company', '=', company)
    .where('device', '=', device)
    .where('kind', 'in', CONTESTING)
    .where('closed_at', 'is', null)
    .execute();
  return new Set(rows.flatMap(({ journal }) => (journal === null ? [] : [journal])));
}

/** The same refused record has the same id however often it comes. */
function evidenceId(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url');
}
