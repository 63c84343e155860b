import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { devicePolicy } from '../../../contract/logon.ts';
import { unlinkAccount } from '../../administration/logon-accounts.ts';
import { deleteCredentials, forgiveAttempts } from '../../administration/logon-credentials.ts';
import { setGroupMethods, setLogonRules } from '../../administration/logon-rules.ts';
import { OTHER_SID, SID, startLogonServer } from '../logon.test-support.ts';
import { createDevice, type TestDevice } from '../server.test-support.ts';

const REPORT = '/v1/device/logon-report';

async function withDevice() {
  const server = await startLogonServer();
  const device = await server.registered(server.company);
  await server.store
    .insertInto('groups')
    .values({ company: server.company.id, id: 'g', name: '営業' })
    .execute();
  const join = (group_id: string | null) => server.store.updateTable('employees').set({ group_id }).execute();
  const policy = async (of: TestDevice = device, version?: string) => {
    const answer = await server.signed(of, 'GET', `/v1/device/policy${version ? `?version=${version}` : ''}`);
    return devicePolicy.parse(answer.body);
  };
  const current = async (of: TestDevice = device) => {
    const answer = await policy(of);
    if (answer.status !== 'current') throw new Error('Not the whole policy');
    return { ...answer, account: answer.accounts[0] };
  };
  const report = (accounts: object[], by: TestDevice = device) =>
    server.signed(by, 'POST', REPORT, { accounts });
  return { ...server, server, device, join, policy, current, report };
}

