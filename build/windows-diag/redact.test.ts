import { expect, test } from 'vitest';
import { redact } from './redact.ts';

test.each([
  [
    'a one-time-password link',
    'otpauth://totp/SystemLog:misaki?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&digits=6',
  ],
  ['a secret in base32', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
  ['a token', 'Bearer abc.def-ghi'],
  ['a one-time code', '7K2P-9QXM-4TRW'],
  ['a recovery code', '7K2P-9QXM-4TRW-0ABC'],
  ['a key in hexadecimal', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  ['a key in base64', 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='],
  ['a key in base64url', 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'],
])('takes out %s', (_, secret) => {
  expect(redact(`before ${secret} after`)).toBe('before [removed] after');
});

test.each([
  ['a SID', 'S-1-5-21-3623811015-3361044348-30300820-1013'],
  ['a GUID', '{6E422B75-E4CF-4436-B8BF-5FFC23A07D79}'],
  ['an access rule', 'D:(A;;CCLCSWLOCRRC;;;IU)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;0x12019b;;;IU)'],
  ['a path', 'C:\\ProgramData\\SystemLog\\Bridge\\journals\\0198f0d2-7c1e-7a31-9b6e-2f0d1c3b4a59.journal'],
  [
    'a registry key',
    'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers',
  ],
  ['a fingerprint in groups of eight', '9F86D081 884C7D65 9A2FEAA0 C55AD015'],
  [
    'an event',
    'Event[0]:\n  Log Name: System\n  Source: Microsoft-Windows-Winlogon\n  Date: 2026-11-21T09:00:00.1234567Z',
  ],
  ['Japanese', 'サービスは開始されています。'],
])('leaves %s', (_, text) => {
  expect(redact(text)).toBe(text);
});
