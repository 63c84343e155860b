import { closeSync } from 'node:fs';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { CoreError, CoreUnavailable, type LogonCore } from '../../native/addon/types.ts';
import { BridgeError } from './errors.ts';

/** How long to wait for a free instance of the pipe, in milliseconds. The next try comes by itself. */
const BUSY_MS = 2_000;

export interface BridgeOpenerOptions {
  /** Of the bridge's pipe, or of the socket that stands for it elsewhere. */
  path: string;
  /** Loads the addon; used on Windows only. @throws CoreUnavailable */
  loadCore: () => LogonCore;
  platform?: NodeJS.Platform;
}

/**
 * The way to the bridge (`ClientOptions.connectBridge`). On Windows the addon opens the pipe and makes sure that the bridge serves it
 * before a byte is sent; without the addon nothing is opened. Elsewhere there is no service to be told from others.
 */
export function bridgeOpener(options: BridgeOpenerOptions): () => Promise<Duplex> {
  const { path, loadCore, platform = process.platform } = options;
  if (platform !== 'win32') return async () => net.connect(path);
  return async () => socketOf(await openChecked(path, loadCore));
}

async function openChecked(path: string, loadCore: () => LogonCore): Promise<number> {
  try {
    const { windows } = loadCore();
    if (!windows.supported)
      throw new BridgeError('addon-missing', `The addon is none for Windows: ${windows.reason}`);
    return await windows.openBridge(path, BUSY_MS);
  } catch (error) {
    if (error instanceof CoreUnavailable)
      throw new BridgeError('addon-missing', error.message, { cause: error });
    if (error instanceof CoreError) throw new BridgeError(error.code, error.message, { cause: error });
    throw error;
  }
}

/** The descriptor is the socket's from now on. */
function socketOf(fd: number): net.Socket {
  try {
    return new net.Socket({ fd, readable: true, writable: true });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
