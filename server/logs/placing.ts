/**
 * Places the events of a device in true time (docs/punch-rules.md, "Time") as they and their anchors come in, looking only
 * at what can have changed. The rule itself is `place`; here is decided what to show it, so that the outcome is the same
 * as if the whole device were placed at once.
 */
import { sql } from 'kysely';
import type { LogTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { AnchoredPoint } from './anchors.ts';
import { ChangedSpans, markDirty } from './dirty.ts';
import { employeesOf } from './employees.ts';
import type { DeviceScope } from './findings.ts';
import { journalEvents, type Move } from './journal-events.ts';
import { placeByAnchors } from './placing-anchored.ts';
import { placeByBelief } from './placing-believed.ts';
import { DEVICE_KINDS, type DraftLog, type Placing } from './rows.ts';

/** Rows of one statement: far below what an engine takes as parameters, and few enough to be compiled quickly. */
const INSERT_ROWS = 100;
const UPDATE_ROWS = 500;

/**
 * Stores fresh logs at their place in true time, moves the stored ones that they or a new anchor move, and asks for the
 * workdays of everybody concerned to be computed again.
 *
 * @param fresh logs that are not stored yet; a collector's stand where it said
 * @param registeredAtMs no event is believed to be older than its device's registration
 */
export async function placeAndStore(
  tx: Store,
  scope: DeviceScope,
  fresh: readonly DraftLog[],
  anchored: AnchoredPoint | null,
  registeredAtMs: number,
): Promise<void> {
  const moves = await placeAffected(tx, scope, fresh, anchored, registeredAtMs);
  const placings = new Map(moves.map(({ event, to }) => [event.id, to]));
  await insertLogs(
    tx,
    fresh.map((draft) => ({ ...draft, ...(placings.get(draft.id) ?? asReported(draft)) })),
  );
  await writeMoves(
    tx,
    scope.company,
    moves.filter(({ event }) => event.current !== null),
  );
  await markDirty(tx, scope.company, await changedSpans(tx, scope, fresh, moves));
}

async function placeAffected(
  tx: Store,
  scope: DeviceScope,
  fresh: readonly DraftLog[],
  anchored: AnchoredPoint | null,
  registeredAtMs: number,
): Promise<Move[]> {
  const events = journalEvents(fresh);
  const anchoredMoves = await placeByAnchors(tx, scope, events, anchored);
  const placed = new Set(anchoredMoves.map(({ event }) => event.id));
  const unanchored = events.filter(({ id }) => !placed.has(id));
  return [...anchoredMoves, ...(await placeByBelief(tx, scope, unanchored, anchoredMoves, registeredAtMs))];
}

/** A collector reads another system's records and has no clock run: its word is taken. */
function asReported(draft: DraftLog): Placing {
  return { placed_at: draft.wall_at, placement: 'reported', clock_corrected: 0 };
}

async function insertLogs(tx: Store, rows: readonly LogTable[]): Promise<void> {
  for (let i = 0; i < rows.length; i += INSERT_ROWS) {
    await tx
      .insertInto('logs')
      .values(rows.slice(i, i + INSERT_ROWS))
      .execute();
  }
}

async function writeMoves(tx: Store, company: string, moves: readonly Move[]): Promise<void> {
  for (let i = 0; i < moves.length; i += UPDATE_ROWS) {
    const rows = moves
      .slice(i, i + UPDATE_ROWS)
      .map(
        ({ event, to }) =>
          sql`(${event.id}, cast(${to.placed_at} as bigint), ${to.placement}, cast(${to.clock_corrected} as bigint))`,
      );
    // SQLite and PostgreSQL both call the columns of VALUES column1, column2, …
    await sql`
      update logs set placed_at = moved.column2, placement = moved.column3, clock_corrected = moved.column4
      from (values ${sql.join(rows)}) as moved
      where logs.company = ${company} and logs.id = moved.column1
    `.execute(tx);
  }
}

/** From when on the logs of each employee concerned changed. A startup or shutdown concerns everybody on the device. */
async function changedSpans(
  tx: Store,
  scope: DeviceScope,
  fresh: readonly DraftLog[],
  moves: readonly Move[],
): Promise<ReadonlyMap<string, number>> {
  const spans = new ChangedSpans();
  const ofDevice: number[] = [];
  for (const { employee, journal, wall_at } of fresh) if (journal === null) spans.add(employee, wall_at);
  for (const { event, to } of moves) {
    const instants = [event.current?.placed_at ?? null, to.placed_at];
    spans.add(event.employee, ...instants);
    if (concernsDevice(event)) ofDevice.push(...instants.filter((instant) => instant !== null));
  }
  if (ofDevice.length > 0) {
    const from = ofDevice.reduce((earliest, instant) => Math.min(earliest, instant));
    for (const employee of await employeesOf(tx, scope)) spans.add(employee, from);
  }
  return spans.fromByEmployee;
}

function concernsDevice({ sid, kind }: Move['event']): boolean {
  return sid === null && DEVICE_KINDS.has(kind);
}
