import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { createDevice, idOf } from './device.test-support.ts';
import { testFolder } from './folder.test-support.ts';
import { ScriptedBridge } from './scripted-bridge.test-support.ts';
import { ScriptedServer } from './scripted-server.test-support.ts';
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
  createInterface({ input: child.stdout }).on('line', (line) =>
    said.push(clientStatus.parse(JSON.parse(line))),
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await bridge.stop();
    await server.stop();
  });
  return { server, bridge, child, said };
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

test('says how it is used when it is used wrongly', async () => {
  const child = spawn(process.execPath, [ENTRY], { stdio: 'ignore' });
  expect(await exitCode(child)).toBe(2);
});
