import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import vectors from '../test/vectors/journal.json' with { type: 'json' };
import { describeWithCore, scratchFolders } from './core.test-support.ts';
import type { JournalRecord, JournalWriter } from './types.ts';

const { device, journal } = vectors;
const secret = Buffer.from(vectors.deviceSecret, 'base64url');
const GENESIS_MAC = 'A'.repeat(43);

const appendAll = (writer: JournalWriter, count: number): Promise<JournalRecord[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) => writer.append(`{"sequence":${writer.headSequence + i + 1}}`)),
  );

/** Turns one bit of a file. */
function spoil(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}

describeWithCore('a journal', (core) => {
  const newFolder = scratchFolders();
  const begin = (folder: string) => core.createJournal(folder, device, secret, journal);

  test('is written as the vectors say', async () => {
    const writer = await begin(newFolder('vectors'));
    const sealed = vectors.records.map(({ record }) => writer.append(record));
    expect(await Promise.all(sealed)).toEqual(vectors.records);
    await writer.close();
  });

  test('gives its records page by page, in order, each over the one before', async () => {
    const folder = newFolder('pages');
    const writer = await begin(folder);
    const written = await appendAll(writer, 10);
    await writer.close();

    const reader = await core.openJournal(folder, device, secret);
    expect(reader).toMatchObject({ journal, headSequence: 10, firstSequence: 1, headMac: written[9]?.mac });
    const first = await reader.read(0, 4);
    expect(first).toEqual({ records: written.slice(0, 4), through: 4, more: true });
    const rest = await reader.read(first.through, 100);
    expect(rest).toEqual({ records: written.slice(4), through: 10, more: false });
    expect(await reader.read(10, 100)).toEqual({ records: [], through: 10, more: false });
    expect(await reader.verify()).toBe(10);

    const chained = written.map(({ mac }) => mac);
    expect(written.map(({ previousMac }) => previousMac)).toEqual([GENESIS_MAC, ...chained.slice(0, -1)]);
    for (const record of written) expect(await core.checkSeal(secret, journal, record)).toBe(true);
    await reader.close();
  });

  test('goes on where it ended, and can be read while it is written', async () => {
    const folder = newFolder('again');
    const before = await begin(folder);
    expect(before).toMatchObject({ journal, headSequence: 0, headMac: GENESIS_MAC });
    const [first] = await appendAll(before, 1);
    await before.close();

    const writer = await core.openJournalWriter(folder, device, secret);
    expect(writer).toMatchObject({ journal, headSequence: 1, headMac: first?.mac });
    const [second] = await appendAll(writer, 1);
    expect(second?.previousMac).toBe(first?.mac);
    const reader = await core.openJournal(folder, device, secret);
    expect((await reader.read(0, 10)).records).toEqual([first, second]);
    await Promise.all([reader.close(), writer.close()]);
  });

  test('has one writer at a time', async () => {
    const folder = newFolder('lock');
    const writer = await begin(folder);
    const second = core.openJournalWriter(folder, device, secret);
    await expect(second).rejects.toMatchObject({ code: 'locked' });
    await writer.close();
    await (await core.openJournalWriter(folder, device, secret)).close();
    await expect(begin(folder)).rejects.toMatchObject({ code: 'refused' });
  });

  test('refuses a record that is too long or no line, and goes on', async () => {
    const writer = await begin(newFolder('refused'));
    await expect(writer.append('x'.repeat(8193))).rejects.toMatchObject({ code: 'too-long' });
    await expect(writer.append('{\n}')).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(await writer.append('{"sequence":1}')).toMatchObject({ previousMac: GENESIS_MAC });
    await writer.close();
  });

  test('damage is found where it is; what lies before it can still be read', async () => {
    const folder = newFolder('damaged');
    const writer = await begin(folder);
    const written = await appendAll(writer, 5);
    await writer.close();
    const [segment = ''] = readdirSync(folder).filter((name) => name.startsWith('segment-'));
    const bytes = readFileSync(path.join(folder, segment));
    spoil(path.join(folder, segment), bytes.indexOf('{"sequence":4}'));

    const reader = await core.openJournal(folder, device, secret);
    expect((await reader.read(0, 10)).records).toEqual(written.slice(0, 3));
    const damaged = { name: 'CoreError', code: 'damaged', message: 'damaged: journal at record 4' };
    await expect(reader.read(3, 10)).rejects.toMatchObject(damaged);
    await expect(reader.verify()).rejects.toMatchObject(damaged);
    await reader.close();
    const again = core.openJournalWriter(folder, device, secret);
    await expect(again).rejects.toMatchObject({ code: 'damaged' });
  });

  test('nobody reads it as genuine with another key', async () => {
    const folder = newFolder('key');
    const writer = await begin(folder);
    await appendAll(writer, 2);
    await writer.close();
    const reader = await core.openJournal(folder, device, Buffer.alloc(32, 7));
    await expect(reader.verify()).rejects.toMatchObject({ code: 'damaged' });
    await reader.close();
  });

  test('what is asked for and is not there is refused', async () => {
    const folder = newFolder('none');
    await expect(core.openJournal(folder, device, secret)).rejects.toMatchObject({ code: 'not-found' });
    const writer = await begin(folder);
    const reader = await core.openJournal(folder, device, secret);
    await expect(reader.read(1, 10)).rejects.toMatchObject({ code: 'beyond-head' });
    await expect(reader.read(0, 0)).rejects.toMatchObject({ code: 'invalid-argument' });
    await Promise.all([reader.close(), writer.close()]);
    const short = core.openJournal(folder, device, secret.subarray(1));
    await expect(short).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('with its last record cut off by a crash it is cut there, and nothing before is lost', async () => {
    const folder = newFolder('torn');
    const writer = await begin(folder);
    await appendAll(writer, 3);
    await writer.close();
    const [segment = ''] = readdirSync(folder).filter((name) => name.startsWith('segment-'));
    const bytes = readFileSync(path.join(folder, segment));
    bytes.fill(0, bytes.indexOf('{"sequence":3}') + 5);
    writeFileSync(path.join(folder, segment), bytes);
    const again = await core.openJournalWriter(folder, device, secret);
    expect(again.headSequence).toBe(2);
    await appendAll(again, 1);
    await again.close();
    const reader = await core.openJournal(folder, device, secret);
    expect(await reader.verify()).toBe(3);
    await reader.close();
  });
});
