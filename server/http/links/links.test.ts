import { describe, expect, it } from 'vitest';
import { addLog } from '../../administration/administration.test-support.ts';
import { sendAccountMail } from '../../administration/logon-accounts.ts';
import { ONE_TIME_CODE_LIFE_MS } from '../../logon/one-time-codes.ts';
import { codesOf, type LogonServer, OTHER_SID, SID, startLogonServer } from '../logon.test-support.ts';

const linksOf = ({ store }: LogonServer) =>
  store.selectFrom('links').select(['device', 'sid', 'employee']).execute();
const WRONG = '0000-0000-0000';

describe('linking by a one-time code', () => {
  it('makes the account the employee’s, brings its waiting logs along, and tells its owner', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    await addLog(server.store, server.company.id, 'waiting', { device: device.id, employee: null });
    const someone = await server.person(device);
    expect((await someone.get('/v1/logon')).body).toMatchObject({ employee: null, next: 'link', otp: null });

    const answer = await someone.link(await server.codeFor('1001'));
    expect(answer.body).toMatchObject({ employee: { code: '1001', lastName: '山田' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await linksOf(server)).toEqual([{ device: device.id, sid: SID, employee: 'taro' }]);
    expect(await server.store.selectFrom('logs').select('employee').execute()).toEqual([
      { employee: 'taro' },
    ]);
    expect(await server.store.selectFrom('dirty').select('employee').execute()).toEqual([
      { employee: 'taro' },
    ]);
    expect(await server.mails()).toMatchObject([
      { template: 'account-linked', recipient: 'taro@example.jp' },
    ]);
    expect(await server.audited()).toEqual(['one-time-code-issued', 'account-linked']);
    expect((await someone.get('/v1/logon')).body).toMatchObject({ methods: 'either', next: 'enrol' });
  });

  it('takes a code as people type it', async () => {
    const server = await startLogonServer();
    const someone = await server.person(await server.registered(server.company));
    const code = await server.codeFor('1001');
    const wide = code.replace(/[0-9A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
    expect((await someone.link(` ${wide.toLowerCase()}　`)).status).toBe(200);
  });

  it('gives the same answer to the same code from the same account, and changes nothing', async () => {
    const server = await startLogonServer();
    const someone = await server.person(await server.registered(server.company));
    const code = await server.codeFor('1001');
    const first = await someone.link(code);
    const before = [await server.mails(), await server.audited()];
    const second = await someone.link(code);
    expect(second.body).toEqual(first.body);
    expect([await server.mails(), await server.audited()]).toEqual(before);
  });
});

describe('a one-time code is refused, and always in the same way,', () => {
  it('when it was used by another account, is over, was replaced, or never was', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const [someone, other] = [await server.person(device), await server.person(device, OTHER_SID)];
    const used = await server.codeFor('1001');
    await someone.link(used);
    const replaced = await server.codeFor('1002');
    const expired = await server.codeFor('1002');
    const answers = [await other.link(used), await other.link(replaced), await other.link(WRONG)];
    answers.push(await other.link('not a code at all'));
    server.pass(ONE_TIME_CODE_LIFE_MS);
    const later = await server.person(device, OTHER_SID);
    answers.push(await later.link(expired));
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    const told = answers.map(({ body: { requestId: _, ...rest } }) => rest);
    expect(new Set(told.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(codesOf(answers)[0]).toBe('code-invalid');
    expect(await linksOf(server)).toHaveLength(1);
  });

  it('up to the last millisecond it is good', async () => {
    const server = await startLogonServer();
    const code = await server.codeFor('1001');
    const device = await server.registered(server.company);
    server.pass(ONE_TIME_CODE_LIFE_MS - 1);
    expect((await (await server.person(device)).link(code)).status).toBe(200);
  });

  it('in another company, whoever it was issued for', async () => {
    const server = await startLogonServer();
    const elsewhere = await server.addCompany('xyz');
    const device = await server.registered(elsewhere);
    const stranger = await server.person(device, SID, 'xyz');
    expect((await stranger.link(await server.codeFor('1001'))).body.code).toBe('code-invalid');
    expect(await linksOf(server)).toEqual([]);
  });

  it('for somebody who has left since', async () => {
    const server = await startLogonServer();
    const code = await server.codeFor('1001');
    await server.store.updateTable('employees').set({ removed_at: 1 }).where('id', '=', 'taro').execute();
    const someone = await server.person(await server.registered(server.company));
    expect((await someone.link(code)).body.code).toBe('code-invalid');
  });

  it('from a retired device, before it is looked at', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const someone = await server.person(device);
    const code = await server.codeFor('1001');
    await server.store.updateTable('devices').set({ retired_at: 1 }).execute();
    expect((await someone.link(code)).body.code).toBe('device-retired');
    await server.store.updateTable('devices').set({ retired_at: null }).execute();
    expect((await someone.link(code)).status).toBe(200);
  });
});

describe('one Windows account on one PC', () => {
  it('is one employee: another’s code neither links nor is used up', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const someone = await server.person(device);
    await someone.link(await server.codeFor('1001'));
    const others = await server.codeFor('1002');
    expect((await someone.link(others)).body.code).toBe('linked-otherwise');
    expect(await linksOf(server)).toEqual([{ device: device.id, sid: SID, employee: 'taro' }]);
    expect((await (await server.person(device, OTHER_SID)).link(others)).status).toBe(200);
  });

  it('is linked once when two accounts bring one code at the same moment', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const code = await server.codeFor('1001');
    const people = await Promise.all([SID, OTHER_SID].map((sid) => server.person(device, sid)));
    const answers = await Promise.all(people.map((someone) => someone.link(code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
    expect(await linksOf(server)).toHaveLength(1);
  });
});

describe('guessing one-time codes', () => {
  it('is slowed down for a device, over however many connections and accounts it guesses', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const guessers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => server.person(device, `S-1-5-21-9-9-9-${i}`)),
    );
    const answers = await Promise.all(guessers.map((someone) => someone.link(WRONG)));
    const codes = codesOf(answers);
    expect(codes.filter((code) => code === 'code-invalid')).toHaveLength(5);
    expect(codes.filter((code) => code === 'too-many-requests')).toHaveLength(5);

    const right = await server.codeFor('1001');
    const braked = await (await server.person(device)).link(right);
    expect([braked.status, braked.headers.get('retry-after')]).toEqual([429, '30']);
    server.pass(30_000);
    expect((await (await server.person(device)).link(right)).status).toBe(200);
  });

  it('waits twice as long after each further failure, and a clock set back does not shorten it', async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const guess = async () => (await server.person(device)).link(WRONG);
    for (let i = 0; i < 5; i++) await guess();
    server.pass(30_000);
    expect((await guess()).body.code).toBe('code-invalid');
    expect((await guess()).headers.get('retry-after')).toBe('60');
    const nonceStillFresh = -10_000;
    server.pass(nonceStillFresh);
    expect((await guess()).headers.get('retry-after')).toBe('60');
  });

  it('on one PC stops nobody on another', async () => {
    const server = await startLogonServer();
    const [hostile, good] = [
      await server.registered(server.company),
      await server.registered(server.company),
    ];
    const guesser = await server.person(hostile);
    for (let i = 0; i < 6; i++) await guesser.link(WRONG);
    expect((await (await server.person(good)).link(await server.codeFor('1001'))).status).toBe(200);
  });
});

describe('the account mail', () => {
  it('carries a code that links, and makes one from before void', async () => {
    const server = await startLogonServer();
    const before = await server.codeFor('1001');
    await sendAccountMail(server.work(), '1001');
    const { id, sealed_values } = await server.store
      .selectFrom('mails')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(sealed_values).not.toContain('code');
    const values = server.options.secrets.open(sealed_values, `mail-values/${id}`);
    const { code } = JSON.parse(Buffer.from(values).toString());
    const someone = await server.person(await server.registered(server.company));
    expect((await someone.link(before)).body.code).toBe('code-invalid');
    expect((await someone.link(code)).status).toBe(200);
  });

  it('is refused for somebody without an address', async () => {
    const server = await startLogonServer();
    await server.store.updateTable('employees').set({ mail: null }).execute();
    await expect(sendAccountMail(server.work(), '1001')).rejects.toMatchObject({ code: 'no-mail-address' });
  });
});
