import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sid } from '../../contract/ids.ts';
import { temporaryDirectory } from './bridge/bridge.test-support.ts';
import type { ClientCommand } from './client-process.ts';
import type { Action, ActionResult, PcState } from './page-messages.ts';
import { ScriptedServer } from './scripted-server.test-support.ts';
import { createVirtualPc, type VirtualPc, type VirtualPcOptions } from './virtual-pc.ts';

const TARO = {
  sid: sid.parse('S-1-5-21-1-2-3-1001'),
  domain: 'PC-01',
  name: 'taro',
  displayName: '山田 太郎',
  password: 'himitsu-taro',
};
const HANAKO = {
  sid: sid.parse('S-1-5-21-1-2-3-1002'),
  domain: 'PC-01',
  name: 'hanako',
  displayName: '佐藤 花子',
  password: 'himitsu-hanako',
};

const testClient: ClientCommand = ({ bridgePath, databaseFile, proxyUrl }) => ({
  file: process.execPath,
  arguments: [
    path.join(import.meta.dirname, 'test-client.test-support.ts'),
    ...['--bridge', bridgePath, '--database', databaseFile, '--proxy', proxyUrl],
  ],
});

let directory: string;
let server: ScriptedServer;
let running: VirtualPc;
const undo: (() => Promise<unknown>)[] = [];

const create = (more: Partial<VirtualPcOptions> = {}): Promise<VirtualPc> =>
  createVirtualPc({
    state: directory,
    port: 0,
    server: server.origin,
    company: 'abc123',
    accessToken: 'A'.repeat(32),
    name: 'PC-01',
    users: [TARO, HANAKO],
    timeZone: 'Asia/Tokyo',
    clientCommand: testClient,
    delays: { machineMs: 50, sessionEndMs: 50, heartbeatMs: 100 },
    ...more,
  });

