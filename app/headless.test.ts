import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { createDevice, idOf } from './device.test-support.ts';
import { testFolder } from './folder.test-support.ts';
import { ScriptedBridge, says } from './scripted-bridge.test-support.ts';
import { problemReply, ScriptedServer } from './scripted-server.test-support.ts';
import { type ClientStatus, clientStatus } from './status/status.ts';
import { until } from './time.test-support.ts';

const ENTRY = path.join(import.meta.dirname, 'headless.ts');

async function started(...more: string[]) {
  const folder = testFolder();
  const device = createDevice();
  const server = await ScriptedServer.start(device);
  const bridge = await ScriptedBridge.start(path.join(folder, 'bridge'), device, server.origin);
  const args = [ENTRY, '--bridge', bridge.path, '--database', path.join(folder, 'queue.db'), ...more];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: ClientStatus[] = [];
  const replies: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.status) said.push(clientStatus.parse(message.status));
    else replies.push(message);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await bridge.stop();
    await server.stop();
  });
  /** Says a line, and hears one reply. */
  const ask = async (line: string | object): Promise<unknown> => {
    const before = replies.length;
    child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    await until(() => replies.length > before);
    return replies.at(-1);
  };
  return { server, bridge, child, said, ask };
}

const exitCode = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];

test('reports as a process of its own and says how it stands, a JSON line a change', async () => {
  const { server, bridge, said } = await started('--proxy', 'none');
  bridge.record(2);
  await until(() => bridge.receivedThrough === 2 && said.at(-1)?.today != null);
  expect(server.stored).toEqual(bridge.journal.records.map(idOf));
  expect(said.at(-1)).toMatchObject({ server: { state: 'online' }, queue: { waiting: 0 } });
});

test.each([
  ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
  ['the end of stdin', (child: ChildProcess) => child.stdin?.end()],
])('ends cleanly on %s', async (_, end) => {
  const { child, said } = await started('--proxy', 'none');
  await until(() => said.at(-1)?.today != null);
  const code = exitCode(child);
  end(child);
  expect(await code).toBe(0);
});

test('does what it is told about logon, and answers each command by its id', async () => {
  const { server, bridge, said, ask } = await started('--proxy', 'none');
  await until(() => said.at(-1)?.today != null);
  const link = { id: 7, command: 'link', code: '7KQ2-M9XD-1111' };
  const serverTime = '2026-08-03T00:00:00.000Z';
  const employee = { code: '001', lastName: '山田', firstName: '花子' };
  server.reply('/v1/links', problemReply('too-many-requests', { 'retry-after': '30' }), {
    status: 200,
    body: { employee, enrolUntil: serverTime, serverTime },
  });
  bridge.misbehave('sync', says({ reached: true, problem: null }));
  const refused = { ok: false, code: 'too-many-requests', retryAfterMs: 30_000 };
  expect(await ask(link)).toEqual({ reply: 7, ...refused });
  expect(await ask({ ...link, id: 8 })).toMatchObject({ reply: 8, ok: true, value: { employee } });

  bridge.misbehave('logon.standing', says({ account: null }));
  bridge.misbehave('logon.fetch-secret', says({ held: false, problem: 'code-needed' }));
  const standing = { reply: 9, ok: true, value: { account: null } };
  expect(await ask({ id: 9, command: 'logon-standing' })).toEqual(standing);
  const notHeld = { reply: 10, ok: true, value: { held: false, problem: 'code-needed' } };
  expect(await ask({ id: 10, command: 'fetch-secret', code: null })).toEqual(notHeld);

  bridge.misbehave('logon.rehearse', says({ started: true }));
  const rehearsing = { reply: 12, ok: true, value: { started: true } };
  expect(await ask({ id: 12, command: 'rehearse' })).toEqual(rehearsing);

  server.reply('/v1/otp/enrolments', problemReply('proof-needed'));
  server.reply('/v1/otp/enrolments/confirm', problemReply('otp-wrong'));
  server.reply('/v1/otp/recovery-codes', problemReply('otp-used'));
  server.reply('/v1/logon', problemReply('device-retired'));
  for (const [command, code] of [
    [{ command: 'start-enrolment', proof: { kind: 'otp', code: '123456' } }, 'proof-needed'],
    [{ command: 'confirm-enrolment', credential: randomUUID(), code: '123456' }, 'otp-wrong'],
    [{ command: 'new-recovery-codes', code: '123456' }, 'otp-used'],
    [{ command: 'logon-state' }, 'device-retired'],
  ] as const)
    expect(await ask({ id: 11, ...command })).toEqual({ reply: 11, ok: false, code, retryAfterMs: null });
});

test('reports at once when told to', async () => {
  const { server, bridge, said, ask } = await started('--proxy', 'none');
  await until(() => said.at(-1)?.today != null);
  server.onUpload = () => 'drop';
  bridge.record(1);
  await until(() => said.at(-1)?.server.state === 'offline');
  server.onUpload = () => null;
  expect(await ask({ id: 1, command: 'report-now' })).toEqual({ reply: 1, ok: true, value: null });
  await until(() => bridge.receivedThrough === 1);
});

test('says so when there is no bridge to ask', async () => {
  const { bridge, said, ask } = await started('--proxy', 'none');
  await until(() => said.at(-1)?.today != null);
  await bridge.stop();
  await until(() => said.at(-1)?.bridge.state === 'connecting');
  const reply = { reply: 1, ok: false, code: 'no-bridge', retryAfterMs: null };
  expect(await ask({ id: 1, command: 'logon-standing' })).toEqual(reply);
});

test('a line that is no command gets a reply that says so, and the next is taken', async () => {
  const { ask } = await started('--proxy', 'none');
  for (const [line, reply] of [
    ['report-now', null],
    ['{"id": 1', null],
    ['null', null],
    ['', null],
    [{ command: 'report-now' }, null],
    [{ id: -1, command: 'report-now' }, null],
    [{ id: 2, command: 'make-tea' }, 2],
    [{ id: 3, command: 'link' }, 3],
    [{ id: 4, command: 'link', code: 'x'.repeat(65) }, 4],
    [{ id: 5, command: 'confirm-enrolment', credential: '../../secrets', code: '1' }, 5],
    [{ id: 6, command: 'start-enrolment', proof: { kind: 'charm', code: '1' } }, 6],
  ] as const)
    expect(await ask(line)).toEqual({ reply, ok: false, code: 'malformed-command', retryAfterMs: null });
  expect(await ask({ id: 7, command: 'report-now' })).toMatchObject({ reply: 7, ok: true });
});

test('says how it is used when it is used wrongly', async () => {
  const child = spawn(process.execPath, [ENTRY], { stdio: 'ignore' });
  expect(await exitCode(child)).toBe(2);
});
