import { describe, expect, onTestFinished, test } from 'vitest';
import { engines } from '../store/engines.test-support.ts';
import { type LedgerRow, ledgerRow } from './ledger.ts';
import { claim, nextRow, settleRow } from './rows.ts';

describe.each(engines)('the ledger on $name', ({ open }) => {
  async function ledger(
    ...rows: {
      id: string;
      kind: 'in' | 'out';
      at: number;
      employee?: string;
      state?: string;
      notBefore?: number;
    }[]
  ) {
    const store = await open();
    onTestFinished(() => store.destroy());
    for (const { id, kind, at, employee = 'e', state = 'waiting', notBefore = 0 } of rows) {
      await store
        .insertInto('outbox')
        .values({
          company: 'c',
          id,
          employee,
          date: '2026-06-01',
          kind,
          at,
          state,
          attempts: 0,
          not_before: notBefore,
          created_at: 0,
          changed_at: 0,
        })
        .execute();
    }
    return {
      store,
      async row(id: string): Promise<LedgerRow> {
        return ledgerRow(
          await store.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
        );
      },
    };
  }

  test('gives a row to one claimant only', async () => {
    const { store, row } = await ledger({ id: 'a', kind: 'in', at: 1 });
    const read = await row('a');
    expect(await claim(store, read, 5)).toMatchObject({ state: 'sending', attempts: 1 });
    expect(await claim(store, read, 5)).toBeNull();
    expect(await row('a')).toMatchObject({ state: 'sending', attempts: 1, changedAt: 5 });
  });

  test('gives none while another request of the company is under way', async () => {
    const { store, row } = await ledger(
      { id: 'a', kind: 'in', at: 1, state: 'sending' },
      { id: 'b', kind: 'in', at: 1, employee: 'f' },
    );
    expect(await claim(store, await row('b'), 5)).toBeNull();
  });

  test('gives none that was moved since it was read', async () => {
    const { store, row } = await ledger({ id: 'a', kind: 'in', at: 1 });
    const read = await row('a');
    await store.updateTable('outbox').set({ at: 2 }).execute();
    expect(await claim(store, read, 5)).toBeNull();
  });

  test('takes a result of the attempt it belongs to, and of no other', async () => {
    const { store, row } = await ledger({ id: 'a', kind: 'in', at: 1 });
    const claimed = await claim(store, await row('a'), 5);
    if (!claimed) throw new Error('not claimed');
    const sent = { state: 'sent', notBefore: 6, lastProblem: null } as const;
    await store.updateTable('outbox').set({ state: 'unverified' }).execute();
    expect(await settleRow(store, claimed, sent, 6)).toBe(true);
    await store.updateTable('outbox').set({ state: 'sending', attempts: 2 }).execute();
    expect(await settleRow(store, claimed, sent, 6)).toBe(false);
  });

  test('keeps the order of a workday: nothing overtakes an earlier punch that is not finished', async () => {
    const { store } = await ledger(
      { id: 'in', kind: 'in', at: 1, state: 'unverified', notBefore: 100 },
      { id: 'out', kind: 'out', at: 2 },
      { id: 'other', kind: 'out', at: 2, employee: 'f', notBefore: 50 },
    );
    expect(await nextRow(store, 'c', 10)).toEqual({ row: null, at: 50 });
    expect(await nextRow(store, 'c', 60)).toMatchObject({ row: { id: 'other' } });
    await store.updateTable('outbox').set({ state: 'held' }).where('id', '=', 'in').execute();
    expect(await nextRow(store, 'c', 10)).toMatchObject({ row: { id: 'out' } });
  });

  test('keeps a row of an employee who waits to be computed, and does not ask for it again at once', async () => {
    const { store } = await ledger(
      { id: 'a', kind: 'in', at: 1 },
      { id: 'b', kind: 'in', at: 1, employee: 'f' },
    );
    await store
      .insertInto('dirty')
      .values({ company: 'c', employee: 'e', from_at: 0, revision: 1 })
      .execute();
    expect(await nextRow(store, 'c', 10)).toMatchObject({ row: { id: 'b' } });
    await store.updateTable('outbox').set({ state: 'sent' }).where('id', '=', 'b').execute();
    expect(await nextRow(store, 'c', 10)).toEqual({ row: null, at: 60_010 });
    await store.deleteFrom('dirty').execute();
    expect(await nextRow(store, 'c', 10)).toMatchObject({ row: { id: 'a' } });
  });

  test('holds one 出勤 a workday, whatever its time', async () => {
    await expect(ledger({ id: 'a', kind: 'in', at: 1 }, { id: 'b', kind: 'in', at: 2 })).rejects.toThrow(
      /unique/i,
    );
  });
});
