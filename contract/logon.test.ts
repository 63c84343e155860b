import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupedCode, humanCode, readHumanCode } from './logon.ts';

describe('codes for people', () => {
  it.each([
    [[0x00, 0x44, 0x32, 0x14, 0xc7], '01234567'],
    [Array<number>(10).fill(0xff), 'ZZZZZZZZZZZZZZZZ'],
    [[0x01], '04'],
    [[], ''],
  ])('write %j as %s', (bytes, code) => {
    expect(humanCode(Uint8Array.from(bytes))).toBe(code);
  });

  it('are read however people type them', () => {
    for (const typed of ['K7Q2-M9XD', 'k7q2m9xd', ' k7q2 m9xd ', 'Ｋ７Ｑ２－ｍ９ｘｄ', 'K7Q2　M9XD']) {
      expect(readHumanCode(typed, 8)).toBe('K7Q2M9XD');
    }
    expect(readHumanCode('oOiI lL00', 8)).toBe('00111100');
  });

  it.each(['', 'K7Q2M9X', 'K7Q2M9XDD', 'K7Q2M9XU', 'K7Q2M9X!', 'K7Q2M9Xé', 'K7Q2\nM9XD'])(
    'do not take %j',
    (typed) => {
      expect(readHumanCode(typed, 8)).toBeNull();
    },
  );

  it('come back from any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 40 }), (bytes) => {
        const code = humanCode(bytes);
        expect(code).toHaveLength(Math.ceil((bytes.length * 8) / 5));
        expect(readHumanCode(groupedCode(code).toLowerCase(), code.length)).toBe(code);
      }),
    );
  });
});
