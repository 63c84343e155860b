import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issuedNonce } from '../../../contract/session.ts';
import { startServer } from '../server.test-support.ts';
import { createNonces, NONCE_LIFE_MS } from './nonces.ts';

const KEY = Buffer.alloc(32, 7);
const at = (nowMs: number) => ({ now: () => nowMs });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NOW = 1_780_000_000_000;

describe('a nonce', () => {
  it('is good from the moment it is issued until its life is over', () => {
    const nonces = createNonces(KEY, at(NOW));
    const { nonce } = nonces.issue();
    expect(nonces.read(nonce, NOW)).toEqual({ nonce, issuedAtMs: NOW, expiresAtMs: NOW + NONCE_LIFE_MS });
    expect(nonces.read(nonce, NOW + NONCE_LIFE_MS - 1)).not.toBeNull();
    expect(nonces.read(nonce, NOW + NONCE_LIFE_MS)).toBeNull();
  });

  it('is known to another process with the same key, whose clock may lag a little', () => {
    const { nonce } = createNonces(KEY, at(NOW)).issue();
    const other = createNonces(KEY, at(NOW));
    expect(other.read(nonce, NOW - 5000)).not.toBeNull();
    expect(other.read(nonce, NOW - 5001)).toBeNull();
  });

  it('is nothing to a server with another key', () => {
    const { nonce } = createNonces(Buffer.alloc(32, 8), at(NOW)).issue();
    expect(createNonces(KEY, at(NOW)).read(nonce, NOW)).toBeNull();
  });

  it('does not survive any changed character, nor one more or fewer', () => {
    const nonces = createNonces(KEY, at(NOW));
    const { nonce } = nonces.issue();
    const character = fc.constantFrom(...ALPHABET);
    fc.assert(
      fc.property(fc.nat(nonce.length - 1), character, (i, c) => {
        fc.pre(nonce[i] !== c);
        expect(nonces.read(nonce.slice(0, i) + c + nonce.slice(i + 1), NOW)).toBeNull();
      }),
    );
    expect(nonces.read(`${nonce}A`, NOW)).toBeNull();
    expect(nonces.read(nonce.slice(1), NOW)).toBeNull();
  });

  it('has one spelling: base64url with other spare bits would be a second use', () => {
    const nonces = createNonces(KEY, at(NOW));
    const { nonce } = nonces.issue();
    const last = ALPHABET.indexOf(nonce.at(-1) ?? '');
    const respelt = nonce.slice(0, -1) + ALPHABET[last + 1];
    expect(Buffer.from(respelt, 'base64url')).toEqual(Buffer.from(nonce, 'base64url'));
    expect(nonces.read(respelt, NOW)).toBeNull();
  });

  it('is never the same twice', () => {
    const nonces = createNonces(KEY, at(NOW));
    expect(new Set(Array.from({ length: 100 }, () => nonces.issue().nonce)).size).toBe(100);
  });
});

describe('POST /v1/nonces', () => {
  it('answers a nonce with its end and the server time, not to be cached', async () => {
    const { post } = await startServer();
    const answer = await post('/v1/nonces');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { serverTime, expiresAt } = issuedNonce.parse(answer.json());
    expect(serverTime).toBe('2026-06-01T00:00:00.000Z');
    expect(expiresAt).toBe('2026-06-01T00:01:00.000Z');
  });

  it('does not mind an empty JSON body', async () => {
    const { post } = await startServer();
    expect((await post('/v1/nonces', '')).statusCode).toBe(200);
    expect((await post('/v1/nonces', {})).statusCode).toBe(200);
  });
});
