import { createPublicKey } from 'node:crypto';
import { createSigner, createVerifier, httpbis } from 'http-message-signatures';
import { describe, expect, it } from 'vitest';
import { createDevice, ORIGIN, START_MS, startServer, type TestDevice } from '../server.test-support.ts';
import { contentDigestOf } from './content-digest.ts';
import { verifySignature } from './keys.ts';

const BODY = JSON.stringify({ events: [] });

async function withDevice() {
  const server = await startServer();
  const company = await server.addCompany('abc');
  const device = await server.registered(company);
  /** Posts an upload with headers as they are, and answers the code. */
  const upload = async (headers: Record<string, string | string[]>, body = BODY, url = '/v1/events') => {
    const answer = await server.post(url, body, headers);
    return answer.statusCode === 200 ? 'taken' : answer.json().code;
  };
  const signed = async (url = '/v1/events', by: TestDevice = device) =>
    by.sign(await server.nonce(), { url, body: BODY });
  return { ...server, company, device, upload, signed };
}

const FIELDS = ['@method', '@authority', '@path', '@query', 'content-digest'];

describe('interoperation with an independent implementation of RFC 9421', () => {
  it.each(['/v1/events', '/v1/events?a=1&b=%20x'])('takes what it signs for %s', async (url) => {
    const { device, nonce, upload, ingested } = await withDevice();
    const message = await httpbis.signMessage(
      {
        key: createSigner(device.privateKey, 'ecdsa-p256-sha256', device.id),
        fields: FIELDS,
        params: ['keyid', 'nonce', 'alg', 'tag'],
        paramValues: { nonce: await nonce(), tag: 'systemlog-device', created: null },
      },
      {
        method: 'POST',
        url: ORIGIN + url,
        headers: { 'content-digest': contentDigestOf(Buffer.from(BODY)) },
      },
    );
    expect(await upload(message.headers, BODY, url)).toBe('taken');
    expect(ingested).toHaveLength(1);
  });

  it('signs what that implementation verifies', async () => {
    const { device, signed } = await withDevice();
    const key = createPublicKey({ key: { ...device.jwk }, format: 'jwk' });
    const keyLookup = async () => ({
      id: device.id,
      algs: ['ecdsa-p256-sha256'],
      verify: createVerifier(key, 'ecdsa-p256-sha256'),
    });
    const message = {
      method: 'POST',
      url: `${ORIGIN}/v1/events?a=1`,
      headers: await signed('/v1/events?a=1'),
    };
    expect(await httpbis.verifyMessage({ keyLookup, requiredFields: FIELDS }, message)).toBe(true);
  });

  it('verifies the vector of RFC 9421, appendix B.2.4', () => {
    const key = createPublicKey(`-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----`);
    const base = [
      '"@status": 200',
      '"content-type": application/json',
      '"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
      '"content-length": 23',
      '"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
    ].join('\n');
    const signature = Buffer.from(
      'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
      'base64',
    );
    expect(verifySignature(key, base, signature)).toBe(true);
    expect(verifySignature(key, `${base} `, signature)).toBe(false);
  });
});