describe('a PC’s policy', () => {
  it('names each account linked there, with its methods, and enforces nothing before somebody is enrolled', async () => {
    const { server, device, current } = await withDevice();
    expect(await current()).toMatchObject({ accounts: [], rules: { enforcement: false, probationDays: 14 } });
    await (await server.person(device)).link(await server.codeFor('1001'));
    const { accounts, rules } = await current();
    expect(accounts).toMatchObject([
      { sid: SID, employee: { code: '1001' }, methods: 'either', otp: null, sealedPasswordEpoch: 0 },
    ]);
    expect(rules.enforcement).toBe(false);
  });

  it('follows the group’s methods at once: password alone by default, either in no group', async () => {
    const { server, device, join, current } = await withDevice();
    await server.enrolled(device);
    const methods = async () => (await current()).account?.methods;
    expect(await methods()).toBe('either');
    await join('g');
    expect(await methods()).toBe('password');
    for (const chosen of ['otp', 'password+otp', 'otp+password', 'password'] as const) {
      await setGroupMethods(server.work(), 'g', chosen);
      expect(await methods()).toBe(chosen);
    }
  });

  it('enforces when an enrolled account has to give a code, unless the company does not want it', async () => {
    const { server, device, join, current } = await withDevice();
    await server.enrolled(device);
    await join('g');
    expect((await current()).rules.enforcement).toBe(false);
    await setGroupMethods(server.work(), 'g', 'password+otp');
    expect((await current()).rules.enforcement).toBe(true);
    await setLogonRules(server.work(), {
      enforcement: false,
      whenBridgeDown: 'deny',
      breakGlassSids: [OTHER_SID],
    });
    expect((await current()).rules).toMatchObject({
      enforcement: false,
      whenBridgeDown: 'deny',
      breakGlassSids: [OTHER_SID],
      sealedPassword: 'allowed',
    });
  });

  it('lets the PC check recovery codes by itself, and never holds the secret or a code', async () => {
    const { server, device, current } = await withDevice();
    const { secret, recoveryCodes, credential } = await server.enrolled(device);
    const { account, ...rest } = await current();
    expect(account?.otp).toMatchObject({ credential, enrolledHere: true });
    const { salt, codes } = account?.otp?.recovery ?? { salt: '', codes: [] };
    const hashes = recoveryCodes.map((code) =>
      createHash('sha256')
        .update('systemlog/v1/recovery-code\n')
        .update(Buffer.from(salt, 'base64url'))
        .update(code.replaceAll('-', ''))
        .digest(),
    );
    expect(codes.map(({ hash }) => hash).sort()).toEqual(
      hashes.map((hash) => hash.toString('base64url')).sort(),
    );
    expect(codes.map(({ id }) => id).sort()).toEqual(
      hashes.map((hash) => hash.subarray(0, 16).toString('base64url')).sort(),
    );
    const all = JSON.stringify({ account, ...rest });
    expect(all).not.toContain(Buffer.from(secret).toString('base64url'));
    expect(all).not.toContain(recoveryCodes[0]?.replaceAll('-', ''));
  });

  it('is told in a word while nothing has changed, and anew after anything has', async () => {
    const { server, device, join, policy, current } = await withDevice();
    await server.enrolled(device);
    await join('g');
    const changes = [
      () => setGroupMethods(server.work(), 'g', 'otp'),
      () => setLogonRules(server.work(), { prompts: true }),
      () => forgiveAttempts(server.work(), '1001'),
      () => deleteCredentials(server.work(), '1001', 'sealed-password'),
      () => deleteCredentials(server.work(), '1001', 'recovery-codes'),
      () => deleteCredentials(server.work(), '1001', 'otp'),
      () => unlinkAccount(server.work(), { device: device.id, sid: SID }),
    ];
    for (const change of changes) {
      const { version } = await current();
      expect(await policy(device, version)).toMatchObject({ status: 'unchanged', version });
      await change();
      expect((await policy(device, version)).status).toBe('current');
    }
    expect((await current()).accounts).toEqual([]);
  });

  it('raises the number under which sealed passwords are kept when methods change or the administrator says so', async () => {
    const { server, device, join, current } = await withDevice();
    await server.enrolled(device);
    await join('g');
    const epoch = async () => (await current()).account?.sealedPasswordEpoch;
    expect(await epoch()).toBe(0);
    await setGroupMethods(server.work(), 'g', 'otp');
    expect(await epoch()).toBe(1);
    await setGroupMethods(server.work(), 'g', 'otp');
    expect(await epoch()).toBe(1);
    await deleteCredentials(server.work(), '1001', 'sealed-password');
    expect(await epoch()).toBe(2);
  });

  it('holds nobody of another PC or company, nor who has left, and is told to the device alone', async () => {
    const { server, device, current, policy } = await withDevice();
    const someone = await server.enrolled(device);
    const elsewhere = await server.registered(server.company);
    const foreign = await server.registered(await server.addCompany('xyz'));
    expect((await current(elsewhere)).accounts).toEqual([]);
    expect((await current(foreign)).accounts).toEqual([]);
    expect((await someone.get('/v1/device/policy')).body.code).toBe('signature-missing');
    const nonce = await server.nonce();
    const headers = device.sign(nonce, { method: 'GET', url: '/v1/device/policy' });
    expect((await server.call('GET', '/v1/device/policy', undefined, headers)).status).toBe(200);
    expect((await server.call('GET', '/v1/device/policy', undefined, headers)).body.code).toBe('nonce-used');
    const tampered = device.sign(await server.nonce(), { method: 'GET', url: '/v1/device/policy' });
    const asked = await server.call(
      'GET',
      `/v1/device/policy?version=${'A'.repeat(43)}`,
      undefined,
      tampered,
    );
    expect(asked.body.code).toBe('signature-invalid');

    await server.store.updateTable('employees').set({ removed_at: 1 }).execute();
    expect((await current()).accounts).toEqual([]);
    await server.store.updateTable('devices').set({ retired_at: 1 }).execute();
    await expect(policy()).rejects.toThrow();
  });
});

