import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { SealedEvent } from '../../contract/event.ts';
import { createDevice, createJournal, idOf, makeReceipt, record } from '../device.test-support.ts';
import { testFolder } from '../folder.test-support.ts';
import { openQueue } from './open.ts';
import { type EventQueue, UNREADABLE_RECORD } from './queue.ts';

const NOW = Date.UTC(2026, 7, 3, 9);
const PLENTY = 4 * 1024 * 1024;
const clock = { now: () => NOW };
const device = createDevice();

function newQueue(): EventQueue {
  const { queue } = openQueue({ file: path.join(testFolder(), 'queue.db'), clock });
  onTestFinished(() => queue.close());
  return queue;
}

function journalOf(length: number) {
  const journal = createJournal();
  for (let n = 0; n < length; n++) record(device, journal);
  return journal;
}

const allStored = (queue: EventQueue) =>
  queue.timeline(null, 1000).map(({ position, id, state }) => ({ position, id, state }));

test('gives events back byte for byte, oldest first', () => {
  const queue = newQueue();
  const journal = createJournal();
  record(device, journal, 'logon', { 名前: '髙橋 😀', '=cmd': '\u0007"\\' });
  record(device, journal, 'lock');
  queue.append({ journal: journal.id, records: journal.records, through: 2 }, NOW);
  expect(queue.waitingPage(10, PLENTY).map(({ event }) => event)).toEqual(journal.records);
});

test('moves the reading position together with the records, even when they were nobody’s here', () => {
  const queue = newQueue();
  const journal = journalOf(2);
  expect(queue.position(journal.id)).toBeNull();
  queue.append({ journal: journal.id, records: journal.records, through: 2 }, NOW);
  queue.append({ journal: journal.id, records: [], through: 7 }, NOW);
  expect(queue.position(journal.id)).toBe(7);
});

test('takes a record only once, whether it comes again alone or with new ones', () => {
  const queue = newQueue();
  const journal = journalOf(3);
  const first = { journal: journal.id, records: journal.records.slice(0, 2), through: 2 };
  expect(queue.append(first, NOW)).toBe(2);
  expect(queue.append({ journal: journal.id, records: journal.records, through: 3 }, NOW)).toBe(1);
  expect(queue.counts().waiting).toBe(3);
});

test('keeps both sides of a forked journal, so that the server sees the fork', () => {
  const queue = newQueue();
  const one = journalOf(1);
  const other = { id: one.id, records: [] };
  record(device, other, 'lock');
  queue.append({ journal: one.id, records: one.records, through: 1 }, NOW);
  queue.append({ journal: one.id, records: other.records, through: 1 }, NOW);
  expect(queue.waitingPage(10, PLENTY)).toHaveLength(2);
});

test('keeps a record that cannot be read, visibly, and never sends it', () => {
  const queue = newQueue();
  const journal = journalOf(1);
  const odd: SealedEvent = { record: '{"id":1}', previousMac: 'A'.repeat(43), mac: 'B'.repeat(43) };
  queue.append({ journal: journal.id, records: [...journal.records, odd], through: 2 }, NOW);
  expect(queue.counts()).toMatchObject({ waiting: 1, refused: 1 });
  expect(queue.refused(0, 10)).toMatchObject([{ id: null, refusal: UNREADABLE_RECORD }]);
});

test('an event of a kind nobody knows yet is sent like any other', () => {
  const queue = newQueue();
  const journal = createJournal();
  record(device, journal, 'levitation');
  queue.append({ journal: journal.id, records: journal.records, through: 1 }, NOW);
  expect(queue.waitingPage(10, PLENTY)).toHaveLength(1);
});

test('a page ends at its number of events or of bytes, but always holds one event', () => {
  const queue = newQueue();
  const journal = journalOf(5);
  queue.append({ journal: journal.id, records: journal.records, through: 5 }, NOW);
  const bytes = 2 * Buffer.byteLength(journal.records[0]?.record ?? '') + 150;
  expect(queue.waitingPage(3, PLENTY)).toHaveLength(3);
  expect(queue.waitingPage(5, bytes * 2)).toHaveLength(2);
  expect(queue.waitingPage(5, 1)).toHaveLength(1);
});

test('settles events by their verdicts and keeps the receipts with them', () => {
  const queue = newQueue();
  const journal = journalOf(3);
  queue.append({ journal: journal.id, records: journal.records, through: 3 }, NOW);
  const [a, b, c] = queue.waitingPage(3, PLENTY).map(({ position }) => position);
  const receipt = makeReceipt(device, journal.id, 2);
  queue.settle(
    [
      { position: a ?? 0, verdict: { status: 'stored' } },
      { position: b ?? 0, verdict: { status: 'duplicate' } },
      { position: c ?? 0, verdict: { status: 'refused', code: 'mac-mismatch' } },
    ],
    [receipt],
    NOW,
  );
  expect(queue.counts()).toEqual({ waiting: 0, refused: 1, oldestWaitingAt: null });
  expect(allStored(queue).map(({ state }) => state)).toEqual(['refused', 'sent', 'sent']);
  expect(queue.refused(0, 10)).toMatchObject([{ position: c, refusal: 'mac-mismatch' }]);
  expect(queue.receipts()).toEqual([receipt]);
});

