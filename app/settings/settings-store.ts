import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Clock } from '../surroundings.ts';
import { writeAtomically } from './atomic-file.ts';
import { type ClientSettings, clientSettings, defaultSettings } from './client-settings.ts';

/** Protects a text for this user on this machine (Electron's safeStorage, DPAPI); injected, since this folder has no Electron. */
export interface TextSealer {
  seal(text: string): string;
  /** @throws when it was sealed by another user or machine. */
  open(sealed: string): string;
}

const settingsFile = clientSettings.extend({
  /** Sealed; null when there is none. */
  proxyPassword: z.string().nullable(),
});
type SettingsFile = z.infer<typeof settingsFile>;

export interface SettingsStoreOptions {
  file: string;
  sealer: TextSealer;
  clock: Pick<Clock, 'now'>;
}

/** The client's settings in a JSON file. */
export class SettingsStore {
  readonly #options: SettingsStoreOptions;
  #current: SettingsFile;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: SettingsStoreOptions, current: SettingsFile) {
    this.#options = options;
    this.#current = current;
  }

  /**
   * Reads the file. One that is missing, or cannot be read as settings, gives the defaults; the latter is set aside under a name
   * with its date, so that the next write does not take it away.
   *
   * @throws what the file system throws when a file is there and cannot be opened.
   */
  static async open(options: SettingsStoreOptions): Promise<SettingsStore> {
    await mkdir(path.dirname(options.file), { recursive: true });
    const text = await readFile(options.file, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    });
    const read = text === null ? null : parsed(text);
    if (text !== null && !read) {
      const stamp = new Date(options.clock.now()).toISOString().replaceAll(':', '-');
      await rename(options.file, `${options.file}.damaged-${stamp}`);
    }
    return new SettingsStore(options, read ?? { ...defaultSettings, proxyPassword: null });
  }

  get settings(): ClientSettings {
    const { proxy, language } = this.#current;
    return { proxy, language };
  }

  /** The proxy's password; null when there is none, or when it was sealed elsewhere and must be typed again. */
  proxyPassword(): string | null {
    const { proxyPassword } = this.#current;
    if (proxyPassword === null) return null;
    try {
      return this.#options.sealer.open(proxyPassword);
    } catch {
      return null;
    }
  }

  /**
   * Validates and writes. Writes happen one after the other, the last one wins.
   *
   * @param password the proxy's new password, null to forget it; left out, it stays as long as the proxy is the same one.
   * @throws ZodError for settings that are none; what the file system throws when they cannot be written. The old ones then stay.
   */
  async save(settings: ClientSettings, password?: string | null): Promise<void> {
    const checked = clientSettings.parse(settings);
    const write = this.#writing.then(async () => {
      const next = { ...checked, proxyPassword: this.#sealed(checked, password) };
      await writeAtomically(this.#options.file, `${JSON.stringify(next, null, 2)}\n`);
      this.#current = next;
    });
    this.#writing = write.catch(() => {});
    await write;
  }

  /** A password typed for one proxy is never shown to another. */
  #sealed({ proxy }: ClientSettings, password: string | null | undefined): string | null {
    if (proxy.mode !== 'manual' || proxy.account === null || password === null) return null;
    if (password !== undefined) return this.#options.sealer.seal(password);
    const before = this.#current.proxy;
    const same =
      before.mode === 'manual' &&
      before.server === proxy.server &&
      before.port === proxy.port &&
      before.account === proxy.account;
    return same ? this.#current.proxyPassword : null;
  }
}

function parsed(text: string): SettingsFile | null {
  try {
    return settingsFile.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
