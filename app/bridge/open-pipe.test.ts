import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CoreError, CoreUnavailable, type LogonCore } from '../../native/addon/types.ts';
import { testFolder } from '../folder.test-support.ts';
import { bridgeOpener } from './open-pipe.ts';

/** A core that has nothing but what is said of Windows. */
const coreWith = (windows: unknown) => (): LogonCore => ({ windows }) as LogonCore;
const onWindows = (loadCore: () => LogonCore) =>
  bridgeOpener({ path: String.raw`\\.\pipe\x`, loadCore, platform: 'win32' });

// What the real addon does with real pipes is in test/windows/bridge-pipe.check.ts.
test('elsewhere than on Windows opens the socket, and asks no addon', async () => {
  const socket = path.join(testFolder(), 'bridge');
  const server = net.createServer((client) => client.end('hello')).listen(socket);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const loadCore = () => expect.unreachable('the addon was asked');
  const pipe = await bridgeOpener({ path: socket, loadCore, platform: 'linux' })();
  expect(String(await once(pipe, 'data'))).toBe('hello');
});

test('on Windows opens nothing without the addon', async () => {
  const loadCore = () => {
    throw new CoreUnavailable('not built');
  };
  await expect(onWindows(loadCore)()).rejects.toMatchObject({ name: 'BridgeError', code: 'addon-missing' });
});

test('on Windows opens nothing with an addon of another platform', async () => {
  const loadCore = coreWith({ supported: false, reason: 'unsupported-platform' });
  await expect(onWindows(loadCore)()).rejects.toMatchObject({ name: 'BridgeError', code: 'addon-missing' });
});

test.each(['bridge-absent', 'bridge-not-trusted', 'bridge-busy', 'io-failed'])(
  'on Windows says %s as the addon does',
  async (code) => {
    const openBridge = () => Promise.reject(new CoreError(code, 'why'));
    const open = onWindows(coreWith({ supported: true, openBridge }));
    await expect(open()).rejects.toMatchObject({ name: 'BridgeError', code });
  },
);
