/** The core on a PC and the server compute the same: what one says the other must understand. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sid } from '../../contract/ids.ts';
import { groupedCode, HUMAN_CODE_LENGTHS, humanCode, readHumanCode } from '../../contract/logon.ts';
import { describeWithCore, scratchFolders } from '../../native/addon/core.test-support.ts';
import emergency from '../../native/test/vectors/emergency.json' with { type: 'json' };
import journal from '../../native/test/vectors/journal.json' with { type: 'json' };
import recovery from '../../native/test/vectors/recovery.json' with { type: 'json' };
import { emergencyAnswer } from '../../server/administration/logon-credentials.ts';
import { codeOf, matchOtp, otpauthUri, stepAt, WINDOW_STEPS } from '../../server/logon/otp.ts';
import { recoveryHash } from '../../server/logon/recovery.ts';
import { deviceKeys } from '../../server/logs/device-keys.ts';

const fromBase64url = (text: string) => Buffer.from(text, 'base64url');
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const sid = fc
  .array(fc.nat(0xffff_ffff), { minLength: 4, maxLength: 4 })
  .map((parts) => `S-1-5-21-${parts.join('-')}` as Sid);
const parameters = fc.record({
  algorithm: fc.constantFrom('sha1' as const, 'sha256' as const, 'sha512' as const),
  digits: fc.constantFrom(6 as const, 8 as const),
  periodSeconds: fc.constantFrom(30 as const, 60 as const),
});
const nowMs = fc.integer({ min: 1_600_000_000_000, max: 4_000_000_000_000 });

/** A code as people type it: in groups, in small letters, with the letters that look like digits. */
const spoken = (code: string) => groupedCode(code).toLowerCase().replaceAll('1', 'l').replaceAll('0', 'o');

test.each(emergency.responses)('the server answers $challenge as the vectors say', (of) => {
  const answer = emergencyAnswer(fromBase64url(of.deviceSecret), of.sid as Sid, of.challenge);
  expect(answer).toBe(groupedCode(of.response));
});

test.each(recovery.codes)('the server hashes $shown as the vectors say', ({ salt, shown, hash }) => {
  const code = readHumanCode(shown, HUMAN_CODE_LENGTHS.recovery) ?? '';
  expect(recoveryHash(fromBase64url(salt), code).toString('base64url')).toBe(hash);
});

test('the server takes the records of the vectors and signs their receipt', () => {
  const keys = deviceKeys(fromBase64url(journal.deviceSecret));
  for (const record of journal.records) expect(keys.sealHolds(journal.journal, record)).toBe(true);
  const { mac, ...receipt } = journal.receipt;
  expect(keys.receipt(receipt as Parameters<typeof keys.receipt>[0]).mac).toBe(mac);
});

describeWithCore('the core and the server', (core) => {
  const newFolder = scratchFolders();

  test('make the same codes, from whatever secret, time and parameters', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(20), parameters, nowMs, async (secret, of, at) => {
        expect(await core.totp(secret, of, at)).toBe(codeOf(secret, stepAt(at, of), of));
      }),
    );
  });

  test('find a code in the same step, or both nowhere', async () => {
    const steps = fc.integer({ min: -4, max: 4 });
    await fc.assert(
      fc.asyncProperty(bytes(20), parameters, nowMs, steps, async (secret, of, at, away) => {
        const step = stepAt(at, of);
        const code = await core.totp(secret, of, at + away * of.periodSeconds * 1000);
        const typed = ` ${code.slice(0, 3)}-${code.slice(3)}`.replaceAll('0', '０');
        const theirs = matchOtp(secret, of, typed, { nowMs: at, lastStep: null });
        const ours = await core.findStep(secret, of, typed, step - WINDOW_STEPS, step + WINDOW_STEPS);
        expect(theirs).toEqual(ours === null ? { match: 'wrong' } : { match: 'fresh', step: ours });
      }),
    );
  });

  test('write the same enrolment for an authenticator app', async () => {
    const name = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
      .filter((it) => !it.includes(':'));
    const meaning = (uri: string) => {
      const { protocol, host, pathname, searchParams } = new URL(uri);
      const { algorithm = 'SHA1', digits = '6', period = '30', ...rest } = Object.fromEntries(searchParams);
      return {
        protocol,
        host,
        label: decodeURIComponent(pathname),
        algorithm: algorithm.toUpperCase(),
        digits,
        period,
        ...rest,
      };
    };
    await fc.assert(
      fc.asyncProperty(name, name, bytes(20), parameters, async (issuer, account, secret, of) => {
        const ours = await core.otpauthUri({ issuer, account, secret, parameters: of });
        const theirs = otpauthUri(secret, { issuer, accountName: account }, of);
        expect(meaning(ours)).toEqual(meaning(theirs));
      }),
    );
  });

  test('hash the same recovery code, however it is typed', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(16), bytes(10), async (salt, random) => {
        const code = humanCode(random);
        expect(await core.recoveryHash(salt, spoken(code))).toEqual(recoveryHash(salt, code));
      }),
    );
  });

  test('give the same emergency answer, however the challenge is read out', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), sid, bytes(5), async (secret, of, random) => {
        const challenge = humanCode(random);
        const ours = await core.emergencyResponse(secret, of, spoken(challenge));
        expect(groupedCode(ours)).toBe(emergencyAnswer(secret, of, challenge));
      }),
    );
  });

  test('agree on the seals of a journal that the core has written', async () => {
    const secret = fromBase64url(journal.deviceSecret);
    const keys = deviceKeys(secret);
    const writer = await core.createJournal(newFolder('journal'), journal.device, secret, journal.journal);
    const texts = [
      '{"sequence":1}',
      '{"sequence":2,"name":"田中 😀"}',
      `{"sequence":3,"x":"${'y'.repeat(8000)}"}`,
    ];
    for (const record of await Promise.all(texts.map((text) => writer.append(text)))) {
      expect(keys.sealHolds(journal.journal, { ...record })).toBe(true);
      const altered = { ...record, record: record.record.replace('sequence', 'Sequence') };
      expect(keys.sealHolds(journal.journal, altered)).toBe(false);
      expect(await core.checkSeal(secret, journal.journal, altered)).toBe(false);
    }
    await writer.close();
  });
});
