import { describe, expect, it } from 'vitest';
import type { Sid } from '../../contract/ids.ts';
import { listAudit } from '../audit/audit.ts';
import { deviceSecretPurpose } from '../secrets/purposes.ts';
import { createSecrets } from '../secrets/secrets.ts';
import { addDevice, addEmployee, DEVICE, NOW, SID, withCompany } from './administration.test-support.ts';
import { commands } from './commands.ts';
import { emergencyAnswer } from './logon-credentials.ts';
import { setLogonRules } from './logon-rules.ts';

async function start() {
  const { store, company } = await withCompany();
  await addEmployee(store, company, 'taro', '1001');
  const secrets = createSecrets([{ id: 'test', key: Buffer.alloc(32, 1) }]);
  const sealed_secret = secrets.seal(Buffer.alloc(32), deviceSecretPurpose(DEVICE));
  await store.updateTable('devices').set({ sealed_secret }).execute();
  const clock = { now: () => NOW };
  const run = async (name: string, options: Record<string, string> = {}) =>
    (await commands[name]?.run(
      { store, secrets, clock, readText: async () => '' },
      { company: 'abc', ...options },
    )) ?? [];
  const audited = () => listAudit(store, company, { fromMs: 0, toMs: NOW + 1, limit: 100 });
  const work = { store, secrets, company, by: '佐藤', atMs: NOW };
  return { store, company, run, audited, work };
}
const employee = { 'employee-code': '1001' };
const account = { device: DEVICE, sid: SID };

describe('emergency answers', () => {
  /** From the test vectors of native/core, whose tile compares them. */
  it.each([
    [
      'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
      'S-1-5-21-1004336348-1177238915-682003330-1001',
      'HEMFGDSV',
      'MCNT-R7XD',
    ],
    [
      'qWCJvKcfPRptLTyts2acvVDhZeQ0JJ2Lgp9BFmmEKpc',
      'S-1-12-1-3653211022-1339006422-2627573900-2853132645',
      'YS4832VB',
      'ZAAZ-CWQJ',
    ],
  ])('are what the PC with secret %s expects', (secret, sid, challenge, answer) => {
    expect(emergencyAnswer(Buffer.from(secret, 'base64url'), sid as Sid, challenge)).toBe(answer);
  });

  it('are made for the challenge as it was read out, and audited with who gave them', async () => {
    const { run, audited, store } = await start();
    await store.updateTable('employees').set({ mail: 'taro@example.jp' }).execute();
    await run('link', { ...account, ...employee });
    const plain = await run('emergency-answer', { ...account, challenge: 'K48G6V08' });
    const spoken = await run('emergency-answer', { ...account, challenge: 'k48g-6vo8', by: '佐藤' });
    expect(spoken).toEqual(plain);
    expect((await audited())[0]).toMatchObject({
      actor: '佐藤',
      actor_kind: 'administrator',
      action: 'emergency-answered',
      employee: 'taro',
      device: DEVICE,
      sid: SID,
    });
    const mails = await store.selectFrom('mails').select('template').execute();
    expect(mails.map(({ template }) => template)).toEqual(['account-linked', 'emergency-answered']);
  });

  it('are refused for another company’s device, a retired one, and what is no challenge', async () => {
    const { run, store, audited } = await start();
    await addDevice(store, 'other', 'E'.repeat(43));
    const asked = { ...account, challenge: 'K48G6V08' };
    const elsewhere = run('emergency-answer', { ...asked, device: 'E'.repeat(43) });
    await expect(elsewhere).rejects.toMatchObject({ code: 'unknown-device' });
    const malformed = run('emergency-answer', { ...asked, challenge: 'K48G6V0' });
    await expect(malformed).rejects.toMatchObject({ code: 'invalid-challenge' });
    await run('retire-device', { device: DEVICE });
    await expect(run('emergency-answer', asked)).rejects.toMatchObject({ code: 'device-retired' });
    expect(await audited()).toEqual([]);
  });
});

