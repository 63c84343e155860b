/** Decides what becomes of each item of an upload, given what the store holds already. Pure. */
import {
  type CollectedEvent,
  GENESIS_MAC,
  type SealedEvent,
  type SessionEvent,
} from '../../contract/event.ts';
import type { EventVerdict } from '../../contract/upload.ts';
import type { AcceptedEvent, Reading, Refusal } from './reading.ts';
import { accountNameOf } from './rows.ts';

/** What the store holds that the items of one upload can touch. */
export interface Held {
  /** By event id, company-wide. */
  events: ReadonlyMap<string, HeldEvent>;
  /** Of this device's journals, by `recordKey`: the places of the items and those beside them. */
  records: ReadonlyMap<string, Link>;
  /** By journal: the highest head the device stated under its signature. */
  heads: ReadonlyMap<string, Head>;
}

export interface HeldEvent {
  device: string;
  kind: string;
  wallAt: number;
  accountName: string | null;
}

/** A record's place in the chain. */
export interface Link {
  previousMac: string;
  mac: string;
}

export interface Head {
  sequence: number;
  mac: string;
}

/** A genuine record that contradicts what is held: refused, and kept as evidence. */
export interface Contradiction {
  kind: 'sequence-reused' | 'chain-broken' | 'id-reused';
  sealed: SealedEvent;
  event: SessionEvent;
}

export interface Judgement {
  /** In the order of the items. */
  verdicts: EventVerdict[];
  accepted: AcceptedEvent[];
  contradictions: Contradiction[];
  /** Every journal a genuine record spoke of, whatever became of the record. */
  journals: Set<string>;
}

export const recordKey = (journal: string, sequence: number): string => `${journal}/${sequence}`;

/**
 * Judges the items in their order; an item is judged with the accepted ones before it as held. A journal's records may
 * come in any order and with gaps: only what touches a held record is compared with it.
 *
 * @param sealHolds whether a record bears the MAC of its journal
 */
export function judge(
  items: readonly Reading[],
  device: string,
  held: Held,
  sealHolds: (journal: string, sealed: SealedEvent) => boolean,
): Judgement {
  const events = new Map(held.events);
  const records = new Map(held.records);
  const accepted: AcceptedEvent[] = [];
  const contradictions: Contradiction[] = [];
  const journals = new Set<string>();

  const accept = (item: AcceptedEvent): EventVerdict => {
    accepted.push(item);
    events.set(item.event.id, heldEvent(item, device));
    if (item.type === 'sealed') records.set(recordKey(item.event.journal, item.event.sequence), item.sealed);
    return { status: 'stored' };
  };

  const judgeSealed = (sealed: SealedEvent, event: SessionEvent): EventVerdict => {
    if (!sealHolds(event.journal, sealed)) return refused('mac-mismatch');
    journals.add(event.journal);
    const same = records.get(recordKey(event.journal, event.sequence));
    if (same?.mac === sealed.mac) return { status: 'duplicate' };
    const kind = contradiction(sealed, event);
    if (kind === null) return accept({ type: 'sealed', sealed, event });
    contradictions.push({ kind, sealed, event });
    return refused(kind);
  };

  const contradiction = (sealed: SealedEvent, event: SessionEvent): Contradiction['kind'] | null => {
    const { journal, sequence } = event;
    if (records.has(recordKey(journal, sequence))) return 'sequence-reused';
    const head = held.heads.get(journal);
    if (head?.sequence === sequence && head.mac !== sealed.mac) return 'chain-broken';
    const before = sequence === 1 ? GENESIS_MAC : records.get(recordKey(journal, sequence - 1))?.mac;
    if (before !== undefined && before !== sealed.previousMac) return 'chain-broken';
    const after = records.get(recordKey(journal, sequence + 1))?.previousMac;
    if (after !== undefined && after !== sealed.mac) return 'chain-broken';
    return events.has(event.id) ? 'id-reused' : null;
  };

  const judgeCollected = (event: CollectedEvent): EventVerdict => {
    const other = events.get(event.id);
    if (other === undefined) return accept({ type: 'collected', event });
    return isSame(other, heldEvent({ type: 'collected', event }, device))
      ? { status: 'duplicate' }
      : refused('id-reused');
  };

  const verdicts = items.map((item): EventVerdict => {
    if (item.type === 'sealed') return judgeSealed(item.sealed, item.event);
    if (item.type === 'collected') return judgeCollected(item.event);
    return refused(item.code);
  });
  return { verdicts, accepted, contradictions, journals };
}

function heldEvent(item: AcceptedEvent, device: string): HeldEvent {
  return {
    device,
    kind: item.event.kind,
    wallAt: Date.parse(item.event.occurredAt),
    accountName: accountNameOf(item),
  };
}

function isSame(a: HeldEvent, b: HeldEvent): boolean {
  return (
    a.device === b.device && a.kind === b.kind && a.wallAt === b.wallAt && a.accountName === b.accountName
  );
}

function refused(code: Refusal): EventVerdict {
  return { status: 'refused', code };
}
