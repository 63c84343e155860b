import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CredentialId, credentialId } from '../../contract/logon.ts';
import { seen, type World, world } from '../client.test-support.ts';
import { type Misbehaviour, says } from '../scripted-bridge.test-support.ts';
import { problemReply } from '../scripted-server.test-support.ts';
import { until } from '../time.test-support.ts';

const serverTime = '2026-08-03T00:00:00.000Z';
const MINE = credentialId.parse('018f0000-0000-4000-8000-00000000000a');
const ANOTHER = credentialId.parse('018f0000-0000-4000-8000-00000000000b');
const employee = { code: '001', lastName: '山田', firstName: '花子' };
const RECOVERY_CODES = ['7KQ2-M9XD-0000-AAAA', '7KQ2-M9XD-0000-BBBB'];
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

const linked = { status: 200, body: { employee, enrolUntil: serverTime, serverTime } };
const started = {
  status: 200,
  body: {
    credential: MINE,
    uri: `otpauth://totp/x?secret=${SECRET}`,
    secret: SECRET,
    issuer: 'x',
    accountName: 'y',
    parameters: { algorithm: 'sha1', digits: 6, periodSeconds: 30 },
    expiresAt: serverTime,
    serverTime,
  },
};
const confirmed = { status: 200, body: { credential: MINE, recoveryCodes: RECOVERY_CODES, serverTime } };
const enrolledWith = (credential: CredentialId | null) => ({
  status: 200,
  body: {
    employee,
    methods: 'otp+password',
    otp: credential && { credential, enrolledAt: serverTime, enrolledHere: true, recoveryCodesLeft: 8 },
    next: 'prove',
    serverTime,
  },
});
const SYNCED = says({ reached: true, problem: null });

/** A client that is connected and has shown the day once. */
async function atWork() {
  const w = await world();
  const client = w.newClient();
  await seen(client, ({ today }) => today !== null);
  return { ...w, w, client, logon: client.logon };
}
const syncs = ({ bridge }: Pick<World, 'bridge'>) =>
  bridge.asked.filter((method) => method === 'sync').length;

test('linking tells the PC at once and asks for the day anew', async () => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/links', linked);
  bridge.misbehave('sync', SYNCED);
  expect(await logon.link('7KQ2-M9XD-1111')).toEqual({ ok: true, value: { ...linked.body, pcKnows: true } });
  expect(syncs({ bridge })).toBe(1);
  await until(() => server.count('/v1/me') === 2);
});

test('the day is asked for once more when linking overtook an answer that may say "nobody"', async () => {
  const w = await world();
  const held: (() => void)[] = [];
  w.bridge.misbehave('ticket', (_socket, _request, answer) => held.push(answer));
  const { logon } = w.newClient();
  await until(() => held.length > 0);
  w.server.reply('/v1/links', linked);
  w.bridge.misbehave('sync', SYNCED);
  expect((await logon.link('code')).ok).toBe(true);
  expect(w.server.count('/v1/me')).toBe(0);
  for (const answer of held) answer();
  await until(() => w.server.count('/v1/me') === 2);
});

const bridgeTroubles: [string, Misbehaviour][] = [
  ['did not reach the server', says({ reached: false, problem: 'unreachable' })],
  [
    'refuses',
    (socket, { id }) =>
      socket.write(`${JSON.stringify({ id, error: { code: 'too-many-requests', message: '' } })}\n`),
  ],
  ['goes away', (socket) => socket.destroy()],
];
test.each(bridgeTroubles)('linking has worked all the same when the bridge %s', async (_, how) => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/links', linked);
  bridge.misbehave('sync', how);
  expect(await logon.link('code')).toMatchObject({ ok: true, value: { employee, pcKnows: false } });
});

