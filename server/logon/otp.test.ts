import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtpParameters } from '../../contract/logon.ts';
import { base32, codeOf, DEFAULT_PARAMETERS, makeOtpSecret, matchOtp, otpauthUri, stepAt } from './otp.ts';

const seed = (bytes: number) => new Uint8Array(Buffer.from('1234567890'.repeat(7)).subarray(0, bytes));
const SECRET = seed(20);
const at = (seconds: number, parameters: OtpParameters = DEFAULT_PARAMETERS) =>
  stepAt(seconds * 1000, parameters);

/** RFC 6238, appendix B. The RFC's seed is repeated to the length of each hash. */
const VECTORS = {
  sha1: [20, '94287082 07081804 14050471 89005924 69279037 65353130'],
  sha256: [32, '46119246 68084774 67062674 91819424 90698825 77737706'],
  sha512: [64, '90693936 25091201 99943326 93441116 38618901 47863826'],
} as const;
const TIMES = [59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000];

describe('one-time passwords', () => {
  it.each(Object.entries(VECTORS))('by %s are those of RFC 6238', (algorithm, [bytes, codes]) => {
    const parameters = {
      algorithm: algorithm as keyof typeof VECTORS,
      digits: 8,
      periodSeconds: 30,
    } as const;
    const made = TIMES.map((seconds) => codeOf(seed(bytes), at(seconds, parameters), parameters));
    expect(made.join(' ')).toBe(codes);
  });

  it('of counters 0 to 9 are those of RFC 4226', () => {
    const codes = Array.from({ length: 10 }, (_, step) => codeOf(SECRET, step, DEFAULT_PARAMETERS));
    expect(codes.join(' ')).toBe('755224 287082 359152 969429 338314 254676 287922 162583 399871 520489');
  });

  it('of 60 seconds hold for 60 seconds', () => {
    const parameters = { algorithm: 'sha1', digits: 6, periodSeconds: 60 } as const;
    expect([at(59, parameters), at(60, parameters), at(119, parameters)]).toEqual([0, 1, 1]);
    expect(codeOf(SECRET, 1, parameters)).toBe('287082');
  });
});

describe('a typed code', () => {
  const nowMs = 1234567890_000;
  const now = stepAt(nowMs, DEFAULT_PARAMETERS);
  const match = (typed: string, lastStep: number | null = null) =>
    matchOtp(SECRET, DEFAULT_PARAMETERS, typed, { nowMs, lastStep });
  const code = (step: number) => codeOf(SECRET, step, DEFAULT_PARAMETERS);

  it('is good for the present step and the one on either side', () => {
    const verdicts = [-2, -1, 0, 1, 2].map((steps) => match(code(now + steps)).match);
    expect(verdicts).toEqual(['wrong', 'fresh', 'fresh', 'fresh', 'wrong']);
    expect(match(code(now - 1))).toEqual({ match: 'fresh', step: now - 1 });
  });

  it('is used when its step, or one after it, was', () => {
    expect(match(code(now), now).match).toBe('used');
    expect(match(code(now - 1), now).match).toBe('used');
    expect(match(code(now + 1), now).match).toBe('fresh');
    expect(match(code(now), now + 1000).match).toBe('used');
  });

  it('may have spaces, hyphens and full-width digits, and nothing else', () => {
    const digits = code(now);
    const wide = digits.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    for (const typed of [
      wide,
      `${digits.slice(0, 3)} ${digits.slice(3)}`,
      `${digits.slice(0, 3)}-${digits.slice(3)}`,
    ]) {
      expect(match(typed).match).toBe('fresh');
    }
    for (const typed of ['', digits.slice(1), `${digits}0`, `${digits.slice(1)}x`, `٣${digits.slice(1)}`]) {
      expect(match(typed).match).toBe('malformed');
    }
  });

  it('before 1970 and a step later makes no trouble', () => {
    const early = { nowMs: 0, lastStep: null };
    expect(matchOtp(SECRET, DEFAULT_PARAMETERS, '755224', early).match).toBe('fresh');
  });

  it('is taken at most once, whatever is typed when', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 30 }), (steps) => {
        let lastStep: number | null = null;
        const taken: number[] = [];
        for (const [i, step] of steps.entries()) {
          const time = nowMs + i * 10_000;
          const typed = code(stepAt(time, DEFAULT_PARAMETERS) + step);
          const result = matchOtp(SECRET, DEFAULT_PARAMETERS, typed, { nowMs: time, lastStep });
          if (result.match !== 'fresh') continue;
          lastStep = result.step;
          taken.push(result.step);
        }
        expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
      }),
    );
  });
});

describe('a new secret', () => {
  it('is 160 bits, never the same', () => {
    const secrets = Array.from({ length: 50 }, () => base32(makeOtpSecret()));
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });

  it('is written as RFC 4648 has it', () => {
    expect(base32(SECRET)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  });

  it('goes into a QR code with every parameter', () => {
    const label = { issuer: 'システムログ 株式会社 A&B', accountName: '1001 山田 太郎' };
    const uri = new URL(otpauthUri(SECRET, label, { algorithm: 'sha256', digits: 8, periodSeconds: 60 }));
    expect(decodeURIComponent(uri.pathname)).toBe(`/${label.issuer}:${label.accountName}`);
    expect(Object.fromEntries(uri.searchParams)).toMatchObject({
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      issuer: label.issuer,
      algorithm: 'SHA256',
      digits: '8',
      period: '60',
    });
  });
});
