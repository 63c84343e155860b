import { expect, test } from 'vitest';
import { codeAt, readOtpauth, spacedCode } from './otpauth.ts';

/** The key of RFC 6238, appendix B, for SHA-1: `12345678901234567890` in base 32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test('reads what the server writes into the QR code', () => {
  const issuer = encodeURIComponent('システムログ デモ株式会社');
  const account = encodeURIComponent('0001 佐藤 花子');
  const parameters = 'algorithm=SHA256&digits=8&period=60';
  expect(
    readOtpauth(`otpauth://totp/${issuer}:${account}?secret=${RFC_SECRET}&issuer=${issuer}&${parameters}`),
  ).toEqual({
    issuer: 'システムログ デモ株式会社',
    accountName: '0001 佐藤 花子',
    secret: RFC_SECRET,
    algorithm: 'sha256',
    digits: 8,
    periodSeconds: 60,
  });
});

test('what is left out is SHA-1, 6 digits, 30 seconds', () => {
  expect(readOtpauth(`otpauth://totp/Firma:taro?secret=${RFC_SECRET.toLowerCase()}`)).toEqual({
    issuer: 'Firma',
    accountName: 'taro',
    secret: RFC_SECRET,
    algorithm: 'sha1',
    digits: 6,
    periodSeconds: 30,
  });
});

test.each([
  'https://example.com/',
  `otpauth://hotp/Firma:taro?secret=${RFC_SECRET}&counter=1`,
  'otpauth://totp/Firma:taro',
  'otpauth://totp/Firma:taro?secret=not-base-32!',
  `otpauth://totp/Firma:taro?secret=${RFC_SECRET}&algorithm=MD5`,
  `otpauth://totp/Firma:taro?secret=${RFC_SECRET}&period=0`,
])('%s is no account for the app', (uri) => {
  expect(readOtpauth(uri)).toBeNull();
});

test.each([
  { at: 59, code: '94287082', left: 1 },
  { at: 1_111_111_109, code: '07081804', left: 1 },
  { at: 1_234_567_890, code: '89005924', left: 30 },
])('shows the code of RFC 6238 at $at s', ({ at, code, left }) => {
  const account = {
    issuer: '',
    accountName: '',
    secret: RFC_SECRET,
    algorithm: 'sha1',
    digits: 8,
    periodSeconds: 30,
  } as const;
  expect(codeAt(account, at * 1_000 + 999)).toEqual({ code, secondsLeft: left });
});

test('a code is shown in two halves', () => {
  expect(spacedCode('123456')).toBe('123 456');
  expect(spacedCode('12345678')).toBe('1234 5678');
});