test('nobody waits longer than five seconds for the PC to hear of a change', async () => {
  const { logon, server, bridge, time } = await atWork();
  server.reply('/v1/otp/enrolments/confirm', confirmed);
  bridge.misbehave('sync', () => {});
  const confirming = logon.confirmEnrolment(MINE, '123456');
  await until(() => syncs({ bridge }) === 1);
  time.pass(5_000);
  expect(await confirming).toMatchObject({
    ok: true,
    value: { recoveryCodes: RECOVERY_CODES, pcKnows: false },
  });
});

test.each([
  ['code-invalid', {}, null],
  ['too-many-requests', { 'retry-after': '30' }, 30_000],
] as const)('a refusal is told as the server said it: %s', async (code, headers, retryAfterMs) => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/links', problemReply(code, headers));
  expect(await logon.link('wrong')).toMatchObject({ failure: { kind: 'refused', code, retryAfterMs } });
  expect(syncs({ bridge })).toBe(0);
});

test('what a person does is done once: an answer that was lost is not asked for again', async () => {
  const { logon, server } = await atWork();
  const lost = { ok: false, failure: { kind: 'unreachable', code: 'unreachable' } };
  for (const path of ['/v1/links', '/v1/otp/enrolments', '/v1/otp/recovery-codes'])
    server.reply(path, 'drop-after-acting');
  expect(await logon.link('code')).toEqual(lost);
  expect(await logon.startEnrolment({ kind: 'otp', code: '123456' })).toEqual(lost);
  expect(await logon.newRecoveryCodes('123456')).toEqual(lost);
  for (const path of ['/v1/links', '/v1/otp/enrolments', '/v1/otp/recovery-codes'])
    expect(server.count(path)).toBe(1);
});

test('a token that ran out is renewed on the way', async () => {
  const { logon, server } = await atWork();
  server.tokens.clear();
  server.reply('/v1/logon', problemReply('token-expired'), enrolledWith(null));
  expect(await logon.state()).toMatchObject({ ok: true, value: { otp: null } });
  expect(server.count('/v1/sessions')).toBe(2);
});

test.each(['<html>Welcome to the hotel</html>', { employee }])(
  'an answer that is none of ours is nobody’s word',
  async (body) => {
    const { logon, server } = await atWork();
    server.reply('/v1/links', { status: 200, body });
    expect(await logon.link('code')).toEqual({
      ok: false,
      failure: { kind: 'unreachable', code: 'unfit-answer' },
    });
  },
);

test('a confirmation whose answer was lost counts when the server says it is in force; its recovery codes are gone', async () => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/otp/enrolments/confirm', 'drop-after-acting');
  server.reply('/v1/logon', enrolledWith(MINE));
  bridge.misbehave('sync', SYNCED);
  expect(await logon.confirmEnrolment(MINE, '123456')).toEqual({
    ok: true,
    value: { credential: MINE, recoveryCodes: [], serverTime, pcKnows: true },
  });
});

test('so does one that is confirmed again because nobody knew', async () => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/otp/enrolments/confirm', problemReply('enrolment-unknown'));
  server.reply('/v1/logon', enrolledWith(MINE));
  bridge.misbehave('sync', SYNCED);
  expect(await logon.confirmEnrolment(MINE, '123456')).toMatchObject({
    ok: true,
    value: { recoveryCodes: [] },
  });
});

test.each([null, ANOTHER])('an enrolment that is not in force was not confirmed: %s', async (inForce) => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/otp/enrolments/confirm', 'drop', problemReply('enrolment-unknown'));
  server.reply('/v1/logon', enrolledWith(inForce), enrolledWith(inForce));
  expect(await logon.confirmEnrolment(MINE, '1')).toMatchObject({ failure: { code: 'unreachable' } });
  expect(await logon.confirmEnrolment(MINE, '1')).toMatchObject({ failure: { code: 'enrolment-unknown' } });
  expect(syncs({ bridge })).toBe(0);
});

test('a wrong first code is simply wrong', async () => {
  const { logon, server } = await atWork();
  server.reply('/v1/otp/enrolments/confirm', problemReply('otp-wrong'));
  expect(await logon.confirmEnrolment(MINE, '000000')).toMatchObject({ failure: { code: 'otp-wrong' } });
  expect(server.count('/v1/logon')).toBe(0);
});

