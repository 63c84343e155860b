import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateSync } from 'otplib';
import { afterEach, beforeEach, expect } from 'vitest';
import { ScriptedServer } from '../../scripted-server.test-support.ts';
import type { AuthMethod, AuthParams, AuthReply, AuthRequest, SignInTry } from '../auth-messages.ts';
import {
  bridgeOptions,
  HANAKO,
  HeldTime,
  sessionOf,
  signalOf,
  TARO,
  temporaryDirectory,
} from '../bridge.test-support.ts';
import { Bridge, type BridgeOptions } from '../bridge.ts';
import { loadCore, testWithCore as test } from '../core.test-support.ts';
import { durableFiles } from '../durable-file.ts';
import type { RecordedEvent } from '../hardware-messages.ts';
import { RulesFile } from './rules-file.ts';

let directory: string;
let remove: () => Promise<void>;
let server: ScriptedServer;
let time: HeldTime;
let recorded: RecordedEvent[];
const running: Bridge[] = [];

beforeEach(async () => {
  ({ directory, remove } = await temporaryDirectory());
  server = await ScriptedServer.start();
  time = new HeldTime();
  server.nowMs = () => time.wallMs;
  recorded = [];
});
afterEach(async () => {
  for (const bridge of running.splice(0)) await bridge.stop(0);
  await server.close();
  await remove();
});

async function start(more: Partial<BridgeOptions> = {}): Promise<Bridge> {
  const bridge = await Bridge.start({
    ...bridgeOptions(directory, server.origin, time),
    loadCore,
    onRecorded: (event) => recorded.push(event),
    ...more,
  });
  running.push(bridge);
  return bridge;
}
async function end(bridge: Bridge): Promise<void> {
  running.splice(running.indexOf(bridge), 1);
  await bridge.stop(0);
}
const synced = async (bridge: Bridge) =>
  expect(await bridge.reportNow()).toEqual({ reached: true, problem: null });

const rehearsal = (sid = TARO.sid): SignInTry => ({
  scenario: 'unlock',
  attempt: { processId: 1, processStarted: 1, sessionId: 1, sid },
  administrator: false,
  rehearsal: true,
});
const ask = <M extends AuthMethod>(bridge: Bridge, method: M, params: AuthParams<M>): Promise<AuthReply> =>
  bridge.auth({ method, params } as AuthRequest);
const answer = (bridge: Bridge, code: string) =>
  ask(bridge, 'answer', { signIn: rehearsal(), answers: { hasPassword: true, code } });
/** What an authenticator shows next: a PC that has just begun to remember takes no code of the time before. */
const codeOf = (secret: Uint8Array) =>
  generateSync({ strategy: 'totp', secret, epoch: Math.floor(time.wallMs / 1000) + 30 });
const wrong = (code: string) => code.replace(/^./, (digit) => String((Number(digit) + 5) % 10));
const kinds = () => recorded.map(({ kind }) => kind);
const usedStep = () => server.logon.reports.at(-1)?.accounts[0]?.otp?.lastAcceptedStep ?? null;

test('a policy and the secret of who enrolled here arrive with the next report, each recorded once', async () => {
  const bridge = await start();
  await synced(bridge);
  expect(bridge.state.logon).toMatchObject({ core: 'available', problem: null, enforcement: {} });
  expect(recorded).toEqual([]);
  server.logon.rules = { ...server.logon.rules, enforcement: true, breakGlassSids: [HANAKO.sid] };
  server.logon.link(TARO.sid);
  await synced(bridge);
  await synced(bridge);
  expect(await new RulesFile(directory, durableFiles).read()).toMatchObject({
    enforcement: true,
    whenBridgeDown: 'password-only',
    breakGlassSids: [HANAKO.sid],
  });
  expect(bridge.state.logon).toMatchObject({
    policyVersion: server.logon.version,
    enforcement: { [TARO.sid]: 'rehearsal-due' },
  });
  await expect.poll(() => kinds().filter((kind) => kind === 'enrolment')).toHaveLength(1);
  expect(recorded.find(({ kind }) => kind === 'enrolment')?.account).toEqual(TARO);
  const changes = recorded.filter(({ kind }) => kind === 'policy-change');
  expect(changes.map(({ account, initiator }) => [account, initiator])).toEqual([[null, 'system']]);
});

