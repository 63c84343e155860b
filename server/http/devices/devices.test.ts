import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deviceRegistered } from '../../../contract/device.ts';
import type { ProblemCode } from '../../../contract/problem.ts';
import { addCompany, createDevice, registrationOf, START_MS, startServer } from '../server.test-support.ts';

async function withCompany(token: Parameters<typeof addCompany>[2] = {}) {
  const server = await startServer();
  const company = await addCompany(server.store, 'abc', token);
  const devices = () => server.store.selectFrom('devices').selectAll().execute();
  return { ...server, company, devices };
}
const codeOf = (answer: { json(): { code?: ProblemCode } }) => answer.json().code;

describe('registering a device', () => {
  it('gives it the role of its access token and the company it now belongs to', async () => {
    const { register, company } = await withCompany({ role: 'smarton' });
    const device = createDevice();
    const answer = await register(device, registrationOf(device, company));
    expect(answer.statusCode).toBe(200);
    expect(deviceRegistered.parse(answer.json())).toMatchObject({
      device: device.id,
      company: { code: 'abc', name: 'Company abc' },
      role: 'smarton',
    });
  });

  it('keeps the device secret sealed, so that it opens for this device alone', async () => {
    const { register, company, devices, options } = await withCompany();
    const device = createDevice();
    await register(device, registrationOf(device, company));
    const [row] = await devices();
    const sealed = row?.sealed_secret ?? '';
    expect(JSON.stringify(row)).not.toContain(device.secret);
    const opened = options.secrets.open(sealed, `device-secret/${device.id}`);
    expect(Buffer.from(opened).toString('base64url')).toBe(device.secret);
    expect(() => options.secrets.open(sealed, 'device-secret/other')).toThrow();
  });

  it('is the same when repeated, and takes no second place, even after the token has ended', async () => {
    const { register, company, devices, store, clock } = await withCompany({
      limit: 1,
      expiresAtMs: START_MS + 1000,
    });
    const device = createDevice();
    const registration = registrationOf(device, company);
    const first = await register(device, registration);
    clock.nowMs += 5000;
    await store.updateTable('access_tokens').set({ revoked_at: clock.nowMs }).execute();
    const second = await register(device, { ...registration, name: 'renamed' });
    expect(second.statusCode).toBe(200);
    expect(second.json().device).toBe(first.json().device);
    expect((await devices()).map(({ name }) => name)).toEqual(['PC-1']);
  });

  it('takes only as many devices as the token may make, also when they come at once', async () => {
    const { register, company, devices } = await withCompany({ limit: 2 });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => {
        const device = createDevice();
        return register(device, registrationOf(device, company));
      }),
    );
    expect(answers.filter((a) => a.statusCode === 200)).toHaveLength(2);
    expect(answers.filter((a) => codeOf(a) === 'access-token-used-up')).toHaveLength(3);
    expect(await devices()).toHaveLength(2);
  });

  it('frees the place of a retired device', async () => {
    const { register, registered, company, store } = await withCompany({ limit: 1 });
    await registered(company);
    await store.updateTable('devices').set({ retired_at: START_MS }).execute();
    const device = createDevice();
    expect((await register(device, registrationOf(device, company))).statusCode).toBe(200);
  });
});