describe('a PC’s report', () => {
  const withTwoPcs = async () => {
    const server = await withDevice();
    const someone = await server.enrolled(server.device);
    const second = await server.registered(server.company);
    await (await server.person(second)).link(await server.codeFor('1001'));
    const otp = (more: object) => ({
      sid: SID,
      otp: { credential: someone.credential, lastAcceptedStep: null, usedRecoveryCodes: [], ...more },
    });
    const nowStep = () => Math.floor(server.clock.nowMs / 30_000);
    const lastStep = async (of?: TestDevice) => (await server.current(of)).account?.otp?.lastAcceptedStep;
    return { ...server, someone, second, otp, nowStep, lastStep };
  };

  it('makes a step used everywhere, and never takes it back', async () => {
    const { someone, second, otp, nowStep, lastStep, report, otpNow, signed } = await withTwoPcs();
    const step = nowStep();
    await report([otp({ lastAcceptedStep: step })]);
    expect([await lastStep(), await lastStep(second)]).toEqual([step, step]);
    const request = {
      sid: SID,
      algorithms: ['device-secret+hkdf-sha256+a256gcm'],
      code: otpNow(someone.secret),
    };
    expect((await signed(second, 'POST', '/v1/device/otp-secret', request)).body.code).toBe('otp-used');
    await report([otp({ lastAcceptedStep: step - 5 })], second);
    expect(await lastStep()).toBe(step);
  });

  it('cannot use up codes of the future', async () => {
    const { otp, nowStep, lastStep, report } = await withTwoPcs();
    const before = await lastStep();
    await report([otp({ lastAcceptedStep: nowStep() + 4 })]);
    expect(await lastStep()).toBe(before);
    await report([otp({ lastAcceptedStep: nowStep() + 3 })]);
    expect(await lastStep()).toBe(nowStep() + 3);
  });

  it('burns a recovery code everywhere, once, and its owner is told once', async () => {
    const { someone, second, otp, current, report, mails, audited } = await withTwoPcs();
    const codes = (await current()).account?.otp?.recovery.codes ?? [];
    const id = codes[2]?.id;
    const answers = await Promise.all([1, 2, 3].map(() => report([otp({ usedRecoveryCodes: [id] })])));
    expect(answers[2]?.body.policyVersion).toBe((await current()).version);
    const burned = (await current(second)).account?.otp?.recovery.codes.filter(({ used }) => used);
    expect(burned?.map((code) => code.id)).toEqual([id]);
    expect((await mails()).filter(({ template }) => template === 'recovery-code-used')).toHaveLength(1);
    expect((await audited()).filter((action) => action === 'recovery-code-used')).toHaveLength(1);
    const left = (await someone.get('/v1/logon')).body.otp.recoveryCodesLeft;
    expect(left).toBe(7);
  });

  it('says nothing about accounts that are not linked there, or of an earlier enrolment', async () => {
    const { server, device, otp, current, report, nowStep, lastStep } = await withTwoPcs();
    const before = await lastStep();
    const id = (await current()).account?.otp?.recovery.codes[0]?.id;
    const said = { lastAcceptedStep: nowStep(), usedRecoveryCodes: [id] };
    const stranger = await server.registered(server.company);
    const foreign = await server.registered(await server.addCompany('xyz'));
    for (const by of [stranger, foreign]) expect((await report([otp(said)], by)).status).toBe(200);
    await report([otp({ ...said, credential: '018f0000-0000-4000-8000-000000000009' })], device);
    expect(await lastStep()).toBe(before);
    expect((await current()).account?.otp?.recovery.codes.some(({ used }) => used)).toBe(false);
  });

  it('is kept for the administrator: how far an account has come, and that codes are off', async () => {
    const { server, report, audited } = await withTwoPcs();
    await report([{ sid: SID, enforcement: 'probation' }]);
    await report([{ sid: SID, enforcement: 'lapsed', codesOff: true }]);
    await report([{ sid: SID, enforcement: 'lapsed', codesOff: true }]);
    const rows = await server.store
      .selectFrom('device_accounts')
      .select(['enforcement', 'codes_off'])
      .execute();
    expect(rows).toEqual([{ enforcement: 'lapsed', codes_off: 1 }]);
    const actions = await audited();
    expect(actions.filter((action) => action === 'enforcement-lapsed')).toHaveLength(1);
    expect(actions.filter((action) => action === 'codes-off')).toHaveLength(1);
  });

  it('is refused when it is not signed by the device', async () => {
    const { server, device, otp } = await withTwoPcs();
    const body = JSON.stringify({ accounts: [otp({})] });
    const forged = createDevice().sign(await server.nonce(), { url: REPORT, body, keyId: device.id });
    expect((await server.call('POST', REPORT, body, forged)).body.code).toBe('signature-invalid');
  });
});
