import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { asMasterKey, KeyError, parseKeys, readKeyFile, readOrCreateKeyFile } from './key-file.ts';
import { createSecrets, type Secrets } from './secrets.ts';

/** What a server process keeps on its disk. */
export interface ServerState {
  /** To be opened with `openStore`. */
  storeFile: string;
  secrets: Secrets;
  nonceKey: Uint8Array;
}

/** Overrides of the key files, for those who keep keys elsewhere. 32 bytes each, base64url. */
export interface KeyEnvironment {
  /** Newest first, separated by spaces. */
  SYSTEMLOG_MASTER_KEYS?: string | undefined;
  /** The same on every server of one store. */
  SYSTEMLOG_NONCE_KEY?: string | undefined;
}

/**
 * Opens the state directory, on the first start making it (0700) with its key files (0600): `master.key`, under which
 * every secret of the store is sealed, and `nonce.key`. Back up `master.key` apart from the store: without it no secret opens.
 *
 * @throws KeyError; `key-missing` when there is a store but no master key. A new key would seal what follows and leave all
 * that is sealed shut, so none is made.
 */
export async function openStateDirectory(
  directory: string,
  environment: KeyEnvironment,
): Promise<ServerState> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const storeFile = path.join(directory, 'store.sqlite');
  const [newest, ...older] = await masterKeys(directory, storeFile, environment.SYSTEMLOG_MASTER_KEYS);
  const secrets = createSecrets([asMasterKey(newest), ...older.map(asMasterKey)]);
  return { storeFile, secrets, nonceKey: await nonceKey(directory, environment.SYSTEMLOG_NONCE_KEY) };
}

async function masterKeys(directory: string, storeFile: string, override: string | undefined) {
  if (override) return parseKeys(override, 'SYSTEMLOG_MASTER_KEYS');
  const file = path.join(directory, 'master.key');
  if ((await exists(storeFile)) && !(await readKeyFile(file))) {
    throw new KeyError(
      'key-missing',
      `${file}: missing, though there is a store sealed under it. Nothing was changed. Put the file back from its backup or set SYSTEMLOG_MASTER_KEYS`,
    );
  }
  return readOrCreateKeyFile(file);
}

async function nonceKey(directory: string, override: string | undefined): Promise<Uint8Array> {
  const [key] = override
    ? parseKeys(override, 'SYSTEMLOG_NONCE_KEY')
    : await readOrCreateKeyFile(path.join(directory, 'nonce.key'));
  return key;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
