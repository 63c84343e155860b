import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { testWithCore as test } from '../../sandbox/virtual-pc/bridge/core.test-support.ts';
import { answerEmergency, forgiveAttempts } from '../../server/administration/logon-credentials.ts';
import type { GroupMethods } from '../../server/logon/logon-settings.ts';
import { STEP_MS, startPc, TARO } from './pc-world.ts';
import { EMPLOYEE_CODE, wrong } from './world.ts';

const DONE = { done: true } as const;
const refused = (reason: unknown) => ({ done: false, reason });

test('from a password alone over link, enrolment and rehearsal to two factors', async () => {
  const pc = await startPc('password+otp');
  expect(await pc.tile()).toMatchObject({
    action: 'windows',
    reason: 'enforcement-off',
    fields: ['password'],
  });
  expect(await pc.signIn({ password: 'no' })).toMatchObject(refused('wrong-password'));
  const recoveryCodes = await pc.enrol();
  expect(await pc.look()).toMatchObject({ core: 'available', coreProblem: null });

  expect(await pc.tile(true)).toMatchObject({ action: 'ask', fields: ['password', 'code'] });
  const first = await pc.freshCode();
  expect(await pc.rehearse({ password: 'no', code: first })).toMatchObject(refused('wrong-password'));
  expect(await pc.rehearse({ code: first })).toEqual(DONE);
  await expect.poll(pc.enforcement).toBe('probation');
  expect(await pc.events('logon')).toHaveLength(1);
  expect(await pc.events('unlock')).toHaveLength(0);

  await pc.act({ type: 'lock' });
  expect(await pc.tile()).toMatchObject({ action: 'ask', fields: ['password', 'code'], codeOptional: true });
  expect(await pc.signIn({ code: await pc.freshCode() })).toEqual(DONE);
  expect(await pc.methodAtServer()).toBe('password+otp');
  await expect.poll(pc.enforcement).toBe('enforced');
  await pc.act({ type: 'lock' });
  expect(await pc.tile()).toMatchObject({
    action: 'ask',
    codeOptional: false,
    recoveryCodesLeft: recoveryCodes.length,
  });
  expect(await pc.signIn()).toMatchObject(refused('code-missing'));
  expect((await pc.events('enrolment')).map(({ user }) => user)).toEqual(['山田 太郎']);
});

test('a code serves once; after a wrong password it may be tried again as long as the screen was not left', async () => {
  const pc = await startPc('otp+password');
  await pc.enforce();
  expect(await pc.signIn({ code: pc.code() })).toMatchObject(refused('used'));
  const code = await pc.freshCode();
  expect(await pc.signIn({ password: 'no', code })).toMatchObject(refused('wrong-password'));
  expect(await pc.signIn({ code })).toEqual(DONE);
  await pc.act({ type: 'lock' });
  expect(await pc.signIn({ code })).toMatchObject(refused('used'));
  const next = await pc.freshCode();
  expect(await pc.signIn({ password: 'no', code: next })).toMatchObject(refused('wrong-password'));
  await pc.act({ type: 'restart' });
  expect(await pc.signIn({ code: next })).toMatchObject(refused('used'));
  const recorded = async () => (await pc.events('auth-failure')).map(({ reason }) => reason);
  await expect.poll(recorded).toEqual(['used', 'wrong-password', 'used', 'wrong-password', 'used']);
});

test('five wrong codes make one wait, whatever code comes then, until it is forgiven', async () => {
  const pc = await startPc('password+otp');
  await pc.enforce();
  const code = await pc.freshCode();
  for (let n = 1; n < 5; n += 1) {
    expect(await pc.signIn({ code: wrong(code) })).toMatchObject({ ...refused('wrong'), waitMs: 0 });
  }
  const fifth = await pc.signIn({ code: wrong(code) });
  expect(fifth).toMatchObject(refused('wrong'));
  expect(fifth).toHaveProperty('waitMs', expect.closeTo(30_000, -4));
  expect(await pc.signIn({ code })).toMatchObject(refused('throttled'));
  expect((await pc.tile()).waitMs).toBeGreaterThan(0);
  await pc.act({ type: 'move-clock', byMs: 3_600_000 });
  expect(await pc.signIn({ code })).toMatchObject(refused('throttled'));
  await forgiveAttempts(pc.server.administration(), EMPLOYEE_CODE);
  await pc.synced();
  expect((await pc.tile()).waitMs).toBe(0);
  expect(await pc.signIn({ code })).toEqual(DONE);
});

