/** What stands around the client: the real server and the sandbox's bridge, both on real sockets and real files. */
import path from 'node:path';
import pino from 'pino';
import { v7 as uuidV7 } from 'uuid';
import { freePort } from '../../build/ports.ts';
import { type Account, eventId, sid } from '../../contract/ids.ts';
import { Bridge } from '../../sandbox/virtual-pc/bridge/bridge.ts';
import { durableFiles } from '../../sandbox/virtual-pc/bridge/durable-file.ts';
import type { PresentSession } from '../../sandbox/virtual-pc/bridge/hardware-messages.ts';
import { issueToken } from '../../server/administration/access-tokens.ts';
import { createCompany } from '../../server/administration/companies.ts';
import { systemClock as clock } from '../../server/clock.ts';
import { createServer } from '../../server/http/server.ts';
import { createIngest } from '../../server/logs/ingest.ts';
import { createReadMe } from '../../server/logs/me.ts';
import { createRecordAnchor } from '../../server/logs/record-anchor.ts';
import { openStateDirectory } from '../../server/secrets/state-directory.ts';
import { openStore } from '../../server/store/store.ts';
import { quietBridge } from './quiet-bridge.ts';

/** A server the client reports to. It outlives every client, and answers get lost on the way from it. */
export interface ServerUnderTest {
  origin: string;
  companyCode: string;
  accessToken: string;
  /** The event id of every stored log, machine events left out. */
  storedIds(): Promise<string[]>;
  /** The same logs with their place in the journal. */
  stored(): Promise<StoredLog[]>;
  stop(): Promise<void>;
}

export interface StoredLog {
  id: string;
  journal: string | null;
  sequence: number | null;
  kind: string;
}

const COMPANY_CODE = 'abc';

/** @param losesAnswer asked after each upload was stored: whether its answer is lost. */
export async function startServer(folder: string, losesAnswer: () => boolean): Promise<ServerUnderTest> {
  const { storeFile, secrets, nonceKey } = await openStateDirectory(path.join(folder, 'server'), {});
  const store = await openStore(storeFile);
  const { id } = await createCompany(store, { code: COMPANY_CODE, name: 'Test', atMs: clock.now() });
  const { token } = await issueToken(store, id, { role: 'client', deviceLimit: 1, expiresAtMs: null });
  const port = await freePort(19_340);
  const origin = `http://127.0.0.1:${port}`;
  const app = createServer({
    store,
    clock,
    secrets,
    nonceKey,
    origin,
    log: pino({ level: 'silent' }),
    ingest: createIngest({ store, clock, secrets }),
    recordAnchor: createRecordAnchor({ store }),
    readMe: createReadMe({ store, clock }),
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.url === '/v1/events' && losesAnswer()) reply.raw.destroy();
  });
  await app.listen({ host: '127.0.0.1', port });
  return {
    origin,
    companyCode: COMPANY_CODE,
    accessToken: token,
    async storedIds() {
      const rows = await store.selectFrom('logs').select('id').where('sid', 'is not', null).execute();
      return rows.map((row) => row.id);
    },
    stored: () =>
      store
        .selectFrom('logs')
        .select(['id', 'journal', 'sequence', 'kind'])
        .where('sid', 'is not', null)
        .execute(),
    async stop() {
      await app.close();
      await store.destroy();
    },
  };
}

/** A bridge the client is set upon. It outlives every client. */
export interface BridgeUnderTest {
  /** Where clients connect. */
  path: string;
  record(count: number): Promise<void>;
  /** The ids of all recorded events, oldest first. */
  recordedIds(): string[];
  /** True when the bridge holds a receipt for everything it recorded. */
  received(): boolean;
  stop(): Promise<void>;
}

const ACCOUNT: Account = { sid: sid.parse('S-1-5-21-1-2-3-1001'), domain: 'PC-01', name: 'taro' };

export async function startBridge(
  folder: string,
  server: Pick<ServerUnderTest, 'origin' | 'companyCode' | 'accessToken'>,
): Promise<BridgeUnderTest> {
  const session: PresentSession = {
    session: 'taro-1',
    account: ACCOUNT,
    path: path.join(folder, 'taro-1.sock'),
  };
  const bridge = await Bridge.start(
    quietBridge({
      directory: path.join(folder, 'bridge'),
      server,
      session,
      accounts: [ACCOUNT],
      files: durableFiles,
      onFailure: (error) => console.error(error),
    }),
  );
  // Registers the device; what it records from now on is the client's to bring.
  await bridge.reportNow();
  const ids: string[] = [];
  return {
    path: session.path,
    async record(count) {
      for (let i = 0; i < count; i++) {
        const id = eventId.parse(uuidV7());
        await bridge.signal({
          id,
          kind: ids.length % 2 === 0 ? 'lock' : 'unlock',
          session,
          initiator: 'user',
          reason: null,
          authMethod: null,
        });
        ids.push(id);
      }
    },
    recordedIds: () => ids,
    received: () => bridge.state.receivedThrough === bridge.state.headSequence,
    stop: () => bridge.stop(0),
  };
}
