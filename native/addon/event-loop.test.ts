import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describeWithCore, scratchFolders } from './core.test-support.ts';

const secret = Buffer.alloc(32, 1);
const sha512 = { algorithm: 'sha512', digits: 8, periodSeconds: 30 } as const;

/** How often the event loop goes round before some work is done. Work that blocks it is done before the first round is over. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  for (; !done; turns++) await setImmediate();
  await ended;
  return turns;
}

describeWithCore('the event loop', (core) => {
  const newFolder = scratchFolders();

  test('turns while a thousand codes are looked for at once', async () => {
    const found = Array.from({ length: 1000 }, () => core.findStep(secret, sha512, '12345678', 0, 199));
    expect(await turnsDuring(Promise.all(found))).toBeGreaterThan(3);
  });

  test('turns while one code is looked for far and wide', async () => {
    expect(await turnsDuring(core.findStep(secret, sha512, '12345678', 0, 99_999))).toBeGreaterThan(3);
  });

  test('turns while a journal is opened and verified', async () => {
    const folder = newFolder('long');
    const writer = await core.createJournal(folder, 'device', secret, '6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11');
    const long = `{"padding":"${'x'.repeat(8000)}"}`;
    await Promise.all(Array.from({ length: 300 }, () => writer.append(long)));
    await writer.close();

    const openings = Promise.all(
      Array.from({ length: 20 }, () => core.openJournal(folder, 'device', secret)),
    );
    expect(await turnsDuring(openings)).toBeGreaterThan(3);
    const readers = await openings;
    const verified = Promise.all(readers.map((reader) => reader.verify()));
    expect(await turnsDuring(verified)).toBeGreaterThan(3);
    expect(new Set(await verified)).toEqual(new Set([300]));
    await Promise.all(readers.map((reader) => reader.close()));
  });
});
