import { describe, expect, it } from 'vitest';
import { createSecrets } from '../secrets/secrets.ts';
import { tokenHash } from '../secrets/token-hash.ts';
import { openStore } from '../store/store.ts';
import { addDevice, addEmployee, DEVICE, NOW, SID } from './administration.test-support.ts';
import { commands } from './commands.ts';

async function start(files: Record<string, string> = {}) {
  const store = await openStore(':memory:');
  const secrets = createSecrets([{ id: 'test', key: Buffer.alloc(32, 1) }]);
  const clock = { nowMs: NOW, now: () => clock.nowMs };
  const readText = async (file: string) => files[file] ?? '';
  const run = async (name: string, options: Record<string, string>) =>
    (await commands[name]?.run({ store, secrets, clock, readText }, options)) ?? [];
  await run('create-company', { code: 'abc', name: 'Company' });
  const { id: company } = await store.selectFrom('companies').selectAll().executeTakeFirstOrThrow();
  return { store, secrets, clock, run, company };
}

const TERMS = { company: 'abc', role: 'client', limit: '3', expires: '2027-01-01T00:00:00+09:00' };

describe('companies', () => {
  it('have a code of their own', async () => {
    const { run } = await start();
    await expect(run('create-company', { code: 'abc', name: 'x' })).rejects.toMatchObject({
      code: 'company-exists',
    });
    await expect(run('create-company', { code: 'abcd', name: 'x' })).rejects.toThrow('code');
    await expect(run('issue-token', { ...TERMS, company: 'xyz' })).rejects.toMatchObject({
      code: 'unknown-company',
    });
  });

  it('can be imported from a file', async () => {
    const text = JSON.stringify({ company: { code: 'new', name: 'New' } });
    const { run, store } = await start({ 'company.json': text });
    expect(await run('import-company', { file: 'company.json' })).toEqual([
      'Company new imported: 0 employees',
    ]);
    expect(await store.selectFrom('companies').select('code').execute()).toContainEqual({ code: 'new' });
  });
});

describe('access tokens', () => {
  it('are 32 alphanumerics, shown once and kept as a hash', async () => {
    const { run, store } = await start();
    const [token = ''] = await run('issue-token', TERMS);
    expect(token).toMatch(/^[0-9A-Za-z]{32}$/);
    const rows = await store.selectFrom('access_tokens').selectAll().execute();
    expect(rows).toMatchObject([
      {
        token_hash: tokenHash(token),
        role: 'client',
        device_limit: 3,
        expires_at: Date.parse('2026-12-31T15:00:00.000Z'),
        revoked_at: null,
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it.each([{ role: 'admin' }, { limit: '0' }, { limit: '-1' }, { expires: '2027-01-01' }, { what: 'x' }])(
    'are not issued with %j',
    async (change) => {
      const { run, store } = await start();
      await expect(run('issue-token', { ...TERMS, ...change } as Record<string, string>)).rejects.toThrow(
        Object.keys(change)[0],
      );
      expect(await store.selectFrom('access_tokens').selectAll().execute()).toEqual([]);
    },
  );

  it('are revoked by id, once, in their own company', async () => {
    const { run, store, clock } = await start();
    await run('create-company', { code: 'xyz', name: 'Other' });
    await run('issue-token', TERMS);
    const { id } = await store.selectFrom('access_tokens').select('id').executeTakeFirstOrThrow();
    await expect(run('revoke-token', { company: 'xyz', id })).rejects.toMatchObject({
      code: 'unknown-token',
    });
    await run('revoke-token', { company: 'abc', id });
    clock.nowMs += 1000;
    await run('revoke-token', { company: 'abc', id });
    expect(await store.selectFrom('access_tokens').select('revoked_at').execute()).toEqual([
      { revoked_at: NOW },
    ]);
  });

  it('are listed with the devices that count against their limit', async () => {
    const { run, store, company } = await start();
    await run('issue-token', { ...TERMS, expires: 'never' });
    const { id } = await store.selectFrom('access_tokens').select('id').executeTakeFirstOrThrow();
    await addDevice(store, company, DEVICE, id);
    await addDevice(store, company, 'E'.repeat(43), id);
    await run('retire-device', { company: 'abc', device: DEVICE });
    expect(await run('list-tokens', { company: 'abc' })).toEqual([
      `${id}  client  devices 1/3  expires never`,
    ]);
  });
});

describe('devices', () => {
  it('are retired once, in their own company', async () => {
    const { run, store, company, clock } = await start();
    await run('create-company', { code: 'xyz', name: 'Other' });
    await addDevice(store, company, DEVICE);
    await expect(run('retire-device', { company: 'xyz', device: DEVICE })).rejects.toMatchObject({
      code: 'unknown-device',
    });
    await run('retire-device', { company: 'abc', device: DEVICE });
    clock.nowMs += 1000;
    await run('retire-device', { company: 'abc', device: DEVICE });
    expect(await store.selectFrom('devices').select('retired_at').execute()).toEqual([{ retired_at: NOW }]);
  });

  it('have their accounts linked', async () => {
    const { run, store, company } = await start();
    await addDevice(store, company, DEVICE);
    await addEmployee(store, company, 'key-1', '0001');
    const options = { company: 'abc', device: DEVICE, sid: SID, 'employee-code': '0001' };
    expect(await run('link', options)).toEqual(['Linked to employee 0001; 0 waiting logs are theirs now']);
    await expect(run('link', { ...options, sid: 'taro' })).rejects.toThrow('sid');
  });
});

describe('the attendance service', () => {
  it('is kept with its token sealed for its company alone, and replaced when said again', async () => {
    const { run, store, secrets, company } = await start({ '-': 'from-stdin\n' });
    const options = { company: 'abc', url: 'https://api.example/v1/', token: 'first' };
    await run('attendance-service', options);
    await run('attendance-service', { ...options, token: '-' });
    const rows = await store.selectFrom('attendance_services').selectAll().execute();
    expect(rows).toMatchObject([{ company, base_url: 'https://api.example/v1', enabled: 1 }]);
    const sealed = rows[0]?.sealed_token ?? '';
    expect(Buffer.from(secrets.open(sealed, `attendance-token/${company}`)).toString()).toBe('from-stdin');
    expect(() => secrets.open(sealed, 'attendance-token/other')).toThrow();
  });

  it('is not spoken to unencrypted, except on this machine', async () => {
    const { run } = await start();
    const at = (url: string) => run('attendance-service', { company: 'abc', url, token: 't' });
    for (const url of ['http://api.example', 'ftp://localhost', 'api.example']) {
      await expect(at(url)).rejects.toMatchObject({ code: 'invalid-address' });
    }
    await at('http://localhost:4000');
  });
});

describe('settings', () => {
  it('are put into force for the company or a group', async () => {
    const { run, store, company } = await start();
    await store.insertInto('groups').values({ company, id: 'g', name: 'G' }).execute();
    const options = { company: 'abc', from: 'soonest', settings: '{"carryOver":true}' };
    expect(await run('set-settings', options)).toEqual(['In force from the first day on']);
    expect(await run('set-settings', { ...options, group: 'g', from: '2026-07-01' })).toEqual([
      'In force from 2026-07-01',
    ]);
    for (const settings of ['{', '[]', '{"x":1}']) {
      await expect(run('set-settings', { ...options, settings })).rejects.toMatchObject({
        code: 'invalid-settings',
      });
    }
  });
});
