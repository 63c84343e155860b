import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventVerdict } from '../../contract/upload.ts';
import type { WaitingEvent } from '../queue/types.ts';
import { deliver } from './deliver.ts';
import { type Failure, failed, succeeded } from './failure.ts';

const page = (size: number): WaitingEvent[] =>
  Array.from({ length: size }, (_, position) => ({
    position,
    event: { record: `{"n":${position}}`, previousMac: '', mac: '' },
  }));

const malformed: Failure = { kind: 'refused', status: 400, code: 'malformed-batch', retryAfterMs: null };

/** A server that stumbles over some events, and notes what it was sent and what was kept of its answers. */
function stumblingOver(poison: ReadonlySet<number>, failure: Failure = malformed) {
  const sent: number[][] = [];
  const kept = new Map<number, EventVerdict>();
  return {
    sent,
    kept,
    delivery: {
      send: async (events: readonly WaitingEvent[]) => {
        const positions = events.map(({ position }) => position);
        sent.push(positions);
        if (positions.some((position) => poison.has(position))) return failed(failure);
        const verdicts = positions.map((): EventVerdict => ({ status: 'stored' }));
        return succeeded({ verdicts, receipts: [], serverTime: '2026-08-03T00:00:00.000Z' });
      },
      commit: (events: readonly WaitingEvent[], { verdicts }: { verdicts: readonly EventVerdict[] }) => {
        for (const [n, { position }] of events.entries()) {
          expect(kept.has(position)).toBe(false);
          const verdict = verdicts[n];
          if (verdict) kept.set(position, verdict);
        }
      },
    },
  };
}

test('whichever events a server stumbles over, exactly those are refused and all others stored', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(fc.nat(59)), async (size, bad) => {
      const poison = new Set(bad.filter((n) => n < size));
      const { delivery, kept, sent } = stumblingOver(poison);
      expect(await deliver(page(size), delivery)).toBeNull();
      for (const { position } of page(size)) {
        expect(kept.get(position)).toEqual(
          poison.has(position) ? { status: 'refused', code: 'malformed-batch' } : { status: 'stored' },
        );
      }
      expect(sent.length).toBeLessThanOrEqual(1 + poison.size * (2 * Math.ceil(Math.log2(size)) + 1));
    }),
  );
});

test('a server that takes not even an empty batch refuses no event', async () => {
  const kept: unknown[] = [];
  const failure = await deliver(page(4), {
    send: async () => failed(malformed),
    commit: (events) => kept.push(events),
  });
  expect(failure).toEqual(malformed);
  expect(kept).toEqual([]);
});

test('something on the way that finds a batch too large makes it smaller, and never refuses an event', async () => {
  const tooLarge: Failure = {
    kind: 'refused',
    status: 413,
    code: 'too-large-on-the-way',
    retryAfterMs: null,
  };
  const { delivery, kept } = stumblingOver(new Set([3]), tooLarge);
  expect(await deliver(page(4), delivery)).toEqual(tooLarge);
  expect([...kept.keys()]).toEqual([0, 1, 2]);
});

test('any other failure ends the delivery at once and keeps what was delivered', async () => {
  const busy: Failure = { kind: 'refused', status: 503, code: 'unavailable', retryAfterMs: 1000 };
  const { delivery, sent, kept } = stumblingOver(new Set([0]), busy);
  expect(await deliver(page(8), delivery)).toEqual(busy);
  expect([sent.length, kept.size]).toEqual([1, 0]);
});