test('a PC that starts offline with a wrong clock says so, and two codes in a row put it right', async () => {
  const pc = await startPc('password+otp');
  await pc.enforce();
  await pc.act({ type: 'set-cable', plugged: false });
  await pc.act({ type: 'restart' });
  await pc.act({ type: 'move-clock', byMs: 5 * 60_000 + pc.server.clock.aheadMs });
  const off = await pc.signIn({ code: pc.nextCode() });
  expect(off).toMatchObject(refused('clock-off'));
  expect(off).toHaveProperty('clockOffsetMs', expect.closeTo(-5 * 60_000, -5));
  expect(await pc.signIn({ code: pc.nextCode() })).toEqual(DONE);
});

test('a recovery code replaces a code once, and its use is known at the server', async () => {
  const pc = await startPc('password+otp');
  const [recoveryCode = '', ...left] = await pc.enforce();
  expect(await pc.signIn({ recoveryCode: recoveryCode.toLowerCase() })).toEqual(DONE);
  expect(await pc.methodAtServer()).toBe('recovery-code+password');
  await pc.act({ type: 'lock' });
  expect(await pc.signIn({ recoveryCode })).toMatchObject({
    ...refused('recovery-used'),
    recoveryCodesLeft: left.length,
  });
  await pc.signIn({ code: await pc.freshCode() });
  const proof = { kind: 'recovery-code', code: recoveryCode } as const;
  expect(await pc.askClient({ command: 'start-enrolment', proof })).toMatchObject({
    ok: false,
    code: 'code-invalid',
  });
});

test('an administrator’s answer to the challenge of the tile replaces a code once, never the password', async () => {
  const pc = await startPc('password+otp');
  await pc.enforce();
  const { device } = (await pc.server.store.selectFrom('devices').select('id as device').execute())[0] ?? {
    device: '',
  };
  const answerTo = (challenge: string) =>
    answerEmergency(pc.server.administration(), { device, sid: TARO, challenge });
  const emergencyResponse = await answerTo(await pc.challenge());
  expect(await pc.signIn({ emergencyResponse, password: '' })).toMatchObject(refused('password-missing'));
  expect(await pc.signIn({ emergencyResponse, password: 'no' })).toMatchObject(refused('wrong-password'));
  expect(await pc.signIn({ emergencyResponse })).toEqual(DONE);
  expect(await pc.methodAtServer()).toBe('emergency+password');
  await pc.act({ type: 'lock' });
  expect(await pc.signIn({ emergencyResponse })).toMatchObject(refused('emergency-no-challenge'));
});

test('each of a group’s ways to log on is asked for and recorded as such', async () => {
  const pc = await startPc('password+otp');
  await pc.enforce();
  const asked: [GroupMethods, string[], string][] = [
    ['otp+password', ['code', 'password'], 'otp+password'],
    ['password+otp', ['password', 'code'], 'password+otp'],
  ];
  for (const [methods, fields, recorded] of asked) {
    await pc.setMethods(methods);
    const code = await pc.freshCode();
    expect(await pc.tile()).toMatchObject({ action: 'ask', fields });
    expect(await pc.signIn({ code })).toEqual(DONE);
    expect(await pc.methodAtServer()).toBe(recorded);
    await pc.act({ type: 'lock' });
  }

  await pc.setMethods('otp');
  const consent = { code: await pc.freshCode(), sealPassword: true };
  expect(await pc.tile()).toMatchObject({
    reason: 'no-sealed-password',
    fields: ['code', 'password'],
    maySealPassword: true,
  });
  expect(await pc.signIn(consent)).toEqual(DONE);
  await pc.act({ type: 'lock' });
  expect(await pc.tile()).toMatchObject({ action: 'ask', fields: ['code'], maySealPassword: false });
  expect(await pc.signIn({ code: await pc.freshCode(), password: '' })).toEqual(DONE);
  expect(await pc.methodAtServer()).toBe('otp');
  await pc.act({ type: 'lock' });

  await pc.setMethods('password');
  await pc.synced();
  expect((await pc.tile()).fields).toEqual(['password']);
  expect(await pc.signIn()).toEqual(DONE);
  expect(await pc.methodAtServer()).toBe('password');
});

