import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SealedEvent, type SessionEvent, sessionEvent } from '../../../contract/event.ts';
import { journalId } from '../../../contract/ids.ts';
import { TARO } from './bridge.test-support.ts';
import { journalKey, seal } from './chain.ts';
import { decodeJournal, encodeHeader, encodeRecord, openSessionsAfter } from './journal-codec.ts';

const SECRET = randomBytes(32);
const JOURNAL = journalId.parse('0a0a0a0a-0000-4000-8000-000000000001');
const KEY = journalKey(SECRET, JOURNAL);
const HEADER = encodeHeader({ journal: JOURNAL, open: [] });
const keyOf = (id: string) => journalKey(SECRET, id);

const eventAt = (sequence: number, more: Partial<SessionEvent> = {}): SessionEvent =>
  sessionEvent.parse({
    id: `01900000-0000-7000-8000-${String(sequence).padStart(12, '0')}`,
    device: 'd'.repeat(43),
    journal: JOURNAL,
    sequence,
    kind: 'lock',
    occurredAt: '2026-06-01T00:00:00.000Z',
    timeZone: 'Asia/Tokyo',
    account: TARO,
    session: 'taro-1',
    initiator: 'user',
    reason: null,
    source: 'bridge',
    authMethod: null,
    clock: { bootId: '0b0b0b0b-0000-4000-8000-000000000001', uptimeMs: sequence },
    ...more,
  });

function chain(count: number): SealedEvent[] {
  const sealed: SealedEvent[] = [];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const previous = sealed.at(-1)?.mac ?? 'A'.repeat(43);
    sealed.push(seal(KEY, previous, JSON.stringify(eventAt(sequence))));
  }
  return sealed;
}

const fileOf = (sealed: readonly SealedEvent[]): Buffer =>
  Buffer.from(HEADER + sealed.map(encodeRecord).join(''));

test('what was written is read back', () => {
  fc.assert(
    fc.property(fc.nat(20), (count) => {
      const bytes = fileOf(chain(count));
      const read = decodeJournal(bytes, keyOf);
      expect(read).toMatchObject({ state: 'whole', bytes: bytes.length });
      expect(read.state === 'whole' && read.records.map(({ event }) => event.sequence)).toEqual(
        Array.from({ length: count }, (_, index) => index + 1),
      );
    }),
  );
});

test('a last record torn at any byte is cut off, and those before it stay', () => {
  const sealed = chain(3);
  const whole = fileOf(sealed);
  const before = fileOf(sealed.slice(0, 2)).length;
  for (let length = before; length < whole.length; length += 1) {
    expect(decodeJournal(whole.subarray(0, length), keyOf)).toMatchObject({ state: 'whole', bytes: before });
  }
});

test('a last record whose end was never written but reads as zeros is cut off', () => {
  const sealed = chain(3);
  const whole = fileOf(sealed);
  const before = fileOf(sealed.slice(0, 2)).length;
  for (let length = before; length < whole.length; length += 7) {
    const zeroed = Buffer.concat([whole.subarray(0, length), Buffer.alloc(whole.length - length)]);
    const withNewLine = Buffer.concat([zeroed, Buffer.from('\n')]);
    expect(decodeJournal(zeroed, keyOf)).toMatchObject({ state: 'whole', bytes: before });
    expect(decodeJournal(withNewLine, keyOf)).toMatchObject({ state: 'whole', bytes: before });
  }
});

test('a header torn at any byte was never a journal', () => {
  for (let length = 0; length < HEADER.length; length += 1) {
    expect(decodeJournal(Buffer.from(HEADER).subarray(0, length), keyOf)).toEqual({ state: 'none' });
  }
});

test('a record changed in the middle is damage, and what stands before it is kept apart', () => {
  const sealed = chain(4);
  const second = sealed[1];
  const altered = sealed.with(1, {
    ...sealed[1],
    record: second?.record.replace('lock', 'lick') ?? '',
  } as SealedEvent);
  const read = decodeJournal(fileOf(altered), keyOf);
  expect(read).toMatchObject({ state: 'damaged' });
  expect(read.state === 'damaged' && read.records).toHaveLength(1);
});

test.each([
  ['dropped', (sealed: SealedEvent[]) => sealed.filter((_, index) => index !== 1)],
  ['doubled', (sealed: SealedEvent[]) => sealed.flatMap((one, index) => (index === 1 ? [one, one] : [one]))],
  ['swapped', (sealed: SealedEvent[]) => [sealed[1], sealed[0], ...sealed.slice(2)] as SealedEvent[]],
])('a record %s in the middle is damage', (_how, change) => {
  expect(decodeJournal(fileOf(change(chain(4))), keyOf).state).toBe('damaged');
});

test('a last record forged without the key is damage, not an unfinished write', () => {
  const forged = seal(randomBytes(32), chain(1)[0]?.mac ?? '', JSON.stringify(eventAt(2)));
  expect(decodeJournal(fileOf([...chain(1), forged]), keyOf).state).toBe('damaged');
});

test('a compacted journal begins in the middle of its chain', () => {
  const read = decodeJournal(fileOf(chain(5).slice(3)), keyOf);
  expect(read.state === 'whole' && read.records.map(({ event }) => event.sequence)).toEqual([4, 5]);
});

test('whatever bytes lie there, reading them never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, withHeader) => {
      const bytes = Buffer.concat([Buffer.from(withHeader ? HEADER : ''), noise]);
      expect(['none', 'whole', 'damaged']).toContain(decodeJournal(bytes, keyOf).state);
    }),
  );
});

test('a session is open from its first record to its logoff', () => {
  const open = [{ session: 'hanako-1', account: TARO }];
  const records = chain(2).map((sealed) => ({ sealed, event: eventAt(1) }));
  expect(openSessionsAfter(open, records).map(({ session }) => session)).toEqual(['hanako-1', 'taro-1']);
  const ended = records.map(({ sealed }) => ({ sealed, event: eventAt(2, { kind: 'logoff' }) }));
  expect(openSessionsAfter(open, [...records, ...ended]).map(({ session }) => session)).toEqual(['hanako-1']);
});
