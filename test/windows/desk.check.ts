/** The desk of the logon screen on Windows: its memory sealed by DPAPI, in files of Windows. */
import assert from 'node:assert/strict';
import { createCipheriv, createHash, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { derivedKeyInfo } from '../../contract/event.ts';
import { sid as anySid } from '../../contract/ids.ts';
import {
  currentPolicy,
  RECOVERY_CODE_ID_BYTES,
  RECOVERY_CODE_PREFIX,
  releasedSecret,
  secretContext,
} from '../../contract/logon.ts';
import {
  type Answers,
  type ClockReading,
  type DeskMachine,
  type LogonDesk,
  loadLogonCore,
  type OtpParameters,
  type SignIn,
} from '../../native/addon/index.ts';
import { about, check, scratchFolder } from './support.ts';

const core = loadLogonCore();
const base = scratchFolder();
const NOON_MS = Date.UTC(2026, 7, 3, 3);
const SID = anySid.parse('S-1-5-21-1004336348-1177238915-682003330-1001');
const SIX: OtpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30 };
const RECOVERY_CODE = 'HFAKDKTBEY5DXA81';
const MACHINE: DeskMachine = {
  featureInstalled: true,
  recoveryFlag: false,
  crashBreaker: false,
  protocolCompatible: true,
  tpmAndBitlocker: false,
};

/** A PC with one enrolled account, and the clock of both. */
function pc() {
  const device = randomBytes(32).toString('base64url');
  const deviceSecret = randomBytes(32);
  const otpSecret = randomBytes(20);
  const credential = randomUUID();
  const bootId = randomUUID();
  const salt = randomBytes(16);
  const hash = createHash('sha256').update(RECOVERY_CODE_PREFIX).update(salt).update(RECOVERY_CODE).digest();
  const folder = path.join(base, `${credential} 机`);
  let passedMs = 0;
  let attempts = 0;

  const clock = (): ClockReading => ({ wallMs: NOON_MS + passedMs, bootId, uptimeMs: 1_000 + passedMs });
  const serverTime = () => new Date(NOON_MS + passedMs).toISOString();
  const signIn = (rehearsal = false): SignIn => ({
    scenario: 'logon',
    attempt: { processId: 400, processStarted: NOON_MS, sessionId: ++attempts, sid: SID },
    administrator: false,
    rehearsal,
  });
  return {
    deviceSecret,
    otpSecret,
    folder,
    clock,
    signIn,
    open: () => core.openLogonDesk(folder, device, deviceSecret, clock()),
    /** Lets time pass, so that the next code is a fresh one. */
    pass: (ms = 60_000) => {
      passedMs += ms;
    },
    code: () => core.totp(otpSecret, SIX, NOON_MS + passedMs),
    policy: () =>
      JSON.stringify(
        currentPolicy.parse({
          status: 'current',
          version: createHash('sha256').update(credential).digest('base64url'),
          rules: {
            enforcement: true,
            probationDays: 14,
            whenBridgeDown: 'password-only',
            breakGlassSids: [],
            prompts: false,
            smartCards: true,
            sealedPassword: 'allowed',
          },
          accounts: [
            {
              sid: SID,
              employee: { code: '1000', lastName: '田中', firstName: '太郎' },
              methods: 'password+otp',
              otp: {
                credential,
                parameters: SIX,
                enrolledAt: serverTime(),
                enrolledHere: true,
                lastAcceptedStep: null,
                recovery: {
                  salt: salt.toString('base64url'),
                  codes: [
                    {
                      id: hash.subarray(0, RECOVERY_CODE_ID_BYTES).toString('base64url'),
                      hash: hash.toString('base64url'),
                      used: false,
                    },
                  ],
                },
              },
              sealedPasswordEpoch: 0,
              forgivenEpoch: 0,
            },
          ],
          serverTime: serverTime(),
        }),
      ),
    /** The secret as the server releases it to a device, under a device secret. */
    released: (under: Buffer = deviceSecret) => {
      const algorithm = 'device-secret+hkdf-sha256+a256gcm';
      const key = Buffer.from(hkdfSync('sha256', under, '', derivedKeyInfo.vault(), 32));
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      cipher.setAAD(Buffer.from(secretContext({ device, sid: SID, credential, algorithm })));
      const ciphertext = Buffer.concat([cipher.update(otpSecret), cipher.final(), cipher.getAuthTag()]);
      return JSON.stringify(
        releasedSecret.parse({
          credential,
          parameters: SIX,
          algorithm,
          iv: iv.toString('base64url'),
          ciphertext: ciphertext.toString('base64url'),
          lastAcceptedStep: null,
          serverTime: serverTime(),
        }),
      );
    },
  };
}
type Pc = ReturnType<typeof pc>;

/** A desk that has taken the policy and the secret. */
async function deskWithSecret(at: Pc): Promise<LogonDesk> {
  const desk = await at.open();
  assert.equal(await desk.takePolicy(at.policy(), at.clock()), true);
  await desk.takeSecret(SID, at.released(), at.clock());
  return desk;
}