test('a policy that only tells what was used up elsewhere is no change; one that asks something else is', async () => {
  server.logon.link(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  const changes = () => kinds().filter((kind) => kind === 'policy-change').length;
  await expect.poll(changes).toBe(1);
  server.logon.lastAcceptedStep = 5;
  await synced(bridge);
  await end(bridge);
  server.logon.lastAcceptedStep = 6;
  const next = await start();
  await synced(next);
  expect(next.state.logon.policyVersion).toBe(server.logon.version);
  server.logon.rules = { ...server.logon.rules, whenBridgeDown: 'deny' };
  await synced(next);
  await expect.poll(changes).toBe(2);
});

test('rules that got lost are fetched again, though the policy is still the same', async () => {
  const bridge = await start();
  await synced(bridge);
  await rm(path.join(directory, 'logon-rules.json'));
  await end(bridge);
  await synced(await start());
  expect(await new RulesFile(directory, durableFiles).read()).toMatchObject({ enforcement: false });
  expect(recorded).toEqual([]);
});

test('a used code reaches the server, however long the PC was offline or whatever ended meanwhile', async () => {
  const secret = server.logon.link(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  expect(usedStep()).toBeNull();
  server.refuseWith = 'unavailable';
  const step = Math.floor(time.wallMs / 30_000) + 1;
  expect(await answer(bridge, codeOf(secret))).toMatchObject({ ok: true, result: { granted: true } });
  time.pass(3 * 86_400_000);
  await end(bridge);
  server.refuseWith = null;
  await synced(await start());
  expect(usedStep()).toBe(step);
});

test('what the server has taken is not told again, but once more after a start', async () => {
  server.logon.link(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  const told = server.logon.reports.length;
  await synced(bridge);
  expect(server.logon.reports).toHaveLength(told);
  await end(bridge);
  await synced(await start());
  expect(server.logon.reports).toHaveLength(told + 1);
});

test('somebody’s secret that is not released keeps nobody else’s from coming', async () => {
  server.logon.link(TARO.sid);
  server.logon.link(HANAKO.sid);
  server.logon.withheld.add(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  expect(bridge.state.logon.enforcement).toEqual({ [TARO.sid]: 'none', [HANAKO.sid]: 'rehearsal-due' });
});

test('the server is asked by itself now and then, and soon after something was tried', async () => {
  const secret = server.logon.link(TARO.sid);
  const options = bridgeOptions(directory, server.origin, time);
  const delays = { ...options.config.delays, logonMs: 5_000 };
  const bridge = await start({ config: { ...options.config, delays } });
  await synced(bridge);
  server.logon.unlink(TARO.sid);
  time.pass(5_000);
  await expect.poll(() => bridge.state.logon.enforcement).toEqual({});
  const again = server.logon.link(TARO.sid);
  await synced(bridge);
  expect(await answer(bridge, codeOf(secret))).toMatchObject({ result: { granted: false } });
  await answer(bridge, codeOf(again));
  time.pass(delays.machineMs);
  await expect.poll(usedStep).not.toBeNull();
});

test('refused codes and passwords are recorded by name, and a flood of them is not', async () => {
  const secret = server.logon.link(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  const failures = () =>
    recorded.filter(({ kind }) => kind === 'auth-failure').map(({ reason, account }) => [reason, account]);
  await answer(bridge, wrong(codeOf(secret)));
  await ask(bridge, 'password-rejected', { attempt: rehearsal().attempt });
  await answer(bridge, '');
  await expect.poll(failures).toEqual([
    ['wrong', TARO],
    ['wrong-password', TARO],
  ]);
  for (let n = 0; n < 30; n += 1) await answer(bridge, wrong(codeOf(secret)));
  await expect.poll(failures).toHaveLength(10);
  expect(failures().at(-1)).toEqual(['throttled', TARO]);
});

test('a vault that does not open is said to be damaged; the PC goes on, and so does logon once it opens again', async () => {
  server.logon.link(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  await end(bridge);
  const vault = path.join(directory, 'logon', 'vault');
  const files = (await readdir(vault)).map((name) => path.join(vault, name));
  const contents = await Promise.all(files.map((file) => readFile(file)));
  for (const file of files) await writeFile(file, 'not a vault');
  const failures: unknown[] = [];
  const next = await start({ onFailure: (error) => failures.push(error) });
  expect(next.state.logon).toMatchObject({ core: 'broken', problem: 'vault-damaged', enforcement: {} });
  expect(failures).toHaveLength(1);
  const asked = () => ask(next, 'question', { signIn: rehearsal() });
  expect(await asked()).toEqual({ ok: false, code: 'vault-damaged' });
  await next.signal(signalOf('logon', sessionOf(directory, TARO)));
  await synced(next);
  expect(server.kinds).toContain('logon');
  for (const [n, file] of files.entries()) await writeFile(file, contents[n] ?? '');
  await synced(next);
  expect(next.state.logon).toMatchObject({ core: 'available', enforcement: { [TARO.sid]: 'rehearsal-due' } });
  expect(await asked()).toMatchObject({ ok: true, result: { action: 'ask' } });
});

test('without a core nobody is asked for a code, and the server is not either', async () => {
  server.logon.link(TARO.sid);
  const { loadCore: none } = bridgeOptions(directory, server.origin, time);
  const bridge = await start({ loadCore: none });
  await synced(bridge);
  expect(bridge.state.logon).toMatchObject({ core: 'missing', policyVersion: null });
  expect(await ask(bridge, 'question', { signIn: rehearsal() })).toEqual({ ok: false, code: 'core-missing' });
  expect(server.logon.reports).toEqual([]);
});

test('an emergency challenge can be had for who is linked', async () => {
  server.logon.link(TARO.sid);
  const bridge = await start();
  await synced(bridge);
  expect(await ask(bridge, 'emergency-challenge', { sid: TARO.sid })).toMatchObject({
    result: { challenge: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/) },
  });
});
