/** Events of clock runs that have anchors: each stands where the nearest anchor of its run puts it. */
import { type Anchor, place } from '../punches/place.ts';
import type { Store } from '../store/store.ts';
import type { AnchoredPoint } from './anchors.ts';
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
 * `place` never lets an event of a run stand before an earlier one of it, which couples events across the point where the
 * nearest anchor changes. Anchors of one run differ by seconds at most; events further apart than this leave each other
 * alone.
 */
const COUPLING_MS = 10 * 60_000;

/** A stretch of a run's uptime, both ends included. */
interface Stretch {
  fromMs: number;
  toMs: number;
}

type RunAnchor = Pick<Anchor, 'bootId' | 'uptimeMs' | 'serverTime'>;

/** @returns all fresh events of anchored runs, and the stored ones of them that move */
export async function placeByAnchors(
  tx: Store,
  scope: DeviceScope,
  fresh: readonly JournalEvent[],
  anchored: AnchoredPoint | null,
): Promise<Move[]> {
  const freshByRun = Map.groupBy(fresh, ({ bootId }) => bootId);
  const bootIds = new Set([...freshByRun.keys(), ...(anchored ? [anchored.bootId] : [])]);
  const moves: Move[] = [];
  for (const [bootId, anchors] of await anchorsOf(tx, scope, [...bootIds])) {
    const ofRun = freshByRun.get(bootId) ?? [];
    const point = anchored?.bootId === bootId ? anchored.uptimeMs : null;
    moves.push(...(await placeRun(tx, scope, bootId, ofRun, anchors, point)));
  }
  return moves;
}

async function placeRun(
  tx: Store,
  scope: DeviceScope,
  bootId: string,
  fresh: readonly JournalEvent[],
  anchors: readonly RunAnchor[],
  newAnchorMs: number | null,
): Promise<Move[]> {
  const { fromMs, toMs } = stretchOf(fresh, anchors, newAnchorMs);
  let query = storedEvents(tx, scope).where('boot_id', '=', bootId);
  if (Number.isFinite(fromMs)) query = query.where('uptime_ms', '>=', fromMs - COUPLING_MS);
  if (Number.isFinite(toMs)) query = query.where('uptime_ms', '<=', toMs + COUPLING_MS);
  const events = [...(await readStored(query)), ...fresh];
  const shown = anchorsAround(anchors, events);
  const logs = [...Map.groupBy(events, ({ journal }) => journal)].flatMap(([journal, ofJournal]) => {
    const raw = ofJournal.map((event) => rawEvent(event));
    return place(
      raw,
      shown.map((anchor) => ({ ...anchor, device: journal })),
      new Map(),
    ).logs;
  });
  return logs
    .map(({ event, at, trust }): Move => {
      const clock_corrected = trust === 'corrected' ? 1 : 0;
      return { event, to: { placed_at: at, placement: 'anchored', clock_corrected } };
    })
    .filter((move) => move.event.uptimeMs >= fromMs && isMoved(move));
}

/** The stretch in which events may come to stand elsewhere: around what is fresh, and between a new anchor's neighbours. */
function stretchOf(
  fresh: readonly JournalEvent[],
  anchors: readonly RunAnchor[],
  newAnchorMs: number | null,
): Stretch {
  const stretch = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
  for (const { uptimeMs } of fresh) {
    stretch.fromMs = Math.min(stretch.fromMs, uptimeMs);
    stretch.toMs = Math.max(stretch.toMs, uptimeMs);
  }
  if (newAnchorMs === null) return stretch;
  const before = anchors.findLast(({ uptimeMs }) => uptimeMs < newAnchorMs);
  const after = anchors.find(({ uptimeMs }) => uptimeMs > newAnchorMs);
  return {
    fromMs: Math.min(stretch.fromMs, before?.uptimeMs ?? Number.NEGATIVE_INFINITY),
    toMs: Math.max(stretch.toMs, after?.uptimeMs ?? Number.POSITIVE_INFINITY),
  };
}

/** The anchors that can be nearest to one of the events: those among them and one on either side. */
function anchorsAround(anchors: readonly RunAnchor[], events: readonly JournalEvent[]): readonly RunAnchor[] {
  const lowestMs = events.reduce(
    (lowest, { uptimeMs }) => Math.min(lowest, uptimeMs),
    Number.POSITIVE_INFINITY,
  );
  const highestMs = events.reduce((highest, { uptimeMs }) => Math.max(highest, uptimeMs), 0);
  const first = anchors.findLastIndex(({ uptimeMs }) => uptimeMs < lowestMs);
  const last = anchors.findIndex(({ uptimeMs }) => uptimeMs > highestMs);
  return anchors.slice(Math.max(first, 0), last < 0 ? undefined : last + 1);
}

/** The anchors of those runs that have any, in order of uptime. */
async function anchorsOf(
  tx: Store,
  { company, device }: DeviceScope,
  bootIds: readonly string[],
): Promise<Map<string, RunAnchor[]>> {
  if (bootIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom('anchors')
    .select(['boot_id as bootId', 'uptime_ms as uptimeMs', 'server_at as serverTime'])
    .where('company', '=', company)
    .where('device', '=', device)
    .where('boot_id', 'in', bootIds)
    .orderBy('uptime_ms')
    .execute();
  return Map.groupBy(rows, ({ bootId }) => bootId);
}