test('a code used offline is refused at the server once the PC is back, whatever happened to its power', async () => {
  const pc = await startPc('password+otp');
  await pc.enforce();
  await pc.act({ type: 'set-cable', plugged: false });
  const code = pc.nextCode();
  expect(await pc.signIn({ code })).toEqual(DONE);
  await pc.act({ type: 'pull-the-plug' });
  await pc.act({ type: 'power-on' });
  // The clock its battery kept is right; the server's and the authenticator's were set ahead for the test.
  await pc.act({ type: 'move-clock', byMs: pc.server.clock.aheadMs });
  expect(await pc.signIn({ code })).toMatchObject(refused('used'));
  expect(await pc.signIn({ code: pc.nextCode() })).toEqual(DONE);
  await pc.act({ type: 'set-cable', plugged: true });
  await pc.synced();
  const online = async () => (await pc.look()).users[0]?.client?.status?.server;
  await expect.poll(online, { timeout: 20_000 }).toBe('online');
  const asked = await pc.askClient({ command: 'new-recovery-codes', code });
  expect(asked).toMatchObject({ ok: false, code: 'otp-used' });
  pc.server.clock.aheadMs += STEP_MS;
  expect(await pc.askClient({ command: 'new-recovery-codes', code: pc.code() })).toMatchObject({ ok: true });
});

test('while the bridge is down the tile waits, then lets the password do, and the journal says so afterwards', async () => {
  const pc = await startPc('password+otp', { bridgePatienceMs: 2_000 });
  await pc.enforce();
  const keyFile = path.join(pc.state, 'bridge', 'device.json');
  const key = await readFile(keyFile);
  await writeFile(keyFile, 'unreadable');
  const back = pc.crashBridge();
  await expect.poll(async () => (await pc.tile()).action).toBe('wait');
  expect(await pc.signIn()).toMatchObject(refused('waiting'));
  const reason = 'bridge-down-password-only';
  const shown = async () => (await pc.tile()).reason;
  await expect.poll(shown, { timeout: 10_000 }).toBe(reason);
  const signedIn = pc.signIn();
  await writeFile(keyFile, key);
  await back;
  expect(await signedIn).toEqual(DONE);
  await expect.poll(async () => (await pc.events('unlock'))[0]).toMatchObject({ reason });
  await pc.act({ type: 'lock' });
  expect(await pc.tile()).toMatchObject({ action: 'ask', fields: ['password', 'code'] });
});

test('whenever the bridge dies during a sign-in, its code lets in once at most, and a sign-in is recorded', async () => {
  const pc = await startPc('password+otp');
  await pc.enforce();
  // On a slow machine the code's half minute may be over by the second try.
  const spent = refused(expect.stringMatching(/^(used|too-old)$/));
  for (const afterMs of [0, 3, 10, 30]) {
    const unlocks = (await pc.events('unlock')).length;
    const code = await pc.freshCode();
    const signedIn = pc.signIn({ code });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await pc.crashBridge();
    // Windows let them in, or the code was not judged to the end; then it is used up, or was never seen.
    const again = (await signedIn).done ? DONE : await pc.signIn({ code });
    expect(again).toMatchObject(again.done ? DONE : spent);
    if (again.done) await pc.act({ type: 'lock' });
    expect(await pc.signIn({ code })).toMatchObject(spent);
    // A bridge that comes back slowly is told after Windows has gone on.
    await expect.poll(() => pc.events('unlock')).toHaveLength(unlocks + (again.done ? 1 : 0));
  }
});
