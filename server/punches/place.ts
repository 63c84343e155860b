/** True time: puts each event where it happened, whatever the PC's clock said (docs/punch-rules.md, "Time"). */
import { compareText, type Instant, type LogFacts, MINUTE_MS, type Trust } from './logs.ts';

/** An event moved by more than this is `corrected`; by exactly this it is not. */
export const CORRECTION_LIMIT_MS = 2 * MINUTE_MS;

/** A clock run: a random id renewed at every boot and resume, and the unbiased milliseconds since it began. */
export interface ClockRun {
  readonly bootId: string;
  readonly uptimeMs: number;
}

/** When an event says it happened. Connectors have no clock run: their time is taken as true. */
export type EventTime =
  | { readonly type: 'true'; readonly at: Instant }
  | { readonly type: 'clock'; readonly wall: Instant; readonly run: ClockRun | null };

/** An event as it reached the server. */
export interface RawEvent extends LogFacts {
  readonly time: EventTime;
  /** Arrival at the server; null where it is not known. */
  readonly receivedAt: Instant | null;
}

/** A vouched pair: at `uptimeMs` of that run the server's clock showed `serverTime`. */
export interface Anchor extends ClockRun {
  readonly device: string;
  readonly serverTime: Instant;
}

/** `logs` stand at true instants; `uncertain` are kept and listed, but make no punch. Both in no promised order. */
export interface Placed<E extends RawEvent> {
  readonly logs: (E & { readonly at: Instant; readonly trust: Trust })[];
  readonly uncertain: E[];
}

/**
 * Places events by the anchors of their clock run. Give it *all* events of the devices concerned, whoever caused
 * them: an event without anchor is judged by its neighbours in the device's sequence.
 *
 * Neither order nor repetition of events and anchors changes the result. Never throws.
 *
 * @param registeredAt when each device was registered; one that is missing bounds nothing
 */
export function place<E extends RawEvent>(
  events: readonly E[],
  anchors: readonly Anchor[],
  registeredAt: ReadonlyMap<string, Instant>,
): Placed<E> {
  const logs: Placed<E>['logs'] = [];
  const uncertain: E[] = [];
  const anchorsOf = Map.groupBy(anchors, (anchor) => runKey(anchor.device, anchor.bootId));
  for (const [device, recorded] of Map.groupBy(distinct(events), (event) => event.device)) {
    const known = trueInstants(recorded, anchorsOf);
    const believed = believable(recorded, known, registeredAt.get(device) ?? Number.NEGATIVE_INFINITY);
    for (const event of recorded) {
      const { time } = event;
      const at = known.get(event);
      if (at !== undefined) {
        const moved = time.type === 'clock' && Math.abs(at - time.wall) > CORRECTION_LIMIT_MS;
        logs.push({ ...event, at, trust: moved ? 'corrected' : 'true' });
      } else if (time.type === 'clock' && believed.has(event)) {
        logs.push({ ...event, at: time.wall, trust: 'unverified' });
      } else {
        uncertain.push(event);
      }
    }
  }
  return { logs, uncertain };
}

/** Each id once, in the device's sequence. Of several deliveries the first counts: its arrival bounds most. */
function distinct<E extends RawEvent>(events: readonly E[]): E[] {
  const arrival = (event: E): Instant => event.receivedAt ?? Number.POSITIVE_INFINITY;
  const byId = new Map<string, E>();
  for (const event of events) {
    const other = byId.get(event.id);
    if (
      other === undefined ||
      arrival(event) < arrival(other) ||
      (arrival(event) === arrival(other) && event.sequence < other.sequence)
    ) {
      byId.set(event.id, event);
    }
  }
  return [...byId.values()].sort((a, b) => a.sequence - b.sequence || compareText(a.id, b.id));
}

/** The events whose instant needs no belief: told as true, or in a run with an anchor. */
function trueInstants<E extends RawEvent>(
  recorded: readonly E[],
  anchorsOf: ReadonlyMap<string, readonly Anchor[]>,
): Map<E, Instant> {
  const known = new Map<E, Instant>();
  for (const event of recorded) if (event.time.type === 'true') known.set(event, event.time.at);
  for (const run of runsOf(recorded)) {
    const anchors = anchorsOf.get(runKey(run.device, run.bootId));
    if (anchors === undefined) continue;
    // Anchors differ by the network's delay; two events close together must not change places by that.
    let latest = Number.NEGATIVE_INFINITY;
    for (const { event, uptimeMs } of run.events.toSorted((a, b) => a.uptimeMs - b.uptimeMs)) {
      const anchor = nearest(anchors, uptimeMs);
      latest = Math.max(latest, anchor.serverTime + (uptimeMs - anchor.uptimeMs));
      known.set(event, latest);
    }
  }
  return known;
}

