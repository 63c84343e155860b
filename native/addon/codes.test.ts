import fc from 'fast-check';
import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import { describeWithCore } from './core.test-support.ts';
import type { OtpParameters } from './types.ts';

const text = (ascii: string) => Buffer.from(ascii, 'ascii');
const sha1: OtpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30 };

/** RFC 4226, appendix D: counters 0 to 9. */
const HOTP_CODES = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ');

/** RFC 6238, appendix B: seconds, then the codes of SHA-1, SHA-256 and SHA-512. */
const TOTP_CODES: [number, string, string, string][] = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
];
/** The RFC's secrets, which its errata give in the length of each hash. */
const secretOf = (bytes: number) => text('1234567890'.repeat(7).slice(0, bytes));

const parameters = fc.record({
  algorithm: fc.constantFrom('sha1' as const, 'sha256' as const, 'sha512' as const),
  digits: fc.constantFrom(6 as const, 8 as const),
  periodSeconds: fc.constantFrom(30 as const, 60 as const),
});
/** 128 bits at least: otplib takes no less (RFC 4226 §4). */
const secret = fc.uint8Array({ minLength: 16, maxLength: 64 });

describeWithCore('one-time codes of the core', (core) => {
  test.each(HOTP_CODES.map((code, counter) => ({ code, counter })))(
    'RFC 4226: counter $counter gives $code',
    async ({ code, counter }) => {
      expect(await core.hotp(secretOf(20), sha1, counter)).toBe(code);
    },
  );

  test.each(TOTP_CODES)('RFC 6238: %i s gives %s, %s and %s', async (seconds, ...codes) => {
    const made = [
      core.totp(secretOf(20), { ...sha1, digits: 8 }, seconds * 1000),
      core.totp(secretOf(32), { algorithm: 'sha256', digits: 8, periodSeconds: 30 }, seconds * 1000),
      core.totp(secretOf(64), { algorithm: 'sha512', digits: 8, periodSeconds: 30 }, seconds * 1000 + 999),
    ];
    expect(await Promise.all(made)).toEqual(codes);
  });

  test('they are those of otplib, whatever secret, time and parameters', async () => {
    const moment = fc.integer({ min: 0, max: 0xff_ffff_ffff });
    await fc.assert(
      fc.asyncProperty(secret, parameters, moment, async (bytes, of, atMs) => {
        const { algorithm, digits, periodSeconds } = of;
        const epoch = Math.floor(atMs / 1000);
        const theirs = generateSync({
          strategy: 'totp',
          secret: bytes,
          epoch,
          algorithm,
          digits,
          period: periodSeconds,
        });
        expect(await core.totp(bytes, of, atMs)).toBe(theirs);
        const step = Math.floor(epoch / periodSeconds);
        expect(await core.hotp(bytes, of, step)).toBe(theirs);
        expect(await core.findStep(bytes, of, theirs, step, step)).toBe(step);
      }),
    );
  });

  test('a code is found in its step and no other, however it was typed', async () => {
    const find = (typed: string, first: number, last: number) =>
      core.findStep(secretOf(20), sha1, typed, first, last);
    expect(await find('162583', 0, 9)).toBe(7);
    expect(await find(' 162-583', 7, 7)).toBe(7);
    expect(await find('１６２５８３', 0, 9)).toBe(7);
    expect(await find('162583', 0, 6)).toBeNull();
    expect(await find('162583', 8, 9)).toBeNull();
    await expect(find('16258', 0, 9)).rejects.toMatchObject({ code: 'malformed' });
    await expect(find('162583', 9, 0)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(find('162583', 0, 100_000)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('what an authenticator app reads from the URI is what was put in', async () => {
    const word = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
      .filter((it) => !it.includes(':'));
    await fc.assert(
      fc.asyncProperty(word, word, secret, parameters, async (issuer, account, bytes, of) => {
        const uri = new URL(await core.otpauthUri({ issuer, account, secret: bytes, parameters: of }));
        expect(uri.protocol).toBe('otpauth:');
        expect(uri.host).toBe('totp');
        expect(decodeURIComponent(uri.pathname)).toBe(`/${issuer}:${account}`);
        expect(uri.searchParams.get('issuer')).toBe(issuer);
        const { algorithm, digits, periodSeconds } = of;
        expect(uri.searchParams.get('algorithm')).toBe(algorithm.toUpperCase());
        expect(uri.searchParams.get('digits')).toBe(String(digits));
        expect(uri.searchParams.get('period')).toBe(String(periodSeconds));
        // The secret means the same to otplib.
        const read = uri.searchParams.get('secret') ?? '';
        const theirs = generateSync({
          strategy: 'totp',
          secret: read,
          epoch: 59,
          algorithm,
          digits,
          period: periodSeconds,
        });
        expect(await core.totp(bytes, of, 59_000)).toBe(theirs);
      }),
    );
  });

  test.each([
    ['7 digits', { ...sha1, digits: 7 }],
    ['45 seconds', { ...sha1, periodSeconds: 45 }],
    ['no seconds at all', { ...sha1, periodSeconds: 0 }],
  ])('%s are refused', async (_, of) => {
    const refused = { code: 'invalid-argument', name: 'CoreError' };
    const unsupported = of as OtpParameters;
    await expect(core.totp(secretOf(20), unsupported, 0)).rejects.toMatchObject(refused);
    await expect(core.hotp(secretOf(20), unsupported, 0)).rejects.toMatchObject(refused);
    const uri = core.otpauthUri({ issuer: 'a', account: 'b', secret: secretOf(20), parameters: unsupported });
    await expect(uri).rejects.toMatchObject(refused);
  });

  test('an empty secret is refused', async () => {
    const none = new Uint8Array();
    await expect(core.totp(none, sha1, 0)).rejects.toMatchObject({ code: 'invalid-argument' });
    const uri = core.otpauthUri({ issuer: 'a', account: 'b', secret: none, parameters: sha1 });
    await expect(uri).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
