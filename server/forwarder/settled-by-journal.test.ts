import { describe, expect, onTestFinished, test } from 'vitest';
import { createIngest } from '../logs/ingest.ts';
import { addEmployee, registerDevice, type TestJournal, testSecrets } from '../logs/journal.test-support.ts';
import { createRecordAnchor } from '../logs/record-anchor.ts';
import { engines } from '../store/engines.test-support.ts';
import { settlementOf } from './settled.ts';

const MINUTE = 60_000;
const ENDS = Date.parse('2026-06-02T05:00:00+09:00');
/** Of which only the best anchor of each five minutes is kept: the border lies within such a stretch. */
const BOOTED = ENDS - 602 * MINUTE;

describe.each(engines)("a PC user's workday on $name", ({ open }) => {
  async function onePc() {
    const store = await open();
    onTestFinished(() => store.destroy());
    const secrets = testSecrets();
    const pc = await registerDevice(store, secrets, { company: 'acme', at: BOOTED });
    await addEmployee(store, { company: 'acme', id: 'e', accounts: [{ device: pc }] });
    const ingest = createIngest({ store, secrets, clock: { now: () => ENDS + 60 * MINUTE } });
    const recordAnchor = createRecordAnchor({ store });
    return {
      journal: pc.journal(BOOTED),
      upload: (records: ReturnType<TestJournal['record']>[]) => ingest(pc.itself(), records, null),
      state: (anchor: ReturnType<TestJournal['anchor']>) => recordAnchor('acme', anchor),
      /** Whatever else makes a day wait is out of the way. */
      async settlement() {
        await store.deleteFrom('dirty').execute();
        const day = { company: 'acme', employee: 'e', endsAt: ENDS };
        return settlementOf(store, day, ENDS + 60 * MINUTE);
      },
    };
  }

  test('settles by the last word of the PC, though an earlier one told the time better', async () => {
    const { journal, state, settlement } = await onePc();
    await state(journal.anchor(ENDS - MINUTE, { tookMs: 10 }));
    expect(await settlement()).toBe('open');
    await state(journal.anchor(ENDS + MINUTE, { tookMs: 40 }));
    expect(await settlement()).toBe('settled');
  });

  test('settles as soon as all is held that the last word spoke of', async () => {
    const { journal, state, upload, settlement } = await onePc();
    const records = [journal.record({ at: ENDS - 9 * MINUTE }), journal.record({ at: ENDS - 8 * MINUTE })];
    await state(journal.anchor(ENDS + MINUTE));
    await upload(records.slice(1));
    expect(await settlement()).toBe('open');
    await upload(records.slice(0, 1));
    expect(await settlement()).toBe('settled');
  });

  test('stays settled when a later word speaks of more, whatever the order they came in', async () => {
    const { journal, state, settlement } = await onePc();
    const first = journal.anchor(ENDS + MINUTE);
    journal.record({ at: ENDS + 2 * MINUTE });
    const second = journal.anchor(ENDS + 3 * MINUTE);
    await state(second);
    expect(await settlement()).toBe('open');
    await state(first);
    expect(await settlement()).toBe('settled');
    journal.record({ at: ENDS + 4 * MINUTE });
    await state(journal.anchor(ENDS + 5 * MINUTE));
    expect(await settlement()).toBe('settled');
  });

  test('stays settled when what was waited for came before the next word', async () => {
    const { journal, state, upload, settlement } = await onePc();
    const record = journal.record({ at: ENDS - MINUTE });
    await state(journal.anchor(ENDS + MINUTE));
    await upload([record]);
    journal.record({ at: ENDS + 2 * MINUTE });
    await state(journal.anchor(ENDS + 3 * MINUTE));
    expect(await settlement()).toBe('settled');
  });

  test('waits for the later word where only one from before the border is held', async () => {
    const { journal, state, upload, settlement } = await onePc();
    const record = journal.record({ at: ENDS - 2 * MINUTE });
    await upload([record]);
    const before = journal.anchor(ENDS - MINUTE);
    journal.record({ at: ENDS - 30_000 });
    await state(journal.anchor(ENDS + MINUTE));
    await state(before);
    expect(await settlement()).toBe('open');
  });

  test('does not settle by a word that may have been given before the border', async () => {
    const { journal, state, settlement } = await onePc();
    await state(journal.anchor(ENDS, { tookMs: 2 }));
    expect(await settlement()).toBe('open');
  });
});