test('a verdict is for good: a later one for the same event changes nothing', () => {
  const queue = newQueue();
  const journal = journalOf(1);
  queue.append({ journal: journal.id, records: journal.records, through: 1 }, NOW);
  const position = queue.waitingPage(1, PLENTY)[0]?.position ?? 0;
  queue.settle([{ position, verdict: { status: 'stored' } }], [], NOW);
  queue.settle([{ position, verdict: { status: 'refused', code: 'id-reused' } }], [], NOW);
  expect(allStored(queue)).toMatchObject([{ state: 'sent' }]);
});

test('keeps only the farthest receipt, and dropping an older one leaves it', () => {
  const queue = newQueue();
  const { id } = createJournal();
  const [near, far] = [makeReceipt(device, id, 3), makeReceipt(device, id, 9)];
  queue.settle([], [far], NOW);
  queue.settle([], [near], NOW);
  expect(queue.receipts()).toEqual([far]);
  queue.dropReceipt(near);
  expect(queue.receipts()).toEqual([far]);
  queue.dropReceipt(far);
  expect(queue.receipts()).toEqual([]);
});

test('deletes sent events after their time, and never a waiting or refused one', () => {
  const queue = newQueue();
  const journal = journalOf(3);
  queue.append({ journal: journal.id, records: journal.records, through: 3 }, NOW);
  const [sent, refused] = queue.waitingPage(2, PLENTY).map(({ position }) => position);
  queue.settle(
    [
      { position: sent ?? 0, verdict: { status: 'stored' } },
      { position: refused ?? 0, verdict: { status: 'refused', code: 'wrong-device' } },
    ],
    [],
    NOW,
  );
  expect(queue.prune(NOW)).toBe(0);
  expect(queue.prune(NOW + 1)).toBe(1);
  expect(allStored(queue).map(({ state }) => state)).toEqual(['waiting', 'refused']);
});

test('a deleted event that is read again waits again; the server knows it by its id', () => {
  const queue = newQueue();
  const journal = journalOf(1);
  const page = { journal: journal.id, records: journal.records, through: 1 };
  queue.append(page, NOW);
  const position = queue.waitingPage(1, PLENTY)[0]?.position ?? 0;
  queue.settle([{ position, verdict: { status: 'stored' } }], [], NOW);
  queue.prune(NOW + 1);
  expect(queue.append(page, NOW)).toBe(1);
});

test('pages through the timeline without a gap or a double, whatever the wall clock said', () => {
  const queue = newQueue();
  const journal = createJournal();
  for (let n = 0; n < 7; n++)
    record(device, journal, 'lock', { occurredAt: `2026-08-03T00:0${(n * 3) % 7}:00.000Z` });
  queue.append({ journal: journal.id, records: journal.records, through: 7 }, NOW);
  const seen: (string | null)[] = [];
  for (
    let page = queue.timeline(null, 3);
    page.length > 0;
    page = queue.timeline(page.at(-1)?.position ?? 0, 3)
  )
    seen.push(...page.map(({ id }) => id));
  expect(seen).toEqual(journal.records.map(idOf).reverse());
});

test('belongs to the first account that claims it', () => {
  const queue = newQueue();
  queue.claim('S-1-5-21-1-2-3-1001');
  queue.claim('S-1-5-21-1-2-3-1001');
  expect(() => queue.claim('S-1-5-21-1-2-3-1002')).toThrow('another account');
});

test('whatever is appended, settled and cut short in whatever order, nothing is lost or doubled', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('read' as const), count: fc.nat(6) }),
    fc.record({ do: fc.constant('read-again' as const), back: fc.nat(8) }),
    fc.record({ do: fc.constant('upload' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('upload-answer-lost' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('crash' as const) }),
    fc.record({ do: fc.constant('prune' as const) }),
  );
  const file = path.join(testFolder(), 'queue.db');
  let run = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const journal = journalOf(40);
      const server = new Map<string, number>();
      const name = `${file}-${run++}`;
      let { queue } = openQueue({ file: name, clock });
      const upload = (count: number, answered: boolean) => {
        const page = queue.waitingPage(count, PLENTY);
        for (const { event } of page) server.set(idOf(event), (server.get(idOf(event)) ?? 0) + 1);
        const verdicts = page.map(({ position }) => ({ position, verdict: { status: 'stored' } as const }));
        if (answered) queue.settle(verdicts, [], NOW);
      };
      const read = (after: number, count: number) => {
        const records = journal.records.slice(after, after + count);
        queue.append({ journal: journal.id, records, through: after + records.length }, NOW);
      };
      for (const now of steps) {
        const at = queue.position(journal.id) ?? 0;
        if (now.do === 'read') read(at, now.count);
        if (now.do === 'read-again') read(Math.max(0, at - now.back), now.back);
        if (now.do === 'upload') upload(now.count, true);
        if (now.do === 'upload-answer-lost') upload(now.count, false);
        if (now.do === 'prune') queue.prune(NOW);
        if (now.do === 'crash') {
          queue.close();
          queue = openQueue({ file: name, clock }).queue;
        }
        const known = allStored(queue);
        const position = queue.position(journal.id) ?? 0;
        expect(known.map(({ id }) => id)).toEqual(journal.records.slice(0, position).map(idOf).reverse());
        for (const { id, state } of known)
          if (state === 'sent') expect(server.get(id ?? '')).toBeGreaterThan(0);
      }
      read(queue.position(journal.id) ?? 0, 40);
      upload(40, true);
      expect([...server.keys()].sort()).toEqual(journal.records.map(idOf).sort());
      expect(queue.counts().waiting).toBe(0);
      queue.close();
    }),
    { numRuns: 60 },
  );
});
