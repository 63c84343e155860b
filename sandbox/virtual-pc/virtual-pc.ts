import path from 'node:path';
import type { BridgeDelays } from './bridge/hardware-messages.ts';
import { REPORTING_DELAYS } from './bridge/reporter.ts';
import type { ClientCommand } from './client-process.ts';
import { pcHttp } from './http.ts';
import { Pc } from './pc.ts';
import type { PcUser } from './windows-accounts.ts';

export interface VirtualPcOptions {
  /** Directory for what survives a restart: the bridge's files and the users' queues. Made if missing. */
  state: string;
  /** Port of the page; 0 for any. */
  port: number;
  /** Address to listen on; this machine only, unless said. */
  host?: string;
  /** Origin of the server. */
  server: string;
  /** 企業コード */
  company: string;
  /** アクセストークン */
  accessToken: string;
  /** The computer's name. */
  name: string;
  users: readonly PcUser[];
  /** IANA zone of the PC; the machine's own, unless said. */
  timeZone?: string;
  /** How to start a session's client; app/headless.ts, unless said. */
  clientCommand?: ClientCommand;
  /** When the bridge acts by itself. */
  delays?: Partial<BridgeDelays>;
  /** How long a tile waits for a bridge that does not answer; a minute, unless said. */
  bridgePatienceMs?: number;
}

export interface VirtualPc {
  /** Address of the page. */
  url: string;
  pc: Pc;
  /** Shuts the PC down in order and ends every process. */
  close(): Promise<void>;
}

const HEADLESS_CLIENT = path.join(import.meta.dirname, '..', '..', 'app', 'headless.ts');
const HEARTBEAT_MS = 3_000;
const BRIDGE_PATIENCE_MS = 60_000;

/** The real client without a window, each session its own process. */
export const headlessClient: ClientCommand = ({ bridgePath, databaseFile, proxyUrl }) => ({
  file: process.execPath,
  arguments: [HEADLESS_CLIENT, '--bridge', bridgePath, '--database', databaseFile, '--proxy', proxyUrl],
});

/** Starts a virtual PC, switches it on, and serves its page. */
export async function createVirtualPc(options: VirtualPcOptions): Promise<VirtualPc> {
  const pc = await Pc.setUp({
    state: options.state,
    server: new URL(options.server).origin,
    company: options.company,
    accessToken: options.accessToken,
    name: options.name,
    users: options.users,
    timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    clientCommand: options.clientCommand ?? headlessClient,
    delays: { ...REPORTING_DELAYS, heartbeatMs: HEARTBEAT_MS, ...options.delays },
    bridgePatienceMs: options.bridgePatienceMs ?? BRIDGE_PATIENCE_MS,
  });
  const http = await pcHttp(pc, options.host);
  try {
    const url = await http.listen({ port: options.port, host: options.host ?? '127.0.0.1' });
    await pc.do({ type: 'power-on' });
    return {
      url,
      pc,
      async close() {
        await pc.close();
        await http.close();
      },
    };
  } catch (error) {
    await pc.close();
    throw error;
  }
}
