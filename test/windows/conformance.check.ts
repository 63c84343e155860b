/**
 * The protocol suite that every bridge must pass (test/conformance), said to the C++ bridge built for Windows over a named pipe that the
 * addon opens.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bridgeOpener } from '../../app/bridge/open-pipe.ts';
import type { BridgeUnderTest, SessionUnderTest } from '../conformance/bridge-protocol.ts';
import { NativeBridge, type NativeSession } from '../conformance/native-bridge.ts';
import { builtForTests, loadCoreUnderTest, newPipeName, scratchFolder } from './support.ts';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest'
      ? { url: pathToFileURL(path.join(import.meta.dirname, 'vitest-on-node.ts')).href, shortCircuit: true }
      : next(specifier, context),
});
process.env['SYSTEMLOG_TEST_BRIDGE'] = 'any';

const folders = scratchFolder();
const program = builtForTests('../test/bridge_under_test.exe');
assert.ok(program, 'needs the mingw build: test/windows/run.ts names it');
const { describeBridgeProtocol } = await import('../conformance/bridge-protocol.ts');

describeBridgeProtocol('the Windows service, on Windows', async (setup): Promise<BridgeUnderTest> => {
  const folder = mkdtempSync(path.join(folders, 'bridge-'));
  const sessions: NativeSession[] = [];
  const numbered = new Map<SessionUnderTest, NativeSession>();
  const start = () => NativeBridge.start({ program, folder, setup, sessions, bootId: 'one-boot' });
  let bridge = await start();
  return {
    async logOn(account) {
      const session = { id: sessions.length + 1, account, pipe: newPipeName() };
      await bridge.session('logon', session);
      sessions.push(session);
      const underTest: SessionUnderTest = {
        record: async (kind) => {
          await bridge.session(kind, session);
        },
        connect: bridgeOpener({ path: session.pipe, loadCore: loadCoreUnderTest }),
      };
      numbered.set(underTest, session);
      return underTest;
    },
    rehearsals: {
      opened: () => bridge.rehearsals(),
      close: async (of) => {
        const session = numbered.get(of);
        if (session) await bridge.closeRehearsal(session);
      },
    },
    async crashAndRestart() {
      await bridge.kill();
      bridge = await start();
    },
    async stop() {
      const code = await bridge.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      assert.equal(code, 0);
    },
  };
});
