/**
 * The journal's bytes, and what a start makes of bytes that a power cut left behind. Pure.
 *
 * A header line, then one line a record: `{"record","previousMac","mac"}`. Only the end of the file may be unfinished: it
 * was being written and had not counted as recorded. Damage with whole records behind it is another matter: no
 * record may be dropped from the middle of a chain, so the file is set aside and a new journal begun.
 */
import { z } from 'zod';
import {
  GENESIS_MAC,
  type SealedEvent,
  type SessionEvent,
  sealedEvent,
  sessionEvent,
} from '../../../contract/event.ts';
import { account, journalId } from '../../../contract/ids.ts';
import { sealHolds } from './chain.ts';

/** A session that was logged on to and not yet off. */
export const openSession = z.object({ session: z.string(), account });
export type OpenSession = z.infer<typeof openSession>;

const header = z.object({
  format: z.literal(1),
  journal: journalId,
  /** Sessions that were open before the first record kept; their logons may be compacted away. */
  open: z.array(openSession),
});
export type JournalHeader = z.infer<typeof header>;

/** A record as it is kept, and what it says. */
export interface JournalRecord {
  sealed: SealedEvent;
  event: SessionEvent;
}

export type DecodedJournal =
  /** Nothing was ever recorded here: the file is missing, empty, or its header is unfinished. */
  | { state: 'none' }
  /** `bytes` is where the last whole record ends; what lay behind it was never recorded. */
  | { state: 'whole'; header: JournalHeader; records: JournalRecord[]; bytes: number }
  /** Whole records lie behind something unreadable. `records` are those before it. */
  | { state: 'damaged'; header: JournalHeader | null; records: JournalRecord[] };

const NEW_LINE = 0x0a;

export const encodeHeader = (value: Omit<JournalHeader, 'format'>): string =>
  `${JSON.stringify({ format: 1, ...value })}\n`;

export const encodeRecord = ({ record, previousMac, mac }: SealedEvent): string =>
  `${JSON.stringify({ record, previousMac, mac })}\n`;

/** Reads a journal file. `keyOf` gives the MAC key of the journal its header names. */
export function decodeJournal(bytes: Buffer, keyOf: (journal: string) => Uint8Array): DecodedJournal {
  const lines = splitLines(bytes);
  const first = lines[0];
  const head = first && parse(header, first.text);
  if (!first || !head) {
    return lines.slice(1).some(({ text }) => looksLikeRecord(text))
      ? { state: 'damaged', header: null, records: [] }
      : { state: 'none' };
  }
  const key = keyOf(head.journal);
  const records: JournalRecord[] = [];
  let end = first.end;
  for (const [index, { text, end: lineEnd }] of lines.entries()) {
    if (index === 0) continue;
    const record = decodeRecord(text, head.journal, key, records.at(-1));
    if (!record) {
      const behind = lines.slice(index + 1).some((line) => looksLikeRecord(line.text));
      return behind || looksLikeRecord(text)
        ? { state: 'damaged', header: head, records }
        : { state: 'whole', header: head, records, bytes: end };
    }
    records.push(record);
    end = lineEnd;
  }
  return { state: 'whole', header: head, records, bytes: end };
}

/** The record when it continues the chain, else null. */
function decodeRecord(
  text: string,
  journal: string,
  key: Uint8Array,
  previous: JournalRecord | undefined,
): JournalRecord | null {
  const sealed = parse(sealedEvent, text);
  const event = sealed && parse(sessionEvent, sealed.record);
  if (!sealed || !event || event.journal !== journal || !sealHolds(key, sealed)) return null;
  if (previous) {
    const continues =
      event.sequence === previous.event.sequence + 1 && sealed.previousMac === previous.sealed.mac;
    return continues ? { sealed, event } : null;
  }
  // A compacted journal begins in the middle of its chain.
  return event.sequence > 1 || sealed.previousMac === GENESIS_MAC ? { sealed, event } : null;
}

/** A complete record, whether or not it belongs here: an unfinished write never looks like this. */
const looksLikeRecord = (text: string): boolean => parse(sealedEvent, text) !== null;

function parse<T extends z.ZodType>(schema: T, text: string): z.infer<T> | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Lines that end in a new line. What stands behind the last one was cut off while being written and is no line. */
function splitLines(bytes: Buffer): { text: string; end: number }[] {
  const lines: { text: string; end: number }[] = [];
  for (let start = 0; ; ) {
    const at = bytes.indexOf(NEW_LINE, start);
    if (at < 0) return lines;
    lines.push({ text: bytes.toString('utf8', start, at), end: at + 1 });
    start = at + 1;
  }
}

/** What is open after `records`, given what was open before them. */
export function openSessionsAfter(
  before: readonly OpenSession[],
  records: readonly JournalRecord[],
): OpenSession[] {
  const open = new Map(before.map((session) => [session.session, session]));
  for (const { event } of records) {
    if (!event.session || !event.account) continue;
    if (event.kind === 'logoff') open.delete(event.session);
    else open.set(event.session, { session: event.session, account: event.account });
  }
  return [...open.values()];
}