describe('linking for an employee', () => {
  it('is audited once and gives no permission to enrol', async () => {
    const { run, audited, store } = await start();
    await run('link', { ...account, ...employee, by: '佐藤' });
    await run('link', { ...account, ...employee, by: '佐藤' });
    expect(await audited()).toMatchObject([
      { action: 'account-linked', actor: '佐藤', employee: 'taro', sid: SID },
    ]);
    expect(await store.selectFrom('enrolment_grants').selectAll().execute()).toEqual([]);
  });

  it('can be undone', async () => {
    const { run, audited, store } = await start();
    await expect(run('unlink', account)).rejects.toMatchObject({ code: 'not-linked' });
    await run('link', { ...account, ...employee });
    await run('unlink', account);
    expect(await store.selectFrom('links').selectAll().execute()).toEqual([]);
    expect((await audited())[0]).toMatchObject({ action: 'account-unlinked', employee: 'taro' });
  });
});

describe('the audit', () => {
  it('can be added to and not changed, not even by us', async () => {
    const { run, store, audited } = await start();
    await run('issue-code', employee);
    await expect(store.updateTable('audit').set({ actor: 'nobody' }).execute()).rejects.toThrow(
      'append-only',
    );
    await expect(store.deleteFrom('audit').execute()).rejects.toThrow('append-only');
    expect(await audited()).toHaveLength(1);
  });

  it('never holds a code', async () => {
    const { run, audited } = await start();
    await run('set-mail', { ...employee, mail: 'taro@example.jp' });
    await run('send-account-mail', employee);
    const [code = ''] = await run('issue-code', employee);
    expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    const entries = JSON.stringify(await audited());
    expect(entries).not.toContain(code);
    expect(entries).not.toContain(code.replaceAll('-', ''));
  });

  it('is a company’s own', async () => {
    const { run, store } = await start();
    await run('issue-code', employee);
    const elsewhere = await listAudit(store, 'other', { fromMs: 0, toMs: NOW + 1, limit: 100 });
    expect(elsewhere).toEqual([]);
  });
});

describe('rules and methods', () => {
  it('are changed one by one, and a misspelt one is refused', async () => {
    const { run, work } = await start();
    await run('set-logon-rules', { rules: '{"whenBridgeDown":"deny"}' });
    const [rules = ''] = await run('set-logon-rules', { rules: '{"prompts":true}' });
    expect(JSON.parse(rules)).toMatchObject({ whenBridgeDown: 'deny', prompts: true, probationDays: 14 });
    for (const wrong of [
      { enforcment: false },
      { probationDays: 0 },
      { breakGlassSids: ['admin'] },
      [],
      null,
    ]) {
      await expect(setLogonRules(work, wrong)).rejects.toMatchObject({ code: 'invalid-settings' });
    }
  });

  it('are refused for a group that is not there', async () => {
    const { run } = await start();
    const unknown = run('set-group-methods', { group: 'g', methods: 'otp' });
    await expect(unknown).rejects.toMatchObject({ code: 'unknown-group' });
    await expect(run('set-group-methods', { group: 'g', methods: 'either' })).rejects.toThrow();
  });
});

describe('the list of credentials', () => {
  it('says how everybody stands', async () => {
    const { run, store } = await start();
    await run('link', { ...account, ...employee });
    await run('issue-code', employee);
    const [line = ''] = await run('list-credentials');
    expect(JSON.parse(line)).toMatchObject({
      employee: { code: '1001', mail: null },
      methods: 'either',
      codeExpiresAtMs: NOW + 24 * 3_600_000,
      otp: null,
      accounts: [{ device: DEVICE, deviceName: 'PC', sid: SID, enforcement: null, codesOff: false }],
    });
    await store.updateTable('employees').set({ removed_at: NOW }).execute();
    expect(await run('list-credentials')).toEqual([]);
  });
});
