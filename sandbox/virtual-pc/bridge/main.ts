/** The bridge as a process of its own. The virtual PC starts it as Windows starts a service, and kills it when the plug is pulled. */
import { randomUUID } from 'node:crypto';
import { ProxyAgent } from 'undici';
import { v7 as uuidV7 } from 'uuid';
import { loadLogonCore } from '../../../native/addon/index.ts';
import type { LogonCore } from '../../../native/addon/types.ts';
import { Bridge } from './bridge.ts';
import { durableFiles } from './durable-file.ts';
import { type FromBridge, type ToBridge, toBridge } from './hardware-messages.ts';
import { systemTimers } from './timers.ts';

/** How many records of before are told at the start. */
const RECENT_RECORDS = 60;

const tell = (message: FromBridge): void => {
  process.send?.(message);
};
const onFailure = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
};

/** What was looked for, and what to do, is told where failures are: without its core the PC goes on. */
async function loadCore(): Promise<LogonCore> {
  try {
    return loadLogonCore();
  } catch (error) {
    onFailure(error);
    throw error;
  }
}

async function start(message: Extract<ToBridge, { type: 'start' }>): Promise<Bridge> {
  const { config, offsetMs, sessions } = message;
  const bridge = await Bridge.start({
    config,
    offsetMs,
    sessions,
    files: durableFiles,
    sources: {
      realNowMs: () => Date.now(),
      monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
      randomUuid: randomUUID,
    },
    newEventId: uuidV7,
    timers: systemTimers,
    random: Math.random,
    loadCore,
    dispatcher: new ProxyAgent({ uri: config.proxy, proxyTunnel: true }),
    onRecorded: (event) => tell({ type: 'recorded', event }),
    onState: (state) => tell({ type: 'state', state }),
    onFailure,
  });
  tell({ type: 'ready', state: bridge.state, recent: bridge.recent(RECENT_RECORDS) });
  return bridge;
}

let running: Promise<Bridge> | null = null;

async function handle(message: ToBridge): Promise<void> {
  if (message.type === 'start') {
    running ??= start(message);
    await running;
    return;
  }
  const bridge = await running;
  if (!bridge) return;
  switch (message.type) {
    case 'signal':
      await bridge.signal(message.signal);
      tell({ type: 'signal-done', id: message.signal.id });
      return;
    case 'auth':
      tell({ type: 'auth-reply', id: message.id, reply: await bridge.auth(message.request) });
      return;
    case 'clock':
      bridge.setClock(message.offsetMs);
      return;
    case 'network-up':
      bridge.networkUp();
      return;
    case 'stop':
      await bridge.stop(message.graceMs);
      process.disconnect();
  }
}

process.on('message', (raw) => {
  handle(toBridge.parse(raw)).catch((error: unknown) => {
    onFailure(error);
    process.exit(1);
  });
});
// Ctrl+C in a terminal reaches every process of the PC; only the hardware decides when a service ends.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
// Without its hardware there is no PC.
process.on('disconnect', () => process.exit(0));
