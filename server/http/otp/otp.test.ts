import { describe, expect, it } from 'vitest';
import { deleteCredentials, forgiveAttempts } from '../../administration/logon-credentials.ts';
import { ENROLMENT_LIFE_MS } from '../../logon/enrolment.ts';
import { GRANT_LIFE_MS } from '../../logon/grants.ts';
import {
  codesOf,
  fromBase32,
  type LogonServer,
  OTHER_SID,
  SID,
  startLogonServer,
} from '../logon.test-support.ts';

async function withLinked() {
  const server = await startLogonServer();
  const device = await server.registered(server.company);
  const someone = await server.person(device);
  await someone.link(await server.codeFor('1001'));
  const start = (proof?: object) => someone.post('/v1/otp/enrolments', { proof });
  const confirm = (credential: string, code: string) =>
    someone.post('/v1/otp/enrolments/confirm', { credential, code });
  return { ...server, server, device, someone, start, confirm };
}
const credentialsOf = ({ store }: Pick<LogonServer, 'store'>) =>
  store.selectFrom('otp_credentials').selectAll().execute();
const wrong = (code: string) => code.replace(/^./, (digit) => String((Number(digit) + 5) % 10));

describe('enrolling', () => {
  it('starts after linking, with a secret no one else has and a label that says whose it is', async () => {
    const { start, clock } = await withLinked();
    const { status, body, headers } = await start();
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(fromBase32(body.secret)).toHaveLength(20);
    expect(body.parameters).toEqual({ algorithm: 'sha1', digits: 6, periodSeconds: 30 });
    expect(Date.parse(body.expiresAt) - clock.nowMs).toBe(ENROLMENT_LIFE_MS);
    const uri = new URL(body.uri);
    expect(uri.protocol + uri.host).toBe('otpauth:totp');
    expect(decodeURIComponent(uri.pathname)).toBe('/システムログ Company abc:1001 山田 太郎');
    expect(uri.searchParams.get('secret')).toBe(body.secret);
    expect(uri.searchParams.get('issuer')).toBe(body.issuer);
  });

  it('is done with the first code, gives the recovery codes once, and tells its owner', async () => {
    const { server, start, confirm, someone, mails, audited, otpNow, options } = await withLinked();
    const { credential, secret } = (await start()).body;
    expect(await credentialsOf(server)).toEqual([]);
    const { body } = await confirm(credential, otpNow(fromBase32(secret)));
    expect(body.recoveryCodes).toHaveLength(8);
    expect(new Set(body.recoveryCodes).size).toBe(8);
    for (const code of body.recoveryCodes)
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);

    const [row] = await credentialsOf(server);
    expect(
      Buffer.from(options.secrets.open(row?.sealed_secret ?? '', `otp-secret/${row?.company}/${credential}`)),
    ).toEqual(Buffer.from(fromBase32(secret)));
    expect(
      JSON.stringify(await server.store.selectFrom('recovery_codes').selectAll().execute()),
    ).not.toContain(body.recoveryCodes[0].replaceAll('-', ''));
    expect((await mails()).map(({ template }) => template)).toEqual(['account-linked', 'otp-enrolled']);
    expect(await audited()).toContain('otp-enrolled');
    expect((await someone.get('/v1/logon')).body).toMatchObject({
      otp: { credential, enrolledHere: true, recoveryCodesLeft: 8 },
      next: 'prove',
    });
  });

  it('takes the code before and after the present one, and none further off', async () => {
    for (const [steps, status] of [
      [-2, 403],
      [-1, 200],
      [1, 200],
      [2, 403],
    ] as const) {
      const { start, confirm, otpNow } = await withLinked();
      const { credential, secret } = (await start()).body;
      expect((await confirm(credential, otpNow(fromBase32(secret), steps))).status).toBe(status);
    }
  });

  it('is over after a quarter of an hour', async () => {
    const { server, device, start, pass, otpNow } = await withLinked();
    const { credential, secret } = (await start()).body;
    pass(ENROLMENT_LIFE_MS);
    const later = await server.person(device);
    const answer = await later.post('/v1/otp/enrolments/confirm', {
      credential,
      code: otpNow(fromBase32(secret)),
    });
    expect(answer.body.code).toBe('enrolment-unknown');
  });

  it('begun a second time makes the first void', async () => {
    const { start, confirm, otpNow } = await withLinked();
    const [first, second] = [(await start()).body, (await start()).body];
    expect(first.secret).not.toBe(second.secret);
    expect((await confirm(first.credential, otpNow(fromBase32(first.secret)))).body.code).toBe(
      'enrolment-unknown',
    );
    expect((await confirm(second.credential, otpNow(fromBase32(second.secret)))).status).toBe(200);
  });

  it('begun on two PCs at once is the later one’s, and confirmed once', async () => {
    const { server, start, confirm, otpNow } = await withLinked();
    const elsewhere = await server.person(await server.registered(server.company));
    await elsewhere.link(await server.codeFor('1001'));
    const [here, there] = await Promise.all([start(), elsewhere.post('/v1/otp/enrolments', {})]);
    const answers = await Promise.all([
      confirm(here.body.credential, otpNow(fromBase32(here.body.secret))),
      confirm(here.body.credential, otpNow(fromBase32(here.body.secret))),
      elsewhere.post('/v1/otp/enrolments/confirm', {
        credential: there.body.credential,
        code: otpNow(fromBase32(there.body.secret)),
      }),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(await credentialsOf(server)).toHaveLength(1);
  });

  it('cannot be confirmed by another account, nor from another PC', async () => {
    const { server, device, start, otpNow } = await withLinked();
    const { credential, secret } = (await start()).body;
    const code = otpNow(fromBase32(secret));
    const colleague = await server.person(device, OTHER_SID);
    await colleague.link(await server.codeFor('1002'));
    const elsewhere = await server.person(await server.registered(server.company));
    await elsewhere.link(await server.codeFor('1001'));
    for (const other of [colleague, elsewhere]) {
      const answer = await other.post('/v1/otp/enrolments/confirm', { credential, code });
      expect(answer.body.code).toBe('enrolment-unknown');
    }
  });

  it('is given up after ten wrong codes', async () => {
    const { start, confirm, otpNow } = await withLinked();
    const { credential, secret } = (await start()).body;
    const code = otpNow(fromBase32(secret));
    for (let i = 0; i < 10; i++) expect((await confirm(credential, wrong(code))).body.code).toBe('otp-wrong');
    expect((await confirm(credential, code)).body.code).toBe('enrolment-unknown');
  });
});

describe('a first enrolment needs', () => {
  it('an account that is linked', async () => {
    const server = await startLogonServer();
    const someone = await server.person(await server.registered(server.company));
    expect((await someone.post('/v1/otp/enrolments', {})).body.code).toBe('account-unlinked');
  });

  it('a new one-time code when linking was too long ago', async () => {
    const { server, device, pass } = await withLinked();
    pass(GRANT_LIFE_MS);
    const later = await server.person(device);
    expect((await later.get('/v1/logon')).body.next).toBe('prove');
    expect((await later.post('/v1/otp/enrolments', {})).body.code).toBe('proof-needed');
    const proof = { kind: 'one-time-code', code: await server.codeFor('1001') };
    expect((await later.post('/v1/otp/enrolments', { proof })).status).toBe(200);
    expect((await later.post('/v1/otp/enrolments', { proof })).body.code).toBe('code-invalid');
    expect((await later.post('/v1/otp/enrolments', {})).status).toBe(200);
  });

  it('a new one-time code when the server’s clock was set back since linking', async () => {
    const { server, device, pass } = await withLinked();
    pass(-2 * 60_000);
    const earlier = await server.person(device);
    expect((await earlier.post('/v1/otp/enrolments', {})).body.code).toBe('proof-needed');
  });

  it('this employee’s own code: a colleague’s is as wrong as any, counts as a guess, and stays good', async () => {
    const { server, device, pass } = await withLinked();
    pass(GRANT_LIFE_MS);
    const later = await server.person(device);
    const code = await server.codeFor('1002');
    const answer = await later.post('/v1/otp/enrolments', { proof: { kind: 'one-time-code', code } });
    expect(answer.body.code).toBe('code-invalid');
    expect(await server.store.selectFrom('attempts').select('failures').execute()).toEqual([
      { failures: 1 },
      { failures: 1 },
    ]);
    const colleague = await server.person(await server.registered(server.company));
    expect((await colleague.link(code)).status).toBe(200);
  });
});

describe('a further enrolment', () => {
  const withEnrolled = async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const someone = await server.enrolled(device);
    const start = (kind: string, code: string) =>
      someone.post('/v1/otp/enrolments', { proof: { kind, code } });
    return { ...server, server, device, someone, start };
  };

  it('does not take a one-time code, which stays good', async () => {
    const { server, someone, start } = await withEnrolled();
    const code = await server.codeFor('1001');
    expect((await start('one-time-code', code)).body.code).toBe('proof-needed');
    expect((await someone.link(code)).status).toBe(200);
    expect((await someone.post('/v1/otp/enrolments', {})).body.code).toBe('proof-needed');
  });

  it('takes a current code once; the old secret stays in force until the new one is confirmed', async () => {
    const { server, someone, start, otpNow, enrol } = await withEnrolled();
    const [before] = await credentialsOf(server);
    const code = otpNow(someone.secret);
    expect((await start('otp', code)).status).toBe(200);
    expect((await start('otp', code)).body.code).toBe('otp-used');
    expect((await credentialsOf(server))[0]?.id).toBe(before?.id);
    const { credential } = await enrol(someone);
    expect((await credentialsOf(server)).map(({ id }) => id)).toEqual([credential]);
    expect(await server.store.selectFrom('recovery_codes').selectAll().execute()).toHaveLength(8);
    server.pass(60_000);
    expect((await start('otp', otpNow(someone.secret))).body.code).toBe('otp-wrong');
  });

  it('needs a proof of its own each time, and the code that confirmed one before is none', async () => {
    const { someone, start, otpNow, enrol, pass } = await withEnrolled();
    await start('otp', otpNow(someone.secret));
    const { secret } = await enrol(someone);
    expect((await someone.post('/v1/otp/enrolments', {})).body.code).toBe('proof-needed');
    pass(-60_000);
    expect((await start('otp', otpNow(secret))).body.code).toBe('otp-used');
  });

  it('takes a recovery code once, and tells its owner', async () => {
    const { someone, start, mails } = await withEnrolled();
    const code = someone.recoveryCodes[3] ?? '';
    expect((await start('recovery-code', code.toLowerCase().replaceAll('-', ''))).status).toBe(200);
    expect((await mails()).map(({ template }) => template)).toContain('recovery-code-used');
    expect((await start('recovery-code', code)).body.code).toBe('code-invalid');
    expect((await someone.get('/v1/logon')).body.otp.recoveryCodesLeft).toBe(7);
  });

  it('does not take a colleague’s code or recovery code', async () => {
    const { server, device, start, otpNow } = await withEnrolled();
    const colleague = await server.enrolled(device, OTHER_SID, '1002');
    expect((await start('otp', otpNow(colleague.secret))).body.code).toBe('otp-wrong');
    expect((await start('recovery-code', colleague.recoveryCodes[0] ?? '')).body.code).toBe('code-invalid');
  });

  it('after the administrator’s deletion is a first one: only a one-time code issued since will do', async () => {
    const { server, someone, start, otpNow } = await withEnrolled();
    await start('otp', otpNow(someone.secret));
    const stale = await server.codeFor('1001');
    await deleteCredentials(server.work(), '1001', 'otp');
    expect(await credentialsOf(server)).toEqual([]);
    expect((await someone.post('/v1/otp/enrolments', {})).body.code).toBe('proof-needed');
    expect((await start('one-time-code', stale)).body.code).toBe('code-invalid');
    expect((await start('recovery-code', someone.recoveryCodes[0] ?? '')).body.code).toBe('otp-not-enrolled');
    expect((await start('one-time-code', await server.codeFor('1001'))).status).toBe(200);
    expect((await server.mails()).map(({ template }) => template)).toContain('otp-deleted');
  });
});

