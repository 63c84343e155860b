import { ANCHOR_LIMIT_MS } from '../../contract/statement.ts';
import type { AnchorTable, JournalTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { type DeviceScope, openFinding } from './findings.ts';
import { openJournal } from './journals.ts';
import type { AnsweredAnchor } from './types.ts';

/** Of the anchors in one stretch of a run's uptime, this long, only the best is kept. */
export const ANCHOR_STRETCH_MS = 5 * 60_000;

/** A point of a clock run whose true time has come to be known, or is known better. */
export interface AnchoredPoint {
  bootId: string;
  uptimeMs: number;
}

/** Whether an anchor says enough about the time to be used; one answered before it was asked says nothing. */
export function isTimely({ issuedAtMs, answeredAtMs }: AnsweredAnchor): boolean {
  const elapsedMs = answeredAtMs - issuedAtMs;
  return elapsedMs >= 0 && elapsedMs <= ANCHOR_LIMIT_MS;
}

/**
 * Keeps a timely anchor: true time is the middle between nonce and answer, accuracy half of what lies between.
 *
 * Of each five minutes of a run's uptime the most accurate anchor is kept (of equals the earliest), so that a run's anchors
 * are bounded and do not depend on the order in which they came.
 *
 * @returns the point to place events by anew; null when what is known of the run did not change
 */
export async function keepAnchor(
  tx: Store,
  { company, device }: DeviceScope,
  { statement, issuedAtMs, answeredAtMs }: AnsweredAnchor,
): Promise<AnchoredPoint | null> {
  const { bootId, uptimeMs } = statement.clock;
  const anchor: AnchorTable = {
    company,
    device,
    boot_id: bootId,
    uptime_ms: uptimeMs,
    server_at: Math.floor((issuedAtMs + answeredAtMs) / 2),
    accuracy_ms: Math.ceil((answeredAtMs - issuedAtMs) / 2),
    journal: statement.journal.id,
    head_sequence: statement.journal.headSequence,
  };
  const stretchMs = Math.floor(uptimeMs / ANCHOR_STRETCH_MS) * ANCHOR_STRETCH_MS;
  const held = await tx
    .selectFrom('anchors')
    .selectAll()
    .where('company', '=', company)
    .where('device', '=', device)
    .where('boot_id', '=', bootId)
    .where('uptime_ms', '>=', stretchMs)
    .where('uptime_ms', '<', stretchMs + ANCHOR_STRETCH_MS)
    .executeTakeFirst();
  if (held && !isBetter(anchor, held)) return null;
  if (held) {
    await tx
      .deleteFrom('anchors')
      .where('company', '=', company)
      .where('device', '=', device)
      .where('boot_id', '=', bootId)
      .where('uptime_ms', '=', held.uptime_ms)
      .execute();
  }
  await tx.insertInto('anchors').values(anchor).execute();
  return { bootId, uptimeMs };
}

function isBetter(anchor: AnchorTable, held: AnchorTable): boolean {
  const difference =
    anchor.accuracy_ms - held.accuracy_ms ||
    anchor.uptime_ms - held.uptime_ms ||
    anchor.server_at - held.server_at;
  return difference < 0;
}

/**
 * Compares the journal head an anchor states with what is held and with what was stated before, opens findings where they
 * contradict each other, and remembers the head: as the highest when it is, and for the settling of workdays.
 *
 * @returns the journal as it is now
 */
export async function recordHead(
  tx: Store,
  scope: DeviceScope,
  { statement, issuedAtMs, answeredAtMs }: AnsweredAnchor,
): Promise<JournalTable> {
  const { id, headSequence, headMac } = statement.journal;
  const journal = await openJournal(tx, scope, id, answeredAtMs);
  const find = (kind: 'chain-broken' | 'head-fell-back') =>
    openFinding(
      tx,
      scope,
      { kind, journal: id, sequence: headSequence, evidence: JSON.stringify(statement) },
      answeredAtMs,
    );
  const contradictsHeld = (await heldMac(tx, scope, id, headSequence, headMac)) !== headMac;
  const contradictsStated = headSequence === journal.head_sequence && headMac !== journal.head_mac;
  if (contradictsHeld || contradictsStated) await find('chain-broken');
  // Anchors may overtake each other: only one made after the higher head was known shows that the journal fell back.
  const statedBefore = journal.head_at !== null && journal.head_at < issuedAtMs;
  const belowStated = headSequence < journal.head_sequence && statedBefore;
  if (belowStated || (await holdsBeyond(tx, scope, id, headSequence, issuedAtMs)))
    await find('head-fell-back');
  const head = {
    ...(headSequence > journal.head_sequence && {
      head_sequence: headSequence,
      head_mac: headMac,
      head_at: answeredAtMs,
    }),
    ...statementsAfter(journal, { stated_sequence: headSequence, stated_at: issuedAtMs }),
  };
  await tx
    .updateTable('journals')
    .set(head)
    .where('company', '=', scope.company)
    .where('device', '=', scope.device)
    .where('id', '=', id)
    .execute();
  return { ...journal, ...head };
}

type Statements = Pick<JournalTable, 'stated_sequence' | 'stated_at' | 'complete_at'>;

/**
 * What is known of a journal's statements after one more. Anchors are thinned out by how well they tell the time, so the
 * last word of a PC is kept here. `stated_at` is when the nonce was made: the statement was made no earlier.
 *
 * A later statement may wait for records where an earlier one does not, so the latest complete one is kept beside it.
 */
function statementsAfter(
  journal: JournalTable,
  statement: { stated_sequence: number; stated_at: number },
): Statements {
  const { contiguous_sequence, stated_sequence, stated_at, complete_at } = journal;
  const before = stated_at === null ? [] : [{ stated_sequence, stated_at }];
  const [latest = statement] = [...before, statement].sort(
    (a, b) => b.stated_at - a.stated_at || b.stated_sequence - a.stated_sequence,
  );
  const complete = [...before, statement]
    .filter((one) => one.stated_sequence <= contiguous_sequence)
    .map((one) => one.stated_at);
  if (complete_at !== null) complete.push(complete_at);
  return { ...latest, complete_at: complete.length === 0 ? null : Math.max(...complete) };
}

/**
 * Opens `missing-records` where the device itself has brought what it had up to its head and the server still holds a gap.
 *
 * @param highestBrought the highest sequence of the journal in this upload; null when it brought none
 */
export async function findMissing(
  tx: Store,
  scope: DeviceScope,
  journal: JournalTable,
  headSequence: number,
  highestBrought: number | null,
  foundAtMs: number,
): Promise<void> {
  // A device with more than one upload's worth is not there yet: its later ones will reach the head.
  const hasReachedHead = highestBrought === null || highestBrought >= headSequence;
  const firstMissing = journal.contiguous_sequence + 1;
  if (!hasReachedHead || firstMissing > headSequence) return;
  const finding = { kind: 'missing-records', journal: journal.id, sequence: firstMissing } as const;
  await openFinding(tx, scope, { ...finding, evidence: JSON.stringify({ headSequence }) }, foundAtMs);
}

/** The MAC of the record held at a sequence; `unless` when none is held. */
async function heldMac(
  tx: Store,
  { company, device }: DeviceScope,
  journal: string,
  sequence: number,
  unless: string,
): Promise<string | null> {
  const row = await tx
    .selectFrom('logs')
    .select('mac')
    .where('company', '=', company)
    .where('device', '=', device)
    .where('journal', '=', journal)
    .where('sequence', '=', sequence)
    .executeTakeFirst();
  return row === undefined ? unless : row.mac;
}

/** Whether a record beyond a sequence had arrived before an instant. */
async function holdsBeyond(
  tx: Store,
  { company, device }: DeviceScope,
  journal: string,
  sequence: number,
  atMs: number,
): Promise<boolean> {
  const row = await tx
    .selectFrom('logs')
    .select('id')
    .where('company', '=', company)
    .where('device', '=', device)
    .where('journal', '=', journal)
    .where('sequence', '>', sequence)
    .where('received_at', '<', atMs)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