/** Signs in with password and code; gives how far the account has come by it. */
async function succeed(desk: LogonDesk, at: Pc, rehearsal: boolean) {
  at.pass();
  const signIn = at.signIn(rehearsal);
  const answers: Answers = { hasPassword: true, code: await at.code() };
  const answered = await desk.answer(signIn, MACHINE, answers, at.clock());
  assert.deepEqual([answered.granted, answered.codeVerdict], [true, 'accepted']);
  await desk.passwordAccepted(signIn.attempt, MACHINE, null, at.clock());
  return (await desk.standing(SID, at.clock()))?.enrolment;
}

about('the desk on Windows', () => {
  check('takes policy and secret, and takes an account from rehearsal to enforcement', async () => {
    const at = pc();
    const desk = await at.open();
    assert.equal(await desk.policyVersion(), '');
    assert.equal(await desk.takePolicy(at.policy(), at.clock()), true);
    assert.equal(await desk.takePolicy(at.policy(), at.clock()), false);
    assert.equal(await desk.policyVersion(), JSON.parse(at.policy()).version);
    assert.deepEqual(
      (await desk.secretsDue()).map(({ sid, enrolledHere }) => [sid, enrolledHere]),
      [[SID, true]],
    );
    await assert.rejects(desk.takeSecret(SID, at.released(randomBytes(32)), at.clock()), {
      code: 'authentication-failed',
    });
    await desk.takeSecret(SID, at.released(), at.clock());
    assert.deepEqual(await desk.secretsDue(), []);
    assert.equal((await desk.standing(SID, at.clock()))?.enrolment, 'rehearsal-due');
    assert.equal(await succeed(desk, at, true), 'probation');
    assert.equal(await succeed(desk, at, false), 'enforced');
    at.pass();
    const question = await desk.question(at.signIn(), MACHINE, at.clock());
    assert.deepEqual(
      [question.action, question.factors, question.codeOptional],
      ['ask', ['password', 'otp'], false],
    );
    await desk.close();
  });

  check('remembers over a restart who is enforced and which code is used', async () => {
    const at = pc();
    const desk = await deskWithSecret(at);
    await succeed(desk, at, true);
    await succeed(desk, at, false);
    const used = await at.code();
    await desk.close();
    const again = await at.open();
    assert.equal((await again.standing(SID, at.clock()))?.enrolment, 'enforced');
    const answered = await again.answer(at.signIn(), MACHINE, { hasPassword: true, code: used }, at.clock());
    assert.deepEqual(answered.granted ? 'granted' : answered.refusal, 'used');
    const without = await again.answer(at.signIn(), MACHINE, { hasPassword: true }, at.clock());
    assert.deepEqual(without.granted ? 'granted' : without.refusal, 'code-missing');
    await again.close();
  });

  check('takes a recovery code once, and an emergency answer to its challenge once', async () => {
    const at = pc();
    const desk = await deskWithSecret(at);
    await succeed(desk, at, true);
    await succeed(desk, at, false);
    const answer = async (answers: Omit<Answers, 'hasPassword'>) => {
      at.pass();
      const answered = await desk.answer(at.signIn(), MACHINE, { hasPassword: true, ...answers }, at.clock());
      return answered.granted ? answered.method : answered.refusal;
    };
    assert.equal(await answer({ recoveryCode: 'hfak dktb－ey5d－xa81' }), 'recovery-code+password');
    assert.match(await answer({ recoveryCode: RECOVERY_CODE }), /^recovery-/);
    const challenge = await desk.emergencyChallenge(SID, at.clock());
    const response = await core.emergencyResponse(at.deviceSecret, SID, challenge.replaceAll('-', ''));
    assert.equal(await answer({ emergencyResponse: response }), 'emergency+password');
    assert.match(await answer({ emergencyResponse: response }), /^emergency-/);
    await desk.close();
  });

  check('makes who guesses wait', async () => {
    const at = pc();
    const desk = await deskWithSecret(at);
    const right = await at.code();
    const wrong = right === '000000' ? '000001' : '000000';
    const refusals: string[] = [];
    for (let n = 0; n < 6; n++) {
      const answered = await desk.answer(
        at.signIn(true),
        MACHINE,
        { hasPassword: true, code: wrong },
        at.clock(),
      );
      refusals.push(answered.granted ? 'granted' : answered.refusal);
    }
    assert.deepEqual(refusals, ['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'throttled']);
    assert.ok((await desk.question(at.signIn(true), MACHINE, at.clock())).waitMs > 0);
    await desk.close();
  });

  check('writes no secret in the clear, lets nobody beside it', async () => {
    const at = pc();
    const desk = await deskWithSecret(at);
    await succeed(desk, at, true);
    await assert.rejects(at.open(), { code: 'locked' });
    await desk.close();
    const files = readdirSync(at.folder, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    assert.ok(files.length >= 2);
    for (const file of files) {
      const bytes = readFileSync(path.join(file.parentPath, file.name));
      for (const secret of [at.otpSecret, at.deviceSecret]) {
        assert.ok(!bytes.includes(secret), `${file.name} holds a secret`);
        assert.ok(!bytes.includes(secret.toString('base64url')), `${file.name} holds a secret as text`);
      }
    }
  });
});
