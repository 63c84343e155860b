import { expect, test } from 'vitest';
import { decode } from './decode.ts';

test('reads what Windows programs write, in each of the three ways they write it', () => {
  const text = 'サービス名: SystemLogBridge';
  expect(decode(Buffer.from(text))).toBe(text);
  expect(decode(Buffer.from(`\uFEFF${text}`, 'utf16le'))).toBe(text);
  expect(decode(Buffer.from('STATE', 'utf16le'))).toBe('STATE');
  expect(decode(Uint8Array.of(0x83, 0x54, 0x81, 0x5b, 0x83, 0x72, 0x83, 0x58))).toBe('サービス');
  expect(decode(Uint8Array.of())).toBe('');
});
