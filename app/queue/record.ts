import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { SealedEvent } from '../../contract/event.ts';
import { eventId, instant } from '../../contract/ids.ts';

/** What the queue wants to know of a record; everything else in it is the server's business. */
const envelope = z.looseObject({
  id: eventId,
  sequence: z.number().int().positive(),
  kind: z.string().max(40),
  occurredAt: instant,
});

export interface RecordFacts {
  id: string;
  sequence: number;
  kind: string;
  /** Milliseconds since 1970, as the PC's wall clock said. */
  occurredAt: number;
}

/** Reads what names and dates a record; null when the text is not a record of ours at all. */
export function readRecord(record: string): RecordFacts | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(record);
  } catch {
    return null;
  }
  const facts = envelope.safeParse(parsed);
  if (!facts.success) return null;
  const { id, sequence, kind, occurredAt } = facts.data;
  return { id, sequence, kind, occurredAt: Date.parse(occurredAt) };
}

/**
 * CRC-32 of a sealed record, to notice that a disk changed it. Not a protection against people: that is what the MACs
 * are for, and their key is not here.
 */
export const checksum = (event: Pick<SealedEvent, 'record' | 'previousMac' | 'mac'>): number =>
  crc32(`${event.previousMac}\n${event.mac}\n${event.record}`);