describe('registering is refused', () => {
  it.each<[ProblemCode, number, Parameters<typeof addCompany>[2], { revoked_at?: number }]>([
    ['access-token-expired', 403, { expiresAtMs: START_MS }, {}],
    ['access-token-revoked', 403, {}, { revoked_at: START_MS }],
    ['access-token-used-up', 403, { limit: 0 }, {}],
  ])('as %s', async (code, status, token, change) => {
    const { register, company, devices, store } = await withCompany(token);
    if (change.revoked_at) await store.updateTable('access_tokens').set(change).execute();
    const device = createDevice();
    const answer = await register(device, registrationOf(device, company));
    expect([answer.statusCode, codeOf(answer)]).toEqual([status, code]);
    expect(await devices()).toEqual([]);
  });

  it('for a company nobody has, and for a token of another company', async () => {
    const { register, company, addCompany: add } = await withCompany();
    const other = await add('xyz');
    const device = createDevice();
    const registration = registrationOf(device, company);
    expect(codeOf(await register(device, { ...registration, company: 'zzz' }))).toBe('unknown-company');
    expect(codeOf(await register(device, { ...registration, accessToken: other.accessToken }))).toBe(
      'access-token-unknown',
    );
  });

  it('when the key is registered with another company or another secret', async () => {
    const { register, company, addCompany: add, devices } = await withCompany();
    const other = await add('xyz');
    const device = createDevice();
    await register(device, registrationOf(device, company));
    const before = await devices();
    const elsewhere = await register(device, registrationOf(device, other));
    expect([elsewhere.statusCode, codeOf(elsewhere)]).toEqual([409, 'key-in-use']);
    const deviceSecret = randomBytes(32).toString('base64url');
    expect(codeOf(await register(device, { ...registrationOf(device, company), deviceSecret }))).toBe(
      'key-in-use',
    );
    expect(await devices()).toEqual(before);
  });

  it('for a device an administrator retired', async () => {
    const { register, company, store } = await withCompany();
    const device = createDevice();
    await register(device, registrationOf(device, company));
    await store.updateTable('devices').set({ retired_at: START_MS }).execute();
    expect(codeOf(await register(device, registrationOf(device, company)))).toBe('device-retired');
  });

  it('without a signature, or with one by another key than the body brings', async () => {
    const { post, postSigned, nonce, company, devices } = await withCompany();
    const [device, other] = [createDevice(), createDevice()];
    const body = JSON.stringify(registrationOf(device, company));
    expect(codeOf(await post('/v1/devices', body))).toBe('signature-missing');
    expect(codeOf(await postSigned(other, '/v1/devices', body))).toBe('signature-invalid');
    const forged = other.sign(await nonce(), { url: '/v1/devices', body, keyId: device.id });
    expect(codeOf(await post('/v1/devices', body, forged))).toBe('signature-invalid');
    const misnamed = device.sign(await nonce(), { url: '/v1/devices', body, keyId: other.id });
    expect(codeOf(await post('/v1/devices', body, misnamed))).toBe('signature-invalid');
    expect(await devices()).toEqual([]);
  });

  it('for a key that is off the curve, of another curve or spelt in a second way', async () => {
    const { register, company, devices } = await withCompany();
    const device = createDevice();
    const registration = registrationOf(device, company);
    const { x } = registration.publicKey;
    const last = x.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const respelt = x.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    expect(Buffer.from(respelt, 'base64url')).toEqual(Buffer.from(x, 'base64url'));
    const secp = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
    for (const point of [
      { x: 'A'.repeat(43), y: 'A'.repeat(43) },
      { x: respelt },
      { x: String(secp.x), y: String(secp.y) },
    ]) {
      const publicKey = { ...registration.publicKey, ...point };
      expect(codeOf(await register(device, { ...registration, publicKey }))).toBe('invalid-request');
    }
    expect(await devices()).toEqual([]);
  });

  it('after too many wrong guesses from one address, until some minutes have passed', async () => {
    const { register, company, clock } = await withCompany();
    const device = createDevice();
    const wrong = { ...registrationOf(device, company), accessToken: 'x'.repeat(32) };
    for (let i = 0; i < 30; i++) expect(codeOf(await register(device, wrong))).toBe('access-token-unknown');
    const answer = await register(device, registrationOf(device, company));
    expect([answer.statusCode, codeOf(answer)]).toEqual([429, 'too-many-requests']);
    expect(answer.headers['retry-after']).toBe('600');
    clock.nowMs += 600_000;
    expect((await register(device, registrationOf(device, company))).statusCode).toBe(200);
  });
});
