import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openStore } from './store.ts';

test('a transaction that found the disk full says so, leaves nothing half and lets the next one in', async () => {
  const store = await openStore(':memory:');
  const { page_count: pages } = (await sql<{ page_count: number }>`pragma page_count`.execute(store))
    .rows[0] ?? { page_count: 0 };
  await sql.raw(`pragma max_page_count = ${pages + 2}`).execute(store);
  const company = (id: string) => ({ id, code: id, name: 'x'.repeat(3000), created_at: 0 });

  const tooMuch = store.transaction().execute(async (transaction) => {
    for (let i = 0; i < 50; i++) {
      await transaction
        .insertInto('companies')
        .values(company(`c${i}`))
        .execute();
    }
  });
  await expect(tooMuch).rejects.toMatchObject({ code: 'SQLITE_FULL' });

  expect(await store.selectFrom('companies').select('id').execute()).toEqual([]);
  await sql.raw('pragma max_page_count = 1000000').execute(store);
  await store.insertInto('companies').values(company('abc')).execute();
  expect(await store.selectFrom('companies').select('id').execute()).toEqual([{ id: 'abc' }]);
  await store.destroy();
});