interface Run<E> {
  readonly device: string;
  readonly bootId: string;
  readonly events: { readonly event: E; readonly wall: Instant; readonly uptimeMs: number }[];
}

/** The clock runs of one device's events, each with its events in sequence. */
function runsOf<E extends RawEvent>(events: readonly E[]): Iterable<Run<E>> {
  const runs = new Map<string, Run<E>>();
  for (const event of events) {
    const { time, device } = event;
    if (time.type !== 'clock' || time.run === null) continue;
    const { bootId, uptimeMs } = time.run;
    const run = runs.get(bootId) ?? { device, bootId, events: [] };
    run.events.push({ event, wall: time.wall, uptimeMs });
    runs.set(bootId, run);
  }
  return runs.values();
}

/** The anchor with the least uptime between: what drifts has drifted least. Of two as near, the earlier. */
function nearest(anchors: readonly Anchor[], uptimeMs: number): Anchor {
  return anchors.reduce((best, anchor) => {
    const difference =
      Math.abs(anchor.uptimeMs - uptimeMs) - Math.abs(best.uptimeMs - uptimeMs) ||
      anchor.uptimeMs - best.uptimeMs ||
      anchor.serverTime - best.serverTime;
    return difference < 0 ? anchor : best;
  });
}

/** The events without anchor whose wall clock fits between its neighbours and, within its run, with the uptime. */
function believable<E extends RawEvent>(
  recorded: readonly E[],
  known: ReadonlyMap<E, Instant>,
  registeredAt: Instant,
): Set<E> {
  const fitting = brackets(recorded, known, registeredAt)
    .filter(({ event: { time }, earliest, latest }) => {
      return time.type === 'clock' && earliest <= time.wall && time.wall <= latest;
    })
    .map(({ event }) => event);
  const believed = new Set(fitting.filter(({ time }) => time.type === 'clock' && time.run === null));
  for (const run of runsOf(fitting)) {
    // Where the clock was moved inside the run nobody can say which part was right: none is believed.
    if (!clockAgreesWithUptime(run)) continue;
    for (const { event } of run.events) believed.add(event);
  }
  return believed;
}

function clockAgreesWithUptime<E>(run: Run<E>): boolean {
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const { wall, uptimeMs } of run.events) {
    earliest = Math.min(earliest, wall - uptimeMs);
    latest = Math.max(latest, wall - uptimeMs);
  }
  return latest - earliest <= CORRECTION_LIMIT_MS;
}

interface Bracket<E> {
  readonly event: E;
  readonly earliest: Instant;
  readonly latest: Instant;
}

/** For each event without true instant, the true times around it in the device's sequence. */
function brackets<E extends RawEvent>(
  recorded: readonly E[],
  known: ReadonlyMap<E, Instant>,
  registeredAt: Instant,
): Bracket<E>[] {
  // A reconciled logoff is recorded at the next start for an earlier instant: it bounds no neighbour.
  const bound = (event: E): Instant | undefined =>
    event.source === 'reconciled' ? undefined : known.get(event);
  const earliest = new Map<E, Instant>();
  let before = registeredAt;
  for (const event of recorded) {
    const at = bound(event);
    if (at !== undefined) before = Math.max(registeredAt, at);
    earliest.set(event, before);
  }
  const found: Bracket<E>[] = [];
  let after = Number.POSITIVE_INFINITY;
  for (const event of recorded.toReversed()) {
    const at = bound(event);
    if (at !== undefined) after = at;
    if (known.has(event)) continue;
    const latest = Math.min(after, event.receivedAt ?? Number.POSITIVE_INFINITY);
    found.push({ event, earliest: earliest.get(event) ?? registeredAt, latest });
  }
  return found;
}

function runKey(device: string, bootId: string): string {
  return JSON.stringify([device, bootId]);
}
