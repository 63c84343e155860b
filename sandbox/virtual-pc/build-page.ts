import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { PAGE_DIRECTORY } from './http.ts';

const HERE = import.meta.dirname;
const ROOT = path.join(HERE, '..', '..');
const PAGE = path.join(HERE, 'page');
const STAMP = path.join(PAGE_DIRECTORY, 'built-from.txt');

/** Builds the page of the virtual PC, unless what it is built from has not changed since. */
export async function buildPage(): Promise<'built' | 'up-to-date'> {
  const source = await fingerprint();
  if ((await readFile(STAMP, 'utf8').catch(() => null)) === source) return 'up-to-date';
  await build({
    configFile: false,
    root: PAGE,
    plugins: [react()],
    logLevel: 'warn',
    // It is loaded from this machine, at once and whole.
    build: { outDir: PAGE_DIRECTORY, emptyOutDir: true, chunkSizeWarningLimit: 1_000 },
  });
  await writeFile(STAMP, source);
  return 'built';
}

/** Everything the page is built from, in one number. */
async function fingerprint(): Promise<string> {
  const files = [
    ...(await sourcesIn(PAGE)),
    path.join(HERE, 'page-messages.ts'),
    path.join(HERE, 'build-page.ts'),
    path.join(HERE, 'tile-messages.ts'),
    ...(await sourcesIn(path.join(ROOT, 'contract'))),
    path.join(ROOT, 'locales', 'ja', 'virtual-pc.json'),
    path.join(ROOT, 'locales', 'en', 'virtual-pc.json'),
    path.join(ROOT, 'package-lock.json'),
  ];
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    hash.update(`${path.relative(ROOT, file)}\n`).update(await readFile(file));
  }
  return hash.digest('hex');
}

async function sourcesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'));
  return files.map((entry) => path.join(entry.parentPath, entry.name));
}

if (import.meta.main) await buildPage();
