import path from 'node:path';
import { idOf, type TestDevice } from '../../app/device.test-support.ts';
import { ScriptedBridge } from '../../app/scripted-bridge.test-support.ts';
import { ScriptedServer } from '../../app/scripted-server.test-support.ts';

/** A bridge the client is set upon. It outlives every client. */
export interface BridgeUnderTest {
  /** Where clients connect. */
  path: string;
  record(count: number): void;
  /** The ids of all recorded events, oldest first. */
  recordedIds(): string[];
  /** True when the bridge holds a receipt for everything it recorded. */
  received(): boolean;
  stop(): Promise<void>;
}

/** A server the client reports to. It outlives every client, and answers get lost on the way from it. */
export interface ServerUnderTest {
  origin: string;
  /** The id of every event it stores; one stored twice is there twice. */
  storedIds(): string[];
  stop(): Promise<void>;
}

export async function startBridge(
  folder: string,
  device: TestDevice,
  origin: string,
): Promise<BridgeUnderTest> {
  const bridge = await ScriptedBridge.start(path.join(folder, 'bridge'), device, origin);
  return {
    path: bridge.path,
    record: (count) => bridge.record(count),
    recordedIds: () => bridge.journal.records.map(idOf),
    received: () => bridge.receivedThrough === bridge.journal.records.length,
    stop: () => bridge.stop(),
  };
}

/** @param losesAnswer asked after each upload was stored: whether its answer is lost. */
export async function startServer(device: TestDevice, losesAnswer: () => boolean): Promise<ServerUnderTest> {
  const server = await ScriptedServer.start(device);
  server.onUpload = () => (losesAnswer() ? 'drop-after-acting' : null);
  return { origin: server.origin, storedIds: () => server.stored, stop: () => server.stop() };
}
