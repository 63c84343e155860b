import { describe, expect, it } from 'vitest';
import { makeRecoverySet, recoveryHash } from './recovery.ts';

/** From the test vectors of native/core, which checks the same codes at the logon screen. */
const VECTORS = [
  ['4MtuOCpd_3KsHdqWkIE3Rw', 'HFAKDKTBEY5DXA81', '41ftnml82uksW8zE0nhNUatyTOgqI7ePLcLcbPtbEWc'],
  ['CzNBwr0rSs7Ebt8oekO5sg', '25TK0V3PN0D5E8J7', '86DMswGsdCmBGUFQjl_lOV6eATx0RGJHxCBOrszH-ZQ'],
] as const;

describe('recovery codes', () => {
  it.each(VECTORS)('with salt %s hash as every PC expects', (salt, code, hash) => {
    expect(recoveryHash(Buffer.from(salt, 'base64url'), code).toString('base64url')).toBe(hash);
  });

  it('come eight at a time, 80 random bits each, under a salt of their own', () => {
    const sets = Array.from({ length: 20 }, makeRecoverySet);
    expect(new Set(sets.map(({ salt }) => salt)).size).toBe(20);
    const shown = sets.flatMap((set) => set.shown);
    expect(new Set(shown).size).toBe(160);
    // Every place of a code varies over its whole alphabet, or nearly.
    for (const place of [0, 5, 10, 18])
      expect(new Set(shown.map((code) => code[place])).size).toBeGreaterThan(24);
  });

  it('are named by the first 16 bytes of their hash', () => {
    for (const { id, hash } of makeRecoverySet().codes) {
      expect(Buffer.from(hash, 'base64url').subarray(0, 16).toString('base64url')).toBe(id);
    }
  });
});
