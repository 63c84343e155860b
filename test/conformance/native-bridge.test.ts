import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'vitest';
import { WITHOUT_NATIVE_BUILD } from '../bridge/native-build.ts';
import { describeBridgeProtocol, type SessionUnderTest } from './bridge-protocol.ts';
import { NativeBridge, type NativeSession, nativeBridgeProgram } from './native-bridge.ts';

const program = nativeBridgeProgram();

if (program) {
  describeBridgeProtocol('the Windows service', async (setup) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
    const sessions: NativeSession[] = [];
    const numbered = new Map<SessionUnderTest, NativeSession>();
    const start = () => NativeBridge.start({ program, folder, setup, sessions, bootId: 'one-boot' });
    let bridge = await start();
    return {
      alwaysHasLogonCore: true,
      async logOn(account) {
        const id = sessions.length + 1;
        const session = { id, account, pipe: path.join(folder, `session-${id}`) };
        await bridge.session('logon', session);
        sessions.push(session);
        const underTest: SessionUnderTest = {
          record: async (kind) => {
            await bridge.session(kind, session);
          },
          connect: () =>
            new Promise((resolve, reject) => {
              const socket = connect(session.pipe, () => resolve(socket));
              socket.once('error', reject);
            }),
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
        await rm(folder, { recursive: true, force: true });
        if (code !== 0) throw new Error(`the bridge ended with ${code}`);
      },
    };
  });
} else {
  describe('the bridge protocol as spoken by the Windows service', () => {
    console.log(WITHOUT_NATIVE_BUILD);
    test.skip('is tested where the C++ part is built', () => undefined);
  });
}