describe('wrong one-time passwords', () => {
  const withGuesser = async () => {
    const server = await startLogonServer();
    const device = await server.registered(server.company);
    const someone = await server.enrolled(device);
    const guess = async (code = wrong(server.otpNow(someone.secret))) =>
      (await server.person(device, SID)).post('/v1/otp/recovery-codes', { code });
    return { ...server, server, someone, guess };
  };

  it('cost 30 seconds after the fifth, over however many connections, and the right one waits as well', async () => {
    const { guess, otpNow, someone, pass } = await withGuesser();
    const codes = codesOf(await Promise.all(Array.from({ length: 8 }, () => guess())));
    expect(codes.filter((code) => code === 'otp-wrong')).toHaveLength(5);
    const right = await guess(otpNow(someone.secret));
    expect([right.status, right.headers.get('retry-after')]).toEqual([429, '30']);
    pass(30_000);
    expect((await guess(otpNow(someone.secret))).status).toBe(200);
  });

  it('turn codes off after 50 in a row, until the administrator forgives or a recovery code is used', async () => {
    const { server, guess, otpNow, someone, pass } = await withGuesser();
    for (let i = 0; i < 50; i++) {
      expect((await guess()).body.code).toBe('otp-wrong');
      pass(15 * 60_000);
    }
    expect((await guess(otpNow(someone.secret))).body.code).toBe('codes-off');
    expect(await server.audited()).toContain('codes-off');
    await forgiveAttempts(server.work(), '1001');
    expect((await guess(otpNow(someone.secret))).status).toBe(200);
  });

  it('are not counted when they are no codes at all', async () => {
    const { server, guess } = await withGuesser();
    for (const code of ['12345', '1234567', 'abcdef', '      '])
      expect((await guess(code)).body.code).toBe('otp-wrong');
    expect(await server.store.selectFrom('attempts').selectAll().execute()).toEqual([]);
  });

  it('and a right one that was used stays used when the server’s clock is set back', async () => {
    const { guess, otpNow, someone, pass } = await withGuesser();
    const code = otpNow(someone.secret);
    expect((await guess(code)).status).toBe(200);
    pass(-20_000);
    expect((await guess(code)).body.code).toBe('otp-used');
    pass(-30_000);
    expect((await guess(otpNow(someone.secret))).body.code).toBe('otp-used');
  });
});

describe('new recovery codes', () => {
  it('replace the old ones', async () => {
    const server = await startLogonServer();
    const someone = await server.enrolled(await server.registered(server.company));
    const code = server.otpNow(someone.secret);
    const { body } = await someone.post('/v1/otp/recovery-codes', { code });
    expect(body.recoveryCodes).toHaveLength(8);
    const use = (recovery: string | undefined) =>
      someone.post('/v1/otp/enrolments', { proof: { kind: 'recovery-code', code: recovery } });
    expect((await use(someone.recoveryCodes[0])).body.code).toBe('code-invalid');
    expect((await use(body.recoveryCodes[0])).status).toBe(200);
  });
});
