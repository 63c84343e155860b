import path from 'node:path';
import {
  type ClockReading,
  CoreError,
  CoreUnavailable,
  type LogonCore,
  type LogonDesk,
} from '../../../../native/addon/types.ts';
import type { DeviceKey } from '../device-key.ts';

export interface DeskHolderOptions {
  /** Directory of the bridge; the desk has a folder of its own in it. */
  directory: string;
  key: DeviceKey;
  /** @throws {CoreUnavailable} when there is none for this machine. */
  loadCore: () => Promise<LogonCore>;
  now: () => ClockReading;
  onFailure: (error: unknown) => void;
}

type Condition =
  | { state: 'available'; desk: LogonDesk }
  | { state: 'missing' }
  /** `problem`: `vault-` and the core's word for what is wrong with its files. */
  | { state: 'broken'; problem: string };

/**
 * The desk of the logon core, or why there is none. Its files may be damaged, rolled back or on a full disk; the PC and everything else
 * the bridge does go on without it, and it is opened when that has changed.
 */
export class DeskHolder {
  readonly #options: DeskHolderOptions;
  #condition: Condition = { state: 'missing' };

  constructor(options: DeskHolderOptions) {
    this.#options = options;
  }

  /** Opens the desk if this machine has a core. Never throws. */
  async open(): Promise<void> {
    const before = this.#condition;
    this.#condition = await condition(this.#options, (error, problem) => {
      // Tried again and again, it is told once.
      if (before.state !== 'broken' || before.problem !== problem) this.#options.onFailure(error);
    });
  }

  get condition(): Readonly<Condition> {
    return this.#condition;
  }

  /** The desk; null while there is none. */
  get desk(): LogonDesk | null {
    return this.#condition.state === 'available' ? this.#condition.desk : null;
  }

  /** Tries once more to open what did not open before. */
  async reopen(): Promise<void> {
    if (this.#condition.state === 'broken') await this.open();
  }

  async close(): Promise<void> {
    await this.desk?.close();
  }
}

async function condition(
  { directory, key, loadCore, now }: DeskHolderOptions,
  onBroken: (error: unknown, problem: string) => void,
): Promise<Condition> {
  try {
    const core = await loadCore();
    const folder = path.join(directory, 'logon');
    return { state: 'available', desk: await core.openLogonDesk(folder, key.id, key.secret, now()) };
  } catch (error) {
    if (error instanceof CoreUnavailable) return { state: 'missing' };
    const problem = `vault-${error instanceof CoreError ? error.code : 'unknown'}`;
    onBroken(error, problem);
    return { state: 'broken', problem };
  }
}