describe('a signed request', () => {
  it('is refused when a part of the signature is missing or not of the profile', async () => {
    const { upload, signed } = await withDevice();
    const headers = await signed();
    const { signature, 'signature-input': input } = headers;
    const without = (name: string) => ({ ...headers, [name]: [] });
    expect(await upload(without('signature'))).toBe('signature-missing');
    expect(await upload(without('signature-input'))).toBe('signature-missing');
    expect(await upload({ ...headers, signature: 'sig=:AAAA:' })).toBe('signature-invalid');
    expect(await upload({ ...headers, 'signature-input': input.replace('"@path" ', '') })).toBe(
      'signature-invalid',
    );
    expect(await upload({ ...headers, 'signature-input': `${input};created=1` })).toBe('signature-invalid');
    expect(await upload({ ...headers, signature })).toBe('taken');
  });

  it('is refused when body and digest part, before the body is looked into', async () => {
    const { upload, signed, ingested } = await withDevice();
    expect(await upload(await signed(), '{"events":[1]}')).toBe('digest-mismatch');
    expect(await upload(await signed(), 'not json')).toBe('digest-mismatch');
    expect(await upload({ ...(await signed()), 'content-digest': [] })).toBe('digest-mismatch');
    const sha512 = `sha-512=:${Buffer.alloc(64).toString('base64')}:`;
    expect(await upload({ ...(await signed()), 'content-digest': sha512 })).toBe('digest-mismatch');
    expect(ingested).toEqual([]);
  });

  it('is refused when the digest was made to fit another body, or path, query, method or authority differ', async () => {
    const { upload, signed, device, nonce } = await withDevice();
    const other = '{"events":[1]}';
    const swapped = { ...(await signed()), 'content-digest': contentDigestOf(Buffer.from(other)) };
    expect(await upload(swapped, other)).toBe('signature-invalid');
    expect(await upload(await signed('/v1/devices'))).toBe('signature-invalid');
    expect(await upload(await signed('/v1/events?x'))).toBe('signature-invalid');
    const target = { url: '/v1/events', body: BODY };
    expect(await upload(device.sign(await nonce(), { ...target, method: 'PUT' }))).toBe('signature-invalid');
    expect(await upload(device.sign(await nonce(), { ...target, authority: 'evil.example' }))).toBe(
      'signature-invalid',
    );
  });

  it('is judged by the public authority, whatever Host a proxy made of it', async () => {
    const { upload, signed } = await withDevice();
    expect(await upload({ ...(await signed()), host: '10.0.0.5:8080' })).toBe('taken');
  });

  it("does not pass with another device's key, be it registered or not", async () => {
    const { upload, signed, registered, company, device, nonce } = await withDevice();
    const second = await registered(company);
    expect(await upload(await signed('/v1/events', createDevice()))).toBe('unknown-device');
    const target = { url: '/v1/events', body: BODY, keyId: device.id };
    expect(await upload(second.sign(await nonce(), target))).toBe('signature-invalid');
    expect(await upload(createDevice().sign(await nonce(), target))).toBe('signature-invalid');
  });

  it('is refused from a retired device, and only its holder learns that', async () => {
    const { upload, signed, store, device } = await withDevice();
    await store.updateTable('devices').set({ retired_at: START_MS }).where('id', '=', device.id).execute();
    const headers = await signed();
    expect(await upload(headers)).toBe('device-retired');
    expect(await upload({ ...headers, signature: `sig=:${'A'.repeat(86)}==:` })).toBe('signature-invalid');
  });

  it('is refused with a nonce that is over, of another server or used', async () => {
    const { upload, signed, clock, device } = await withDevice();
    const first = await signed();
    expect(await upload(first)).toBe('taken');
    expect(await upload(first)).toBe('nonce-used');
    const late = await signed();
    clock.nowMs += 60_000;
    expect(await upload(late)).toBe('nonce-stale');
    const foreign = device.sign('B'.repeat(75), { url: '/v1/events', body: BODY });
    expect(await upload(foreign)).toBe('nonce-stale');
  });

  it('burns its nonce only when its signature was good', async () => {
    const { upload, signed, store } = await withDevice();
    await store.deleteFrom('used_nonces').execute();
    const headers = await signed();
    expect(await upload({ ...headers, signature: `sig=:${'A'.repeat(86)}==:` })).toBe('signature-invalid');
    expect(await upload(headers, '{}')).toBe('digest-mismatch');
    expect(await store.selectFrom('used_nonces').selectAll().execute()).toEqual([]);
    expect(await upload(headers)).toBe('taken');
  });

  it('sent twice at the same moment is taken once', async () => {
    const { upload, signed, ingested } = await withDevice();
    const headers = await signed();
    const answers = await Promise.all([1, 2, 3].map(() => upload(headers)));
    expect(answers.sort()).toEqual(['nonce-used', 'nonce-used', 'taken']);
    expect(ingested).toHaveLength(1);
  });

  it('may not repeat a header, nor bring a bearer token as well', async () => {
    const { upload, signed } = await withDevice();
    const headers = await signed();
    for (const name of ['signature', 'signature-input', 'content-digest'] as const) {
      expect(await upload({ ...headers, [name]: [headers[name], headers[name]] })).toBe('invalid-request');
    }
    expect(await upload({ ...headers, authorization: `Bearer ${'a'.repeat(43)}` })).toBe('invalid-request');
  });
});
