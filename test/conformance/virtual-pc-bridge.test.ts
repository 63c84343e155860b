import { mkdtemp, open, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { v7 as uuidV7 } from 'uuid';
import { eventId } from '../../contract/ids.ts';
import { REPORTING_DELAYS } from '../../sandbox/virtual-pc/bridge/reporter.ts';
import { BridgeProcess } from '../../sandbox/virtual-pc/bridge-process.ts';
import { Cable } from '../../sandbox/virtual-pc/cable.ts';
import { describeBridgeProtocol } from './bridge-protocol.ts';

/** So late that only `sync` makes the bridge report. */
const BY_REQUEST_ONLY = Object.fromEntries(
  Object.keys(REPORTING_DELAYS).map((name) => [name, 3_600_000]),
) as unknown as typeof REPORTING_DELAYS;

describeBridgeProtocol('the virtual PC', async (setup) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
  const log = await open(path.join(directory, 'bridge.log'), 'a');
  const cable = await Cable.lay(setup.server);
  const bridge = new BridgeProcess({
    config: {
      ...setup,
      directory,
      name: 'PC-01',
      timeZone: 'Asia/Tokyo',
      proxy: cable.url,
      accounts: [],
      delays: { ...BY_REQUEST_ONLY, heartbeatMs: 3_600_000 },
    },
    log: log.fd,
    onRecorded: () => undefined,
    onState: () => undefined,
  });
  await bridge.start(0);
  return {
    async logOn(account) {
      const name = crypto.randomUUID();
      const session = { session: name, account, path: path.join(directory, `${name}.sock`) };
      const signal = (kind: string) =>
        bridge.signal({
          id: eventId.parse(uuidV7()),
          kind,
          session,
          initiator: 'user',
          reason: null,
          authMethod: null,
        });
      await signal('logon');
      return {
        record: signal,
        connect: () =>
          new Promise((resolve, reject) => {
            const socket = connect(session.path, () => resolve(socket));
            socket.once('error', reject);
          }),
      };
    },
    crashAndRestart: () => bridge.killService(),
    async stop() {
      await bridge.stop(0);
      await cable.close();
      await log.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
});
