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
    build: { outDir: PAGE_DIRECTORY, emptyOutDir: true },
  });
  await writeFile(STAMP, source);
  return 'built';
}

/** Everything the page is built from, in one number. */
async function fingerprint(): Promise<string> {
  const pageFiles = (await readdir(PAGE, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const files = [
    ...pageFiles,
    path.join(HERE, 'page-messages.ts'),
    path.join(HERE, 'build-page.ts'),
    path.join(ROOT, 'contract', 'ids.ts'),
    path.join(ROOT, 'contract', 'me.ts'),
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

if (import.meta.main) await buildPage();