test('new recovery codes are told to the PC, which would take the old ones otherwise', async () => {
  const { logon, server, bridge } = await atWork();
  server.reply('/v1/otp/recovery-codes', confirmed);
  bridge.misbehave('sync', SYNCED);
  expect(await logon.newRecoveryCodes('123456')).toMatchObject({ value: { pcKnows: true } });
});

test('how the account stands on the PC, and its secret, are the bridge’s to tell and to fetch', async () => {
  const { logon, bridge } = await atWork();
  bridge.misbehave('logon.standing', says({ account: null }));
  bridge.misbehave('logon.fetch-secret', says({ held: false, problem: 'otp-wrong' }), says({ held: true }));
  bridge.misbehave('sync', SYNCED);
  expect(await logon.standing()).toEqual({ ok: true, value: { account: null } });
  expect(await logon.fetchSecret('000000')).toEqual({
    ok: true,
    value: { held: false, problem: 'otp-wrong' },
  });
  expect(syncs({ bridge })).toBe(0);
  expect(await logon.fetchSecret(null)).toMatchObject({ ok: true, value: { held: true } });
  expect(syncs({ bridge })).toBe(1);
});

test('a rehearsal is the bridge’s to open, and its reason not to is an answer', async () => {
  const { logon, bridge } = await atWork();
  const problem = { started: false, problem: 'rehearsal-running' };
  bridge.misbehave('logon.rehearse', says({ started: true }), says(problem));
  expect(await logon.rehearse()).toEqual({ ok: true, value: { started: true } });
  expect(await logon.rehearse()).toEqual({ ok: true, value: problem });
  expect(bridge.asked.filter((method) => method === 'logon.rehearse')).toHaveLength(2);
});

test('without a bridge, or before the device is registered, there is nothing to ask with', async () => {
  const { client, logon, bridge } = await atWork();
  await bridge.stop();
  await seen(client, (status) => status.bridge.state === 'connecting');
  expect(await logon.standing()).toEqual({ ok: false, failure: { kind: 'bridge', code: 'closed' } });

  const unregistered = await world({ registered: false });
  const early = unregistered.newClient();
  await seen(early, (status) => status.bridge.state === 'connected');
  expect(await early.logon.state()).toEqual({
    ok: false,
    failure: { kind: 'bridge', code: 'not-registered' },
  });
});

test('what is under way ends with the client', async () => {
  const { client, logon, server, bridge } = await atWork();
  server.reply('/v1/links', 'hang');
  bridge.misbehave('logon.fetch-secret', () => {});
  const acts = [logon.link('code'), logon.fetchSecret(null)];
  await until(() => server.count('/v1/links') === 1 && bridge.asked.includes('logon.fetch-secret'));
  await client.stop();
  expect((await Promise.all(acts)).map(({ ok }) => ok)).toEqual([false, false]);
  expect(await logon.link('code')).toMatchObject({ ok: false });
});

test('neither secret nor recovery codes get into the status or onto the disk', async () => {
  const { client, logon, server, bridge, time, databaseFile } = await atWork();
  const told: string[] = [];
  client.onStatus((status) => told.push(JSON.stringify(status)));
  server.reply('/v1/otp/enrolments', started);
  server.reply('/v1/otp/enrolments/confirm', confirmed);
  bridge.misbehave('sync', SYNCED);
  time.pass(1_000);
  expect(await logon.startEnrolment(null)).toEqual({ ok: true, value: started.body });
  expect(await logon.confirmEnrolment(MINE, '123456')).toMatchObject({ value: confirmed.body });
  await until(() => told.length > 0);
  const onDisk = ['', '-wal'].map((suffix) => readFileSync(databaseFile + suffix, 'latin1'));
  const kept = [...told, JSON.stringify(client.status), ...onDisk].join('\n');
  for (const secret of [SECRET, 'otpauth', ...RECOVERY_CODES]) expect(kept).not.toContain(secret);
});
