import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { type BridgeSources, MachineClock } from './clock-run.ts';
import { type DeviceKey, openDeviceKey } from './device-key.ts';
import type { DurableFiles } from './durable-file.ts';
import type { BridgeConfig } from './hardware-messages.ts';
import { Journal } from './journal.ts';
import { Progress } from './progress.ts';
import { Registration } from './registration.ts';
import { ServerConnection } from './server-connection.ts';
import { BRIDGE_SOFTWARE_VERSION } from './service.ts';

/** What lies in the bridge's directory, opened, and the way to the server. */
export interface BridgeParts {
  clock: MachineClock;
  key: DeviceKey;
  journal: Journal;
  /** A damaged journal that was set aside. */
  setAside: string | null;
  progress: Progress;
  registration: Registration;
  connection: ServerConnection;
}

const SERVER_TIMEOUT_MS = 15_000;

/** @throws when the device's key is there but unreadable (`openDeviceKey`). */
export async function openParts({
  config,
  files,
  sources,
  offsetMs,
  dispatcher,
}: {
  config: BridgeConfig;
  files: DurableFiles;
  sources: BridgeSources;
  /** How far the PC's wall clock is from the real one, in milliseconds. */
  offsetMs: number;
  dispatcher: Dispatcher;
}): Promise<BridgeParts> {
  const { directory, server } = config;
  const key = await openDeviceKey(directory, files);
  const progress = await Progress.open(directory, files);
  const { journal, setAside } = await Journal.open({
    directory,
    files,
    deviceSecret: key.secret,
    newJournalId: sources.randomUuid,
    newFileMark: () => randomBytes(6).toString('hex'),
    reached: progress.reached,
  });
  await progress.follow(journal.id);
  const clock = new MachineClock(sources, offsetMs);
  const connection = new ServerConnection({ server, key, dispatcher, timeoutMs: SERVER_TIMEOUT_MS });
  const registration = await Registration.open({
    ...config,
    files,
    connection,
    clientVersion: BRIDGE_SOFTWARE_VERSION,
  });
  return { clock, key, journal, setAside, progress, registration, connection };
}
