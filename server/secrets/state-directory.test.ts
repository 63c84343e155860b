import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStateDirectory } from './state-directory.ts';

async function directory() {
  const parent = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  return path.join(parent, 'state');
}
const permissions = async (file: string) => (await stat(file)).mode & 0o777;
const keyOf = (byte: number) => Buffer.alloc(32, byte).toString('base64url');

describe('the state directory', () => {
  it('is made on the first start, for its owner alone', async () => {
    const state = await directory();
    await openStateDirectory(state, {});
    expect(await permissions(state)).toBe(0o700);
    expect((await readdir(state)).sort()).toEqual(['master.key', 'nonce.key']);
    for (const name of ['master.key', 'nonce.key']) {
      expect(await permissions(path.join(state, name))).toBe(0o600);
    }
    expect(await readFile(path.join(state, 'master.key'))).not.toEqual(
      await readFile(path.join(state, 'nonce.key')),
    );
  });

  it('has the same keys on the next start', async () => {
    const state = await directory();
    const first = await openStateDirectory(state, {});
    const second = await openStateDirectory(state, {});
    expect(second.nonceKey).toEqual(first.nonceKey);
    const sealed = first.secrets.seal(Buffer.from('secret'), 'purpose');
    expect(Buffer.from(second.secrets.open(sealed, 'purpose')).toString()).toBe('secret');
  });

  it('gives processes that start it together the same keys, and leaves nothing behind', async () => {
    const state = await directory();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openStateDirectory(state, {})));
    expect(new Set(opened.map(({ nonceKey }) => Buffer.from(nonceKey).toString('hex'))).size).toBe(1);
    expect(await readdir(state)).toHaveLength(2);
  });

  it('makes no new master key beside a store that was sealed under a lost one', async () => {
    const state = await directory();
    const { storeFile } = await openStateDirectory(state, {});
    await writeFile(storeFile, '');
    await rm(path.join(state, 'master.key'));
    await expect(openStateDirectory(state, {})).rejects.toMatchObject({ code: 'key-missing' });
    expect(await readdir(state)).not.toContain('master.key');
    await rm(path.join(state, 'nonce.key'));
    await openStateDirectory(state, { SYSTEMLOG_MASTER_KEYS: keyOf(1) });
  });

  it('refuses a key file that others may read', async () => {
    const state = await directory();
    await openStateDirectory(state, {});
    await chmod(path.join(state, 'master.key'), 0o640);
    await expect(openStateDirectory(state, {})).rejects.toMatchObject({ code: 'key-file-open-to-others' });
  });

  it.each(['', 'short', `${keyOf(1)}A`])(
    'refuses a key file that says "%s", without repeating it',
    async (text) => {
      const state = await directory();
      await openStateDirectory(state, {});
      await writeFile(path.join(state, 'master.key'), text);
      const error = await openStateDirectory(state, {}).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'key-malformed' });
      if (text) expect(String(error)).not.toContain(text);
    },
  );

  it('opens what an older key sealed, and seals with the newest', async () => {
    const state = await directory();
    const old = await openStateDirectory(state, { SYSTEMLOG_MASTER_KEYS: keyOf(1) });
    const rotated = await openStateDirectory(state, { SYSTEMLOG_MASTER_KEYS: `${keyOf(2)} ${keyOf(1)}` });
    const sealed = old.secrets.seal(Buffer.from('s'), 'p');
    expect(Buffer.from(rotated.secrets.open(sealed, 'p')).toString()).toBe('s');
    expect(() => old.secrets.open(rotated.secrets.seal(Buffer.from('s'), 'p'), 'p')).toThrow();
  });
});
