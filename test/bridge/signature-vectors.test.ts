import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { publicKey } from '../../contract/device.ts';
import { signatureVectors, vectorFile, verifies } from './signature-vectors.ts';

const vector = z.object({
  origin: z.string(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  body: z.string(),
  nonce: z.string(),
  contentDigest: z.string(),
  base: z.string(),
  signature: z.string(),
});
const vectors = z.object({ publicKey, device: z.string(), requests: z.array(vector) });

describe('the signature vectors that the C++ bridge is checked by', () => {
  const held = vectors.parse(JSON.parse(readFileSync(vectorFile, 'utf8')));

  it('say what the contract says', () => {
    const { requests, ...rest } = signatureVectors();
    expect({ publicKey: held.publicKey, device: held.device }).toEqual(rest);
    expect(held.requests.map(({ signature, ...request }) => request)).toEqual(requests);
  });

  it('hold signatures that verify, each for its own base only', () => {
    for (const [i, { base, signature }] of held.requests.entries()) {
      expect(verifies(held.publicKey, base, signature)).toBe(true);
      const other = held.requests[(i + 1) % held.requests.length];
      expect(verifies(held.publicKey, other?.base ?? '', signature)).toBe(false);
    }
  });
});
