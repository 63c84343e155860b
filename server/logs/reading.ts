/** Reads the items of an upload: their form, and whether this reporter may bring them at all. Pure. */
import {
  type CollectedEvent,
  collectedEvent,
  MAX_RECORD_BYTES,
  type SealedEvent,
  type SessionEvent,
  sealedEvent,
  sessionEvent,
} from '../../contract/event.ts';
import type { EVENT_REFUSALS } from '../../contract/upload.ts';
import type { Reporter } from './types.ts';

export type Refusal = (typeof EVENT_REFUSALS)[number];

export type AcceptedEvent =
  | { type: 'sealed'; sealed: SealedEvent; event: SessionEvent }
  | { type: 'collected'; event: CollectedEvent };

export type Reading = AcceptedEvent | { type: 'refused'; code: Refusal };

/** Sources that speak for themselves and never through a bridge: it would make their punches out of its own events. */
const OUTSIDE_SOURCES: ReadonlySet<string> = new Set(['smarton', 'lanscope', 'malion', 'senselink']);

/**
 * Reads one item. The MAC is not checked here.
 *
 * A bridge (role `client`) brings sealed records of its own journals, a collector the events of its own source without a
 * seal. By the way `client` come the events of the token's account and nothing else, not even the machine's.
 */
export function readItem(item: unknown, reporter: Reporter): Reading {
  const sealed = sealedEvent.safeParse(item);
  if (sealed.success) return readSealed(sealed.data, reporter);
  if (typeof item !== 'object' || item === null || !('event' in item)) return refused('malformed-event');
  return readCollected(item.event, reporter);
}

function readSealed(sealed: SealedEvent, reporter: Reporter): Reading {
  if (Buffer.byteLength(sealed.record) > MAX_RECORD_BYTES) return refused('malformed-event');
  const parsed = sessionEvent.safeParse(parsedJson(sealed.record));
  if (!parsed.success) return refused('malformed-event');
  const event = parsed.data;
  if (OUTSIDE_SOURCES.has(event.source)) return refused('malformed-event');
  if (reporter.role !== 'client' || event.device !== reporter.device) return refused('wrong-device');
  if (reporter.way === 'client' && event.account?.sid !== reporter.sid) return refused('wrong-account');
  return { type: 'sealed', sealed, event };
}

function readCollected(item: unknown, reporter: Reporter): Reading {
  if (reporter.role === 'client') return refused('seal-required');
  const parsed = collectedEvent.safeParse(item);
  if (!parsed.success || parsed.data.source !== reporter.role) return refused('malformed-event');
  // Fields of later versions are kept, but not without end.
  if (Buffer.byteLength(JSON.stringify(parsed.data)) > MAX_RECORD_BYTES) return refused('malformed-event');
  return { type: 'collected', event: parsed.data };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(code: Refusal): Reading {
  return { type: 'refused', code };
}
