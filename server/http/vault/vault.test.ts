import {
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../contract/device.ts';
import { type ReleasedSecret, SECRET_ALGORITHMS } from '../../../contract/logon.ts';
import { unlinkAccount } from '../../administration/logon-accounts.ts';
import { type LogonServer, OTHER_SID, SID, startLogonServer } from '../logon.test-support.ts';
import { createDevice, type TestDevice } from '../server.test-support.ts';

const [ECDH, FALLBACK] = SECRET_ALGORITHMS;
const URL = '/v1/device/otp-secret';

/** Opens a released secret as a PC does: written after the words of contract/logon.ts, with no code of it. */
function open(
  released: ReleasedSecret,
  device: TestDevice,
  sid: string,
  privateKey: KeyObject = device.privateKey,
): Buffer {
  const mine = createPublicKey(privateKey).export({ format: 'jwk' });
  const theirs = released.ephemeralKey;
  const info = theirs
    ? `systemlog/v1/otp-secret/ecdh-p256\n${theirs.x}.${theirs.y}\n${mine.x}.${mine.y}`
    : 'systemlog/v1/vault';
  const material = theirs
    ? diffieHellman({ privateKey, publicKey: createPublicKey({ key: { ...theirs }, format: 'jwk' }) })
    : Buffer.from(device.secret, 'base64url');
  const key = Buffer.from(hkdfSync('sha256', material, '', info, 32));
  const sealed = Buffer.from(released.ciphertext, 'base64url');
  const context = `systemlog/v1/otp-secret\n${released.algorithm}\n${device.id}\n${sid}\n${released.credential}`;
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(released.iv, 'base64url'));
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

async function withEnrolled() {
  const server = await startLogonServer();
  const device = await server.registered(server.company);
  const someone = await server.enrolled(device);
  const ask = (by: TestDevice, request: object = {}) =>
    server.signed(by, 'POST', URL, { sid: SID, algorithms: [ECDH], ...request });
  /** Another PC of the same person, linked there. */
  const second = async (sid = SID) => {
    const pc = await server.registered(server.company);
    await (await server.person(pc, sid)).link(await server.codeFor('1001'));
    return pc;
  };
  return { ...server, server, device, someone, ask, second };
}
const releases = ({ store }: Pick<LogonServer, 'store'>) =>
  store
    .selectFrom('audit')
    .select(['device', 'detail'])
    .where('action', '=', 'otp-secret-released')
    .execute();

describe('the OTP secret', () => {
  it('goes to the PC it was enrolled on, encrypted to its key, and is audited', async () => {
    const { server, device, someone, ask } = await withEnrolled();
    const { status, body, headers } = await ask(device);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(open(body, device, SID)).toEqual(Buffer.from(someone.secret));
    expect(body).toMatchObject({ credential: someone.credential, algorithm: ECDH });
    expect(await releases(server)).toMatchObject([{ device: device.id }]);
    expect(JSON.parse((await releases(server))[0]?.detail ?? '')).toMatchObject({ because: 'enrolled-here' });
  });

  it.each(SECRET_ALGORITHMS)('can be encrypted by %s', async (algorithm) => {
    const { device, someone, ask } = await withEnrolled();
    const { body } = await ask(device, { algorithms: ['something newer', algorithm] });
    expect(body.algorithm).toBe(algorithm);
    expect(open(body, device, SID)).toEqual(Buffer.from(someone.secret));
    expect(() => open(body, device, OTHER_SID)).toThrow();
    expect(() => open({ ...body, credential: 'another' }, device, SID)).toThrow();
    expect(() => open(body, createDevice(), SID)).toThrow();
  });

  it('is encrypted in the best way that both know, and anew each time', async () => {
    const { device, ask } = await withEnrolled();
    const both = { algorithms: [FALLBACK, ECDH] };
    const [first, second] = [(await ask(device, both)).body, (await ask(device, both)).body];
    expect(first.algorithm).toBe(ECDH);
    expect(first.ephemeralKey).not.toEqual(second.ephemeralKey);
    expect((await ask(device, { algorithms: ['ecdh-p256'] })).body.code).toBe('algorithm-unsupported');
  });

  it('is encrypted to a key of agreement that the device vouches for, if its own can only sign', async () => {
    const { device, someone, ask } = await withEnrolled();
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const agreementKey = pair.publicKey.export({ format: 'jwk' }) as unknown as PublicKey;
    const { body } = await ask(device, { agreementKey });
    expect(open(body, device, SID, pair.privateKey)).toEqual(Buffer.from(someone.secret));
    expect(() => open(body, device, SID)).toThrow();
    const offCurve = { ...agreementKey, y: agreementKey.x };
    expect((await ask(device, { agreementKey: offCurve })).body.code).toBe('invalid-request');
  });

  it('goes to another PC of the same person for a fresh code typed there, which is used up', async () => {
    const { server, someone, ask, second, otpNow } = await withEnrolled();
    const pc = await second();
    expect((await ask(pc)).body.code).toBe('code-needed');
    const code = otpNow(someone.secret);
    const { body } = await ask(pc, { code });
    expect(open(body, pc, SID)).toEqual(Buffer.from(someone.secret));
    expect(body.lastAcceptedStep).toBe(Math.floor(server.clock.nowMs / 30_000));
    expect((await ask(pc, { code })).body.code).toBe('otp-used');
    expect((await ask(pc)).body.code).toBe('code-needed');
  });

  it('goes to one PC when two bring the same code at once', async () => {
    const { someone, ask, second, otpNow } = await withEnrolled();
    const [one, two] = [await second(), await second()];
    const code = otpNow(someone.secret);
    const answers = await Promise.all([ask(one, { code }), ask(two, { code })]);
    expect(answers.map(({ status, body }) => body.code ?? status).sort()).toEqual([200, 'otp-used']);
  });
});

describe('the OTP secret stays here', () => {
  it('when a registered device asks for somebody who never was there, with their code or without', async () => {
    const { server, someone, ask, otpNow } = await withEnrolled();
    const stranger = await server.registered(server.company);
    expect((await ask(stranger)).body.code).toBe('account-unlinked');
    expect((await ask(stranger, { code: otpNow(someone.secret) })).body.code).toBe('account-unlinked');
    expect(await releases(server)).toEqual([]);
  });

  it('when a device of another company asks for that very SID', async () => {
    const { server, ask, someone, otpNow } = await withEnrolled();
    const foreign = await server.registered(await server.addCompany('xyz'));
    expect((await ask(foreign, { code: otpNow(someone.secret) })).body.code).toBe('account-unlinked');
  });

  it('when a colleague’s account on the same PC asks with its own code, or with a wrong one', async () => {
    const { server, device, someone, ask, second } = await withEnrolled();
    const colleague = await server.enrolled(device, OTHER_SID, '1002');
    const pc = await second();
    expect((await ask(pc, { code: server.otpNow(colleague.secret) })).body.code).toBe('otp-wrong');
    const own = (await ask(device, { sid: OTHER_SID })).body;
    expect(open(own, device, OTHER_SID)).toEqual(Buffer.from(colleague.secret));
    expect(open(own, device, OTHER_SID)).not.toEqual(Buffer.from(someone.secret));
  });

  it('when its owner also has another account there that did not enrol', async () => {
    const { server, device, ask } = await withEnrolled();
    await (await server.person(device, OTHER_SID)).link(await server.codeFor('1001'));
    expect((await ask(device, { sid: OTHER_SID })).body.code).toBe('code-needed');
  });

  it('when codes are guessed, over however many connections', async () => {
    const { someone, ask, second, otpNow } = await withEnrolled();
    const pc = await second();
    const code = String((Number(otpNow(someone.secret)) + 123_457) % 1_000_000).padStart(6, '0');
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(pc, { code })));
    const codes = answers.map(({ body }) => body.code);
    expect(codes.filter((c) => c === 'otp-wrong')).toHaveLength(5);
    expect(codes.filter((c) => c === 'too-many-requests')).toHaveLength(7);
    expect((await ask(pc, { code: otpNow(someone.secret) })).status).toBe(429);
  });

  it('when the device is retired, unlinked, or not the one that signed', async () => {
    const { server, device, ask } = await withEnrolled();
    const body = JSON.stringify({ sid: SID, algorithms: [ECDH] });
    const forged = createDevice().sign(await server.nonce(), { url: URL, body, keyId: device.id });
    expect((await server.call('POST', URL, body, forged)).body.code).toBe('signature-invalid');
    expect((await server.call('POST', URL, body)).body.code).toBe('token-missing');

    await unlinkAccount(server.work(), { device: device.id, sid: SID });
    expect((await ask(device)).body.code).toBe('account-unlinked');
    await server.store.updateTable('devices').set({ retired_at: 1 }).execute();
    expect((await ask(device)).body.code).toBe('device-retired');
  });

  it('when its owner has left the company', async () => {
    const { server, device, someone, ask } = await withEnrolled();
    await server.store.updateTable('employees').set({ removed_at: 1 }).where('id', '=', 'taro').execute();
    expect((await ask(device)).body.code).toBe('account-unlinked');
    expect((await someone.get('/v1/logon')).body).toMatchObject({ employee: null, otp: null });
  });

  it('when a request is sent a second time, or with another body', async () => {
    const { server, device } = await withEnrolled();
    const body = JSON.stringify({ sid: SID, algorithms: [ECDH] });
    const headers = device.sign(await server.nonce(), { url: URL, body });
    expect((await server.call('POST', URL, body, headers)).status).toBe(200);
    expect((await server.call('POST', URL, body, headers)).body.code).toBe('nonce-used');
    const fresh = device.sign(await server.nonce(), { url: URL, body });
    const other = JSON.stringify({ sid: OTHER_SID, algorithms: [ECDH] });
    expect((await server.call('POST', URL, other, fresh)).body.code).toBe('digest-mismatch');
  });

  it('when a person asks with their token', async () => {
    const { someone } = await withEnrolled();
    const answer = await someone.post(URL, { sid: SID, algorithms: [ECDH] });
    expect(answer.body.code).toBe('signature-missing');
  });
});
