import { describe, expect, it } from 'vitest';
import { SID, startLogonServer } from '../http/logon.test-support.ts';
import { createServer } from '../http/server.ts';
import { createSecrets } from '../secrets/secrets.ts';
import { setAttendanceService } from './attendance-service.ts';
import { sendAccountMail } from './logon-accounts.ts';
import { resealAll } from './reseal.ts';

const OLD = { id: 'test', key: Buffer.alloc(32, 1) };
const NEW = { id: 'new', key: Buffer.alloc(32, 2) };

describe('a new master key', () => {
  it('takes over everything that was sealed, after which the old one is not needed', async () => {
    const server = await startLogonServer();
    const { store, options, company } = server;
    const device = await server.registered(company);
    const someone = await server.enrolled(device);
    await someone.post('/v1/otp/enrolments', { proof: { kind: 'otp', code: server.otpNow(someone.secret) } });
    await sendAccountMail(server.work(), '1001');
    const service = { company: company.id, url: 'https://api.example', token: 't', forwardFrom: null };
    await setAttendanceService(store, options.secrets, service);

    const onlyNew = createSecrets([NEW]);
    const ask = async () => {
      const body = JSON.stringify({ sid: SID, algorithms: ['device-secret+hkdf-sha256+a256gcm'] });
      const url = '/v1/device/otp-secret' as const;
      const headers = {
        'content-type': 'application/json',
        ...device.sign(await server.nonce(), { url, body }),
      };
      const app = createServer({ ...options, secrets: onlyNew });
      return (await app.inject({ method: 'POST', url, payload: body, headers })).statusCode;
    };
    expect(await ask()).toBe(500);
    // Device, attendance service, begun and finished enrolment, and three mails.
    expect(await resealAll(store, createSecrets([NEW, OLD]))).toBe(7);
    expect(await ask()).toBe(200);
    expect(await resealAll(store, onlyNew)).toBe(0);
    const mails = await store.selectFrom('mails').select(['id', 'sealed_values']).execute();
    for (const { id, sealed_values } of mails) onlyNew.open(sealed_values, `mail-values/${id}`);
  });

  it('changes nothing when an old key is missing', async () => {
    const server = await startLogonServer();
    await server.registered(server.company);
    const before = await server.store.selectFrom('devices').selectAll().execute();
    await expect(resealAll(server.store, createSecrets([NEW]))).rejects.toThrow('master key');
    expect(await server.store.selectFrom('devices').selectAll().execute()).toEqual(before);
  });
});
