import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { logonReport } from '../../contract/logon.ts';
import { describeWithCore, scratchFolders } from './core.test-support.ts';
import { CREDENTIAL, emergencyAnswerTo, MACHINE, Pc, RECOVERY_CODES, SID } from './desk.test-support.ts';

describeWithCore('the desk of the logon screen', (core) => {
  const newFolder = scratchFolders();

  test('knows nobody before the server has said anything', async () => {
    const pc = await Pc.open(core, newFolder('new'));
    expect(await pc.desk.policyVersion()).toBe('');
    expect(await pc.desk.secretsDue()).toEqual([]);
    expect(await pc.desk.standing(SID, pc.clock)).toBeNull();
    expect(await pc.question()).toMatchObject({ action: 'stand-aside', reason: 'enforcement-off' });
    await pc.desk.close();
  });

  test('takes a policy, says which secret is due, and takes that', async () => {
    const pc = await Pc.open(core, newFolder('enrolled'));
    const policy = await pc.policy();
    expect(await pc.desk.takePolicy(policy, pc.clock)).toBe(true);
    expect(await pc.desk.takePolicy(policy, pc.clock)).toBe(false);
    expect(await pc.desk.policyVersion()).toBe(JSON.parse(policy).version);
    expect(await pc.desk.secretsDue()).toEqual([{ sid: SID, credential: CREDENTIAL, enrolledHere: true }]);
    await pc.desk.takeSecret(SID, pc.released(), pc.clock);
    expect(await pc.desk.secretsDue()).toEqual([]);
    expect(await pc.desk.standing(SID, pc.clock)).toEqual({
      methods: 'password+otp',
      enrolment: 'rehearsal-due',
      secretHeld: true,
      codesDisabled: false,
      waitMs: 0,
      recoveryCodesLeft: RECOVERY_CODES.length,
      passwordSealed: false,
    });
    await pc.desk.close();
  });

  test('leads from rehearsal over the first sign-in to enforcement', async () => {
    const pc = await Pc.enrolled(core, newFolder('enforced'));
    const enrolment = async () => (await pc.desk.standing(SID, pc.clock))?.enrolment;
    pc.pass(30_000);
    expect(await pc.question()).toMatchObject({
      action: 'ask',
      reason: 'rehearsal-due',
      factors: ['password'],
    });
    expect(await pc.signInByCode({ rehearsal: true })).toMatchObject({
      granted: true,
      codeVerdict: 'accepted',
      password: null,
    });
    expect(await enrolment()).toBe('probation');
    pc.pass(30_000);
    expect(await pc.question()).toMatchObject({ reason: 'probation', codeOptional: true });
    expect(await pc.signInByCode()).toMatchObject({ granted: true, method: 'password+otp' });
    expect(await enrolment()).toBe('enforced');
    expect(await pc.question()).toEqual({
      action: 'ask',
      reason: 'by-methods',
      factors: ['password', 'otp'],
      alternative: [],
      codeOptional: false,
      substitutesOnly: false,
      alarm: false,
      waitMs: 0,
      recoveryCodesLeft: RECOVERY_CODES.length,
      maySealPassword: false,
    });
    await pc.desk.close();
  });

  test('takes a code once; after a wrong password the same attempt may bring it again', async () => {
    const pc = await Pc.enforced(core, newFolder('once'));
    const [attempt, code] = [pc.attempt(), await pc.code()];
    expect(await pc.answer({ code }, { attempt })).toMatchObject({ granted: true, codeVerdict: 'accepted' });
    await pc.desk.passwordRejected(attempt, pc.clock);
    const again = await pc.answer({ code }, { attempt });
    expect(again).toMatchObject({ granted: true, codeVerdict: 'accepted-again' });
    expect(await pc.answer({ code })).toMatchObject({ granted: false, refusal: 'used' });
    expect(await pc.answer({})).toMatchObject({ granted: false, refusal: 'code-missing', codeVerdict: '' });
    await pc.desk.close();
  });

  test('after five wrong codes waits, also when started anew, and takes the right one afterwards', async () => {
    let pc = await Pc.enforced(core, newFolder('wrong'));
    for (let tries = 1; tries <= 5; tries++) {
      const waitMs = tries === 5 ? 30_000 : 0;
      const answered = await pc.answer({ code: await pc.wrongCode() });
      expect(answered).toMatchObject({ granted: false, refusal: 'wrong', codeVerdict: 'wrong', waitMs });
    }
    pc.pass(10_000);
    pc = await pc.restart();
    const refused = { granted: false, refusal: 'throttled', waitMs: 20_000 };
    expect(await pc.answer({ code: await pc.code() })).toMatchObject(refused);
    expect(await pc.question()).toMatchObject({ waitMs: 20_000 });
    expect(await pc.desk.standing(SID, pc.clock)).toMatchObject({ waitMs: 20_000 });
    pc.pass(20_000);
    expect(await pc.signInByCode()).toMatchObject({ granted: true, waitMs: 0 });
    await pc.desk.close();
  });

  test('takes a recovery code once', async () => {
    const pc = await Pc.enforced(core, newFolder('recovery'));
    const [recoveryCode = ''] = RECOVERY_CODES;
    const recoveryCodesLeft = RECOVERY_CODES.length - 1;
    const granted = { granted: true, method: 'recovery-code+password', recoveryCodesLeft };
    expect(await pc.answer({ recoveryCode: recoveryCode.toLowerCase() })).toMatchObject(granted);
    expect(await pc.answer({ recoveryCode })).toMatchObject({ granted: false, refusal: 'recovery-used' });
    expect(await pc.answer({ recoveryCode: '0000-0000-0000-0000' })).toMatchObject({
      refusal: 'recovery-wrong',
    });
    const both = await pc.answer({ recoveryCode, code: await pc.code() });
    expect(both).toMatchObject({ granted: false, refusal: 'one-answer-only' });
    await pc.desk.close();
  });

  test('takes the answer to its emergency challenge once', async () => {
    const pc = await Pc.enforced(core, newFolder('emergency'));
    const emergencyResponse = emergencyAnswerTo(await pc.desk.emergencyChallenge(SID, pc.clock));
    const other = emergencyResponse.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const refused = { granted: false, refusal: 'emergency-wrong' };
    expect(await pc.answer({ emergencyResponse: other })).toMatchObject(refused);
    const granted = { granted: true, method: 'emergency+password' };
    expect(await pc.answer({ emergencyResponse })).toMatchObject(granted);
    const spent = { granted: false, refusal: 'emergency-no-challenge' };
    expect(await pc.answer({ emergencyResponse })).toMatchObject(spent);
    const nobody = pc.desk.emergencyChallenge('S-1-5-21-1-2-3-4', pc.clock);
    await expect(nobody).rejects.toMatchObject({ name: 'CoreError', code: 'not-found' });
    await pc.desk.close();
  });

  test('gives back the password that was sealed, for a code alone, whatever its letters', async () => {
    const pc = await Pc.enforced(core, newFolder('otp'), 'otp');
    const password = 'pass 語 😀 wörd';
    expect(await pc.question()).toMatchObject({ maySealPassword: true });
    expect(await pc.signInByCode({}, password)).toMatchObject({ granted: true, password: null });
    expect(await pc.desk.standing(SID, pc.clock)).toMatchObject({ passwordSealed: true });
    pc.pass(30_000);
    const alone = {
      scenario: 'unlock',
      attempt: pc.attempt(),
      administrator: false,
      rehearsal: false,
    } as const;
    expect(await pc.question(alone)).toMatchObject({ factors: ['otp'] });
    const answers = { hasPassword: false, code: await pc.code() };
    const answered = await pc.desk.answer(alone, MACHINE, answers, pc.clock);
    expect(answered).toMatchObject({ granted: true, method: 'otp', password });
    await pc.desk.close();
  });

  test('keeps everything over a restart: policy, secret, used codes, enforcement', async () => {
    const before = await Pc.enforced(core, newFolder('restart'));
    const code = await before.code();
    await before.signInByCode();
    await before.answer({ recoveryCode: RECOVERY_CODES[0] ?? '' });
    const [version, standing, report] = await Promise.all([
      before.desk.policyVersion(),
      before.desk.standing(SID, before.clock),
      before.desk.report(before.clock),
    ]);
    const pc = await before.restart();
    expect(await pc.desk.policyVersion()).toBe(version);
    expect(await pc.desk.standing(SID, pc.clock)).toEqual(standing);
    expect(standing).toMatchObject({ enrolment: 'enforced', recoveryCodesLeft: RECOVERY_CODES.length - 1 });
    expect(await pc.desk.report(pc.clock)).toBe(report);
    expect(await pc.answer({ code })).toMatchObject({ granted: false, refusal: 'used' });
    pc.pass(30_000);
    expect(await pc.signInByCode()).toMatchObject({ granted: true });
    await pc.desk.close();
  });

  test('reports as the contract says', async () => {
    const pc = await Pc.enforced(core, newFolder('report'));
    await pc.answer({ recoveryCode: RECOVERY_CODES[0] ?? '' });
    const report = logonReport.parse(JSON.parse(await pc.desk.report(pc.clock)));
    expect(report.accounts).toMatchObject([{ sid: SID, enforcement: 'enforced', codesOff: false }]);
    expect(report.accounts[0]?.otp).toMatchObject({ credential: CREDENTIAL });
    expect(report.accounts[0]?.otp?.usedRecoveryCodes).toHaveLength(1);
    await pc.desk.close();
  });

  test.each([
    ['no JSON', () => 'not JSON'],
    ['nothing', () => ''],
    ['nesting without end', () => '['.repeat(100_000)],
    ['another shape', () => '{"status":"current"}'],
    ['a policy that was cut off', (policy: string) => policy.slice(0, -1)],
    ['a version that is none', (policy: string) => policy.replace(/"version":"/, '"version":"!')],
    ['a method nobody knows', (policy: string) => policy.replace('"password+otp"', '"none"')],
    [
      'an enormous step',
      (policy: string) => policy.replace('"lastAcceptedStep":null', '"lastAcceptedStep":1e300'),
    ],
    [
      'a negative number of days',
      (policy: string) => policy.replace('"probationDays":14', '"probationDays":-1'),
    ],
  ])('refuses %s for a policy, and is as it was', async (_, spoil) => {
    const pc = await Pc.enforced(core, newFolder('hostile'));
    const before = [await pc.desk.policyVersion(), await pc.desk.standing(SID, pc.clock)];
    const hostile = pc.desk.takePolicy(spoil(await pc.policy()), pc.clock);
    await expect(hostile).rejects.toMatchObject({ name: 'CoreError', code: 'malformed' });
    expect([await pc.desk.policyVersion(), await pc.desk.standing(SID, pc.clock)]).toEqual(before);
    const again = await pc.restart();
    expect([await again.desk.policyVersion(), await again.desk.standing(SID, again.clock)]).toEqual(before);
    await again.desk.close();
  });

  test('refuses a secret that was sealed for another, or for nobody here', async () => {
    const pc = await Pc.open(core, newFolder('secret'));
    const released = pc.released();
    const take = (json: string, sid: string = SID) => pc.desk.takeSecret(sid, json, pc.clock);
    await expect(take(released)).rejects.toMatchObject({ code: 'not-found' });
    await pc.desk.takePolicy(await pc.policy(), pc.clock);
    await expect(take(released, 'S-1-5-21-1-2-3-4')).rejects.toMatchObject({ code: 'not-found' });
    const { ciphertext } = JSON.parse(released);
    const altered = ciphertext.replace(/^./, (first: string) => (first === 'A' ? 'B' : 'A'));
    const spoilt = released.replace(ciphertext, altered);
    await expect(take(spoilt)).rejects.toMatchObject({ code: 'authentication-failed' });
    await expect(take('{}')).rejects.toMatchObject({ code: 'malformed' });
    expect(await pc.desk.secretsDue()).toHaveLength(1);
    await pc.desk.close();
  });

  test('serves one at a time, and leaves its folder free when it is closed', async () => {
    const folder = newFolder('lock');
    const pc = await Pc.open(core, folder);
    await expect(Pc.open(core, folder)).rejects.toMatchObject({ name: 'CoreError', code: 'locked' });
    await pc.desk.close();
    const again = await Pc.open(core, folder);
    await again.desk.close();
  });

  test('of calls that overlap each sees what the ones before have done', async () => {
    const pc = await Pc.enforced(core, newFolder('order'));
    const code = await pc.code();
    const answers = await Promise.all(Array.from({ length: 8 }, () => pc.answer({ code })));
    expect(answers.map(({ granted }) => granted)).toEqual([true, ...Array(7).fill(false)]);
    await pc.desk.close();
  });

  test('leaves neither codes nor secrets open on the disk', async () => {
    const folder = newFolder('disk');
    const pc = await Pc.enforced(core, folder, 'otp');
    await pc.signInByCode({}, 'a password to be sealed');
    await pc.desk.close();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
    expect(files.length).toBeGreaterThan(2);
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(path.join(parentPath, name));
      expect(bytes.includes(Buffer.alloc(20, 9)), name).toBe(false);
      expect(bytes.includes('a password to be sealed'), name).toBe(false);
    }
  });

  test('a folder that cannot be one is refused', async () => {
    const folder = newFolder('file');
    mkdirSync(folder);
    const under = Pc.open(core, path.join(folder, 'missing', 'desk'));
    await expect(under).rejects.toMatchObject({ name: 'CoreError', code: 'not-found' });
  });
});
