import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { MasterKey } from './secrets.ts';

const KEY_BYTES = 32;
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;

/** A key that is not as it must be. The message says where and what to do, never what the key is. */
export class KeyError extends Error {
  readonly code: 'key-missing' | 'key-malformed' | 'key-file-open-to-others';

  constructor(code: KeyError['code'], message: string) {
    super(message);
    this.name = 'KeyError';
    this.code = code;
  }
}

/**
 * Reads 32-byte keys written as base64url, separated by white space.
 *
 * @param where names the text in an error.
 * @throws KeyError `key-malformed`.
 */
export function parseKeys(text: string, where: string): [Uint8Array, ...Uint8Array[]] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const keys = words.map((word) => {
    if (!KEY_TEXT.test(word)) {
      throw new KeyError('key-malformed', `${where}: each key must be 32 bytes in base64url (43 characters)`);
    }
    return new Uint8Array(Buffer.from(word, 'base64url'));
  });
  const [first, ...rest] = keys;
  if (!first) throw new KeyError('key-malformed', `${where}: there is no key in it`);
  return [first, ...rest];
}

/** A master key under the name written into its seals: taken from the key itself, so that no two keys share one. */
export const asMasterKey = (key: Uint8Array): MasterKey => ({
  id: createHash('sha256').update('systemlog/v1/master-key\n').update(key).digest('hex').slice(0, 12),
  key,
});

/**
 * Reads a key file, newest key first.
 *
 * @returns null when there is no such file.
 * @throws KeyError when it is malformed, or others than its owner may read it.
 */
export async function readKeyFile(file: string): Promise<[Uint8Array, ...Uint8Array[]] | null> {
  try {
    // Windows has no such bits; there the folder's own access list decides.
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new KeyError('key-file-open-to-others', `${file}: others may read it; run: chmod 600 ${file}`);
    }
    return parseKeys(await readFile(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Reads a key file, making it with one new key when there is none. The file appears whole and on disk or not at all, and of two processes
 * that make it at once both get the same key.
 */
export async function readOrCreateKeyFile(file: string): Promise<[Uint8Array, ...Uint8Array[]]> {
  const existing = await readKeyFile(file);
  if (existing) return existing;
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeDurably(draft, `${randomBytes(KEY_BYTES).toString('base64url')}\n`);
    await link(draft, file).catch(unlessExists);
  } finally {
    await unlink(draft).catch(unlessMissing);
  }
  await syncFolder(path.dirname(file));
  const made = await readKeyFile(file);
  if (!made) throw new KeyError('key-missing', `${file}: it was made and is gone again`);
  return made;
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself survive a power cut. Windows can neither open a folder nor needs it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unlessCode(code: string) {
  return (error: NodeJS.ErrnoException) => {
    if (error.code !== code) throw error;
  };
}
const unlessExists = unlessCode('EEXIST');
const unlessMissing = unlessCode('ENOENT');
