/** The vectors of native/test, which the C++ tests run too, in TypeScript. */
import { expect, test } from 'vitest';
import emergency from '../test/vectors/emergency.json' with { type: 'json' };
import journal from '../test/vectors/journal.json' with { type: 'json' };
import recovery from '../test/vectors/recovery.json' with { type: 'json' };
import { describeWithCore } from './core.test-support.ts';

const bytes = (base64url: string) => Buffer.from(base64url, 'base64url');

describeWithCore('the vectors', (core) => {
  test.each(emergency.responses)(
    'emergency response to $challenge for $sid is $response',
    async ({ deviceSecret, sid, challenge, response }) => {
      expect(await core.emergencyResponse(bytes(deviceSecret), sid, challenge)).toBe(response);
      const asSpoken = `${challenge.slice(0, 4)}-${challenge.slice(4).toLowerCase()}`;
      expect(await core.emergencyResponse(bytes(deviceSecret), sid, asSpoken)).toBe(response);
    },
  );

  test('a challenge that is none and a device secret of the wrong length are refused', async () => {
    const answer = (secret: Uint8Array, challenge: string) =>
      core.emergencyResponse(secret, 'S-1-1', challenge);
    await expect(answer(Buffer.alloc(32), 'K48G6V0')).rejects.toMatchObject({ code: 'malformed' });
    await expect(answer(Buffer.alloc(31), 'K48G6V08')).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test.each(recovery.codes)('recovery code $shown has its hash', async ({ salt, shown, hash, id }) => {
    const made = await core.recoveryHash(bytes(salt), shown);
    expect(made.toString('base64url')).toBe(hash);
    expect(made.subarray(0, 16).toString('base64url')).toBe(id);
    expect(await core.recoveryHash(bytes(salt), shown.toLowerCase().replaceAll('-', ' '))).toEqual(made);
    await expect(core.recoveryHash(bytes(salt), shown.slice(1))).rejects.toMatchObject({ code: 'malformed' });
    const short = core.recoveryHash(bytes(salt).subarray(1), shown);
    await expect(short).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  const check = (record: (typeof journal.records)[number]) =>
    core.checkSeal(bytes(journal.deviceSecret), journal.journal, record);

  test.each(journal.records)('the seal of $record fits', async (record) => {
    expect(await check(record)).toBe(true);
  });

  test.each(journal.records)('the seal of $record fits nothing else', async (record) => {
    const [other = record] = journal.records.filter((it) => it !== record);
    expect(await check({ ...record, record: `${record.record} ` })).toBe(false);
    expect(await check({ ...record, previousMac: record.mac })).toBe(false);
    expect(await check({ ...record, mac: other.mac })).toBe(false);
    expect(await check({ ...record, mac: 'not a mac' })).toBe(false);
    expect(await check({ ...record, mac: record.mac.slice(1) })).toBe(false);
    expect(await core.checkSeal(bytes(journal.deviceSecret), journal.device, record)).toBe(false);
    expect(await core.checkSeal(Buffer.alloc(32), journal.journal, record)).toBe(false);
  });
});
