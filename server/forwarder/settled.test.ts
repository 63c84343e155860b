import { describe, expect, onTestFinished, test } from 'vitest';
import { engines } from '../store/engines.test-support.ts';
import { settlementOf } from './settled.ts';

const HOUR = 3_600_000;
const ENDS = Date.parse('2026-06-02T05:00:00+09:00');

describe.each(engines)('a workday on $name', ({ open }) => {
  async function company(source: string) {
    const store = await open();
    onTestFinished(() => store.destroy());
    await store
      .insertInto('employees')
      .values({ company: 'c', id: 'e', code: '1', last_name: '', first_name: '', source })
      .execute();
    let logs = 0;
    return {
      store,
      at: (now: number) => settlementOf(store, { company: 'c', employee: 'e', endsAt: ENDS }, now),
      async log(wallAt: number, receivedAt: number, of = source, inCompany = 'c') {
        logs += 1;
        await store
          .insertInto('logs')
          .values({
            company: inCompany,
            id: `log-${logs}`,
            device: 'collector',
            record: '{}',
            kind: 'logon',
            wall_at: wallAt,
            time_zone: 'Asia/Tokyo',
            initiator: 'user',
            source: of,
            placement: 'reported',
            clock_corrected: 0,
            received_at: receivedAt,
            ip: '',
            client_version: '',
          })
          .execute();
      },
    };
  }

  test('is open until its border, whoever has reported', async () => {
    const { at } = await company('client');
    expect(await at(ENDS - 1)).toBe('open');
    expect(await at(ENDS)).toBe('settled');
  });

  test('of MaLion settles 48 hours after it', async () => {
    const { at } = await company('malion');
    expect(await at(ENDS + 48 * HOUR - 1)).toBe('open');
    expect(await at(ENDS + 48 * HOUR)).toBe('settled');
  });

  test('of LanScope settles with that day’s batch', async () => {
    const { at, log } = await company('lanscope');
    await log(ENDS - HOUR, ENDS - 1);
    await log(ENDS - 30 * HOUR, ENDS + HOUR);
    await log(ENDS - HOUR, ENDS + HOUR, 'smarton');
    await log(ENDS - HOUR, ENDS + HOUR, 'lanscope', 'other-company');
    expect(await at(ENDS + 2 * HOUR)).toBe('open');
    await log(ENDS - HOUR, ENDS + HOUR);
    expect(await at(ENDS + 2 * HOUR)).toBe('settled');
  });

  test.each(['smarton', 'senselink'])(
    'of %s settles once anything later has been reported',
    async (source) => {
      const { at, log } = await company(source);
      await log(ENDS - 1, ENDS + HOUR);
      expect(await at(ENDS + 2 * HOUR)).toBe('open');
      await log(ENDS, ENDS + HOUR);
      expect(await at(ENDS + 2 * HOUR)).toBe('settled');
    },
  );

  test('is overdue after three days, but never while it is to be computed anew', async () => {
    const { store, at } = await company('smarton');
    expect(await at(ENDS + 72 * HOUR - 1)).toBe('open');
    expect(await at(ENDS + 72 * HOUR)).toBe('overdue');
    await store
      .insertInto('dirty')
      .values({ company: 'c', employee: 'e', from_at: ENDS - 1, revision: 1 })
      .execute();
    expect(await at(ENDS + 72 * HOUR)).toBe('open');
    await store.updateTable('dirty').set({ from_at: ENDS }).execute();
    expect(await at(ENDS + 72 * HOUR)).toBe('overdue');
  });
});
