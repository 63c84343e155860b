import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import { v7 as uuidV7 } from 'uuid';
import type { Account } from '../../contract/ids.ts';
import { CoreUnavailable } from '../../native/addon/types.ts';
import type { BridgeOptions } from '../../sandbox/virtual-pc/bridge/bridge.ts';
import type { BridgeState, PresentSession } from '../../sandbox/virtual-pc/bridge/hardware-messages.ts';
import { systemTimers } from '../../sandbox/virtual-pc/bridge/timers.ts';

/** Longer than any test, and the longest a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

export interface QuietBridgeOptions extends Pick<BridgeOptions, 'files'> {
  /** Where it keeps its files. */
  directory: string;
  server: { origin: string; companyCode: string; accessToken: string };
  session: PresentSession;
  /** Of those who may sign in. */
  accounts?: Account[];
  onState?: (state: BridgeState) => void;
  onFailure: (error: unknown) => void;
}

/** A virtual PC's bridge that reports nothing by itself: every event must find its way through a client. */
export const quietBridge = ({
  directory,
  server,
  session,
  accounts = [],
  files,
  onState = () => undefined,
  onFailure,
}: QuietBridgeOptions): BridgeOptions => ({
  config: {
    directory,
    server: server.origin,
    company: server.companyCode,
    accessToken: server.accessToken,
    name: 'PC-01',
    timeZone: 'Asia/Tokyo',
    proxy: 'http://127.0.0.1:9',
    accounts,
    delays: {
      machineMs: NEVER_MS,
      sessionEndMs: NEVER_MS,
      overdueMs: NEVER_MS,
      anchorMs: NEVER_MS,
      logonMs: NEVER_MS,
      retryFirstMs: 500,
      retryLongestMs: 5_000,
      heartbeatMs: NEVER_MS,
    },
  },
  offsetMs: 0,
  sessions: [session],
  files,
  sources: {
    realNowMs: () => Date.now(),
    monotonicMs: () => Math.trunc(performance.now()),
    randomUuid: randomUUID,
  },
  newEventId: uuidV7,
  timers: systemTimers,
  random: Math.random,
  dispatcher: new Agent(),
  loadCore: async () => {
    throw new CoreUnavailable('Not what is tested here');
  },
  onRecorded: () => undefined,
  onState,
  onFailure,
});
