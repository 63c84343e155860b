import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

/** Bytes at the end of a file, there for good when `append` returns. */
export interface AppendFile {
  /** Writes `bytes` at `position` and flushes them; on failure the file may be longer than it was. */
  append(bytes: Buffer, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The file system as the bridge uses it; a test puts a full disk in its place. */
export interface DurableFiles {
  /** Null when there is no such file. */
  read(file: string): Promise<Buffer | null>;
  /** Puts a whole new content in the place of the old: after a power cut either the old or the new is there. */
  replace(file: string, content: string | Buffer): Promise<void>;
  openForAppend(file: string): Promise<AppendFile>;
  rename(from: string, to: string): Promise<void>;
  makeDirectory(directory: string): Promise<void>;
  /** The names in a directory. */
  list(directory: string): Promise<string[]>;
}

const OWNER_ONLY = 0o600;

async function flushDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

export const durableFiles: DurableFiles = {
  async read(file) {
    try {
      return await readFile(file);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  async replace(file, content) {
    const next = `${file}.next`;
    const handle = await open(next, 'w', OWNER_ONLY);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, file);
    await flushDirectory(path.dirname(file));
  },
  async openForAppend(file) {
    const handle = await open(file, 'r+');
    return {
      async append(bytes, position) {
        for (let written = 0; written < bytes.length; ) {
          const step = await handle.write(bytes, written, bytes.length - written, position + written);
          written += step.bytesWritten;
        }
        await handle.datasync();
      },
      truncate: (length) => handle.truncate(length),
      close: () => handle.close(),
    };
  },
  async rename(from, to) {
    await rename(from, to);
    await flushDirectory(path.dirname(to));
  },
  async makeDirectory(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  },
  list: (directory) => readdir(directory),
};