beforeEach(async () => {
  const temporary = await temporaryDirectory();
  directory = temporary.directory;
  server = await ScriptedServer.start();
  undo.push(
    temporary.remove,
    () => server.close(),
    () => running.close(),
  );
  running = await create();
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const post = (to: string, body: object): Promise<Response> =>
  fetch(`${running.url}${to}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function act(action: Action | object): Promise<ActionResult & { status: number }> {
  const response = await post('/api/actions', action);
  return { ...((await response.json()) as ActionResult), status: response.status };
}
const signIn = (user: typeof TARO) =>
  act({ type: 'sign-in', sid: user.sid, credentials: { password: user.password } });
const state = async (): Promise<PcState> =>
  (await fetch(`${running.url}/api/state`)).json() as Promise<PcState>;
const arrives = (kinds: string[]) => expect.poll(() => server.kinds).toEqual(kinds);
const clientOf = async (user: typeof TARO) =>
  (await state()).users.find(({ sid }) => sid === user.sid)?.client;

test('a day at the PC reaches the server: machine events by the bridge, a person’s by their client', async () => {
  await arrives(['startup']);
  await signIn(TARO);
  await act({ type: 'lock' });
  await arrives(['startup', 'logon', 'lock']);
  expect(server.arrived.map(({ event, by }) => [event.kind, by])).toEqual(
    expect.arrayContaining([
      ['startup', 'device'],
      ['logon', TARO.sid],
      ['lock', TARO.sid],
    ]),
  );
  await expect.poll(async () => (await state()).events.every(({ received }) => received)).toBe(true);
  const { events } = await state();
  expect(events).toMatchObject([
    { kind: 'lock', user: '山田 太郎', queued: 'yes' },
    { kind: 'logon', user: '山田 太郎', queued: 'yes' },
    { kind: 'startup', user: null, queued: 'none' },
  ]);
});

test('the page is told of every change as it happens', async () => {
  const response = await fetch(`${running.url}/api/states`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let told = '';
  const until = async (text: string) => {
    while (!told.includes(text)) told += (await reader?.read())?.value ?? '';
  };
  await until('"power":"on"');
  await signIn(TARO);
  await until('"kind":"logon"');
  await reader?.cancel();
});

test('a wrong or empty password, an unknown user, and what cannot be done now are refused', async () => {
  const refusal = async (action: object) => {
    const result = await act(action);
    return result.done ? 'done' : result.reason;
  };
  const signInAs = (sid: string, password: string) =>
    refusal({ type: 'sign-in', sid, credentials: { password } });
  expect(await signInAs(TARO.sid, '')).toBe('password-missing');
  expect(await signInAs(TARO.sid, HANAKO.password)).toBe('wrong-password');
  expect(await signInAs(`${TARO.sid}9`, TARO.password)).toBe('unknown-user');
  expect(await refusal({ type: 'sign-out' })).toBe('not-now');
  expect(await refusal({ type: 'format-disk' })).toBe('invalid-action');
  expect((await state()).users.every(({ session }) => session === null)).toBe(true);
});

test('a page of another site cannot act: only JSON is taken', async () => {
  const response = await fetch(`${running.url}/api/actions`, {
    method: 'POST',
    body: '{"type":"shut-down"}',
  });
  expect(response.status).toBe(415);
  expect((await state()).power).toBe('on');
});

test('nobody is answered who reached the PC by a name of another site', async () => {
  const status = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${running.url}/api/state`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).once('error', reject);
    });
  const { host, port } = new URL(running.url);
  expect(await status(`evil.example:${port}`)).toBe(403);
  expect(await status(host)).toBe(200);
  const response = await fetch(`${running.url}/api/actions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    body: '{"type":"shut-down"}',
  });
  expect(response.status).toBe(403);
  expect((await state()).power).toBe('on');
});

test('without the cable events wait on the PC, and go when it is back', async () => {
  await arrives(['startup']);
  await act({ type: 'set-cable', plugged: false });
  await signIn(TARO);
  await act({ type: 'lock' });
  await expect.poll(async () => (await clientOf(TARO))?.status?.server).toBe('offline');
  expect(server.kinds).toEqual(['startup']);
  expect((await state()).events[0]).toMatchObject({ kind: 'lock', queued: 'yes', received: false });
  await act({ type: 'set-cable', plugged: true });
  await arrives(['startup', 'logon', 'lock']);
});

test('after the plug was pulled the next start logs everybody off who was there', async () => {
  await signIn(TARO);
  await act({ type: 'switch-user' });
  await signIn(HANAKO);
  await act({ type: 'pull-the-plug' });
  expect(await state()).toMatchObject({ power: 'off', bridge: { running: false } });
  await act({ type: 'power-on' });
  const begun = ['startup', 'logon', 'lock', 'remote-disconnect', 'logon'];
  await arrives([...begun, 'logoff', 'logoff', 'startup']);
  const logoffs = server.arrived.filter(({ event }) => event.kind === 'logoff');
  expect(logoffs.map(({ event }) => [event.source, event.initiator])).toEqual([
    ['reconciled', 'system'],
    ['reconciled', 'system'],
  ]);
});

test('shutting down records every logoff, ends the clients, and sends what is left before the power goes', async () => {
  await signIn(TARO);
  await act({ type: 'shut-down' });
  expect(server.kinds).toEqual(['startup', 'logon', 'logoff', 'shutdown']);
  expect(await state()).toMatchObject({ power: 'off', bridge: { running: false } });
  expect(await clientOf(TARO)).toBeNull();
});

test('a plug pulled in the middle of a restart leaves the PC off', async () => {
  const restarted = act({ type: 'restart' });
  await expect.poll(async () => (await state()).power).toBe('stopping');
  await act({ type: 'pull-the-plug' });
  expect(await restarted).toMatchObject({ done: false });
  expect((await state()).power).toBe('off');
});

test('what a killed client left behind the bridge sends at logoff', async () => {
  await signIn(TARO);
  await arrives(['startup', 'logon']);
  await act({ type: 'kill-client' });
  expect(await clientOf(TARO)).toEqual({ running: false, status: null });
  await act({ type: 'lock' });
  await signIn(TARO);
  await act({ type: 'sign-out' });
  await arrives(['startup', 'logon', 'lock', 'unlock', 'logoff']);
  expect(server.arrived.slice(2).every(({ by }) => by === 'device')).toBe(true);
});

test('the PC’s clock can be moved, is remembered, and its run’s clock does not care', async () => {
  await act({ type: 'move-clock', byMs: -3_600_000 });
  await arrives(['startup', 'clock-change']);
  const [before, moved] = server.arrived.map(({ event }) => event);
  expect(Date.parse(moved?.occurredAt ?? '')).toBeLessThan(Date.parse(before?.occurredAt ?? ''));
  expect(moved?.clock.bootId).toBe(before?.clock.bootId);
  await running.close();
  running = await create();
  expect((await state()).clockOffsetMs).toBe(-3_600_000);
});

test('asleep it sends nothing; awake it goes on in a new clock run', async () => {
  await signIn(TARO);
  await arrives(['startup', 'logon']);
  await act({ type: 'sleep' });
  expect(await act({ type: 'lock' })).toMatchObject({ done: false });
  await act({ type: 'wake' });
  expect((await state()).users[0]).toMatchObject({ session: 'console', locked: true });
  await arrives(['startup', 'logon', 'lock', 'suspend', 'resume']);
  const runs = new Map(server.arrived.map(({ event }) => [event.kind, event.clock.bootId]));
  expect(runs.get('suspend')).toBe(runs.get('logon'));
  expect(runs.get('resume')).not.toBe(runs.get('suspend'));
});

test('while nothing is enforced the tile is Windows’ own, and is there only where somebody could sign in', async () => {
  const tile = async (body: object) => {
    const response = await post('/api/tile', body);
    return { status: response.status, ...((await response.json()) as object) };
  };
  const taro = { sid: TARO.sid, rehearsal: false };
  expect(await tile(taro)).toMatchObject({ status: 200, action: 'windows', fields: ['password'] });
  expect(await tile({ ...taro, sid: `${TARO.sid}9` })).toMatchObject({ status: 409, reason: 'not-now' });
  expect(await tile({ sid: TARO.sid })).toMatchObject({ status: 400, reason: 'invalid-request' });
  await signIn(TARO);
  expect(await tile(taro)).toMatchObject({ status: 409 });
  expect(await act({ type: 'rehearse', credentials: { password: TARO.password } })).toMatchObject({
    done: false,
    reason: 'not-asked',
  });
  expect((await state()).users[0]).toMatchObject({ passwordHint: TARO.password, enforcement: null });
});

test('nobody is challenged who has no account, and nobody is at the client of a locked session', async () => {
  const challenge = await post('/api/tile/emergency', { sid: `${TARO.sid}9` });
  expect(await challenge.json()).toEqual({ challenge: null });
  const ask = async (body: object) => (await post('/api/client', body)).json();
  await signIn(TARO);
  await act({ type: 'lock' });
  expect(await ask({ command: 'logon-state' })).toMatchObject({ ok: false, code: 'no-client' });
  expect(await ask({ command: 'format-disk' })).toMatchObject({ ok: false, code: 'malformed-command' });
});

test('the company’s rules are there for the time the bridge is not', async (context) => {
  if ((await state()).core === 'missing') return context.skip('There is no logon core here');
  server.logon.rules = { ...server.logon.rules, enforcement: true, whenBridgeDown: 'deny' };
  await act({ type: 'restart' });
  const rules = async () =>
    readFile(path.join(directory, 'bridge', 'logon-rules.json'), 'utf8').catch(() => '');
  await expect.poll(rules).toContain('"whenBridgeDown":"deny"');
});
