/**
 * Events of clock runs without an anchor: their own clock is believed or not, by the true times around them in the journal and
 * by their run. They are affected when they are fresh, when a fresh one is of their run, or when a true time next to them
 * came or moved.
 */
import { place } from '../punches/place.ts';
import type { Store } from '../store/store.ts';
import type { DeviceScope } from './findings.ts';
import {
  isMoved,
  type JournalEvent,
  type Move,
  rawEvent,
  readStored,
  storedEvents,
} from './journal-events.ts';

/**
 * @param fresh events of runs without an anchor
 * @param anchoredMoves what has just been placed by anchors, and is not written yet
 * @param registeredAtMs no event is believed to be older
 * @returns all fresh events, and the stored ones that move
 */
export async function placeByBelief(
  tx: Store,
  scope: DeviceScope,
  fresh: readonly JournalEvent[],
  anchoredMoves: readonly Move[],
  registeredAtMs: number,
): Promise<Move[]> {
  const freshByJournal = Map.groupBy(fresh, ({ journal }) => journal);
  const movesByJournal = Map.groupBy(anchoredMoves, ({ event }) => event.journal);
  const moves: Move[] = [];
  for (const journal of new Set([...freshByJournal.keys(), ...movesByJournal.keys()])) {
    const part = new JournalPart(tx, scope, journal, movesByJournal.get(journal) ?? []);
    moves.push(...(await part.believe(freshByJournal.get(journal) ?? [], registeredAtMs)));
  }
  return moves;
}

/** The part of one journal that is looked at. */
class JournalPart {
  readonly #tx: Store;
  readonly #scope: DeviceScope;
  readonly #journal: string;
  readonly #anchoredMoves: readonly Move[];
  readonly #anchoredRuns: ReadonlySet<string>;

  constructor(tx: Store, scope: DeviceScope, journal: string, anchoredMoves: readonly Move[]) {
    this.#tx = tx;
    this.#scope = scope;
    this.#journal = journal;
    this.#anchoredMoves = anchoredMoves;
    this.#anchoredRuns = new Set(anchoredMoves.map(({ event }) => event.bootId));
  }

  async believe(fresh: readonly JournalEvent[], registeredAtMs: number): Promise<Move[]> {
    const runs = new Set([...fresh.map(({ bootId }) => bootId), ...(await this.#runsBesideMoves())]);
    if (runs.size === 0) return [];
    // The journal is left out of the query, so that no engine goes through all of it to find a few runs.
    const stored = await readStored(storedEvents(this.#tx, this.#scope).where('boot_id', 'in', [...runs]));
    const events = [...stored.filter(({ journal }) => journal === this.#journal), ...fresh];
    const bounds = await this.#trueTimesAround(...extent(events));
    const { logs, uncertain } = place(
      [
        ...events.map((event) => rawEvent(event)),
        ...bounds.map(({ event, at }) => rawEvent(event, { type: 'true', at })),
      ],
      [],
      new Map([[this.#journal, registeredAtMs]]),
    );
    const affected = new Set(events.map(({ id }) => id));
    return [
      ...logs.map(
        ({ event, at }): Move => ({
          event,
          to: { placed_at: at, placement: 'believed', clock_corrected: 0 },
        }),
      ),
      ...uncertain.map(
        ({ event }): Move => ({
          event,
          to: { placed_at: null, placement: 'uncertain', clock_corrected: 0 },
        }),
      ),
    ].filter((move) => affected.has(move.event.id) && isMoved(move));
  }

  /** Runs without an anchor that lie next to what has just been placed by anchors. */
  async #runsBesideMoves(): Promise<string[]> {
    if (this.#anchoredMoves.length === 0) return [];
    const [lowest, highest] = extent(this.#anchoredMoves.map(({ event }) => event));
    const before = await this.#nearestTrueTime('before', lowest);
    const after = await this.#nearestTrueTime('after', highest);
    let query = this.#tx
      .selectFrom('logs')
      .select('boot_id')
      .distinct()
      .where('company', '=', this.#scope.company)
      .where('device', '=', this.#scope.device)
      .where('journal', '=', this.#journal)
      .where('placement', '!=', 'anchored');
    if (before) query = query.where('sequence', '>', before.sequence);
    if (after) query = query.where('sequence', '<', after.sequence);
    const rows = await query.execute();
    return rows.flatMap(({ boot_id }) => (boot_id && !this.#anchoredRuns.has(boot_id) ? [boot_id] : []));
  }

  /** The true times between two sequences, and the nearest on either side. */
  async #trueTimesAround(lowest: number, highest: number): Promise<{ event: JournalEvent; at: number }[]> {
    const between = await readStored(
      this.#trueTimes().where('sequence', '>=', lowest).where('sequence', '<=', highest),
    );
    const before = await this.#nearestTrueTime('before', lowest);
    const after = await this.#nearestTrueTime('after', highest);
    const moved = new Set(this.#anchoredMoves.map(({ event }) => event.id));
    const stored = [before ?? [], between, after ?? []].flat().filter(({ id }) => !moved.has(id));
    return [
      ...stored.map((event) => ({ event, at: event.current?.placed_at })),
      ...this.#anchoredMoves.map(({ event, to }) => ({ event, at: to.placed_at })),
    ].flatMap(({ event, at }) => (at === null || at === undefined ? [] : [{ event, at }]));
  }

  async #nearestTrueTime(side: 'before' | 'after', sequence: number): Promise<JournalEvent | undefined> {
    const query =
      side === 'before'
        ? this.#trueTimes().where('sequence', '<', sequence).orderBy('sequence', 'desc')
        : this.#trueTimes().where('sequence', '>', sequence).orderBy('sequence', 'asc');
    const [nearest] = await readStored(query.limit(1));
    return nearest;
  }

  /** A reconciled logoff is recorded later than it happened, and so says nothing about its neighbours. */
  #trueTimes() {
    return storedEvents(this.#tx, this.#scope)
      .where('journal', '=', this.#journal)
      .where('placement', '=', 'anchored')
      .where('source', '!=', 'reconciled');
  }
}

function extent(events: readonly { sequence: number }[]): [lowest: number, highest: number] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (const { sequence } of events) {
    lowest = Math.min(lowest, sequence);
    highest = Math.max(highest, sequence);
  }
  return [lowest, highest];
}
