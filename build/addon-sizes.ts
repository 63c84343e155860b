import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compiledAddon } from '../native/addon/index.ts';
import { root } from './processes.ts';

/** Where the addon of each system is built, what strips it, and what builds it. */
const ADDONS = [
  { target: 'Linux', file: compiledAddon, strip: 'strip', by: 'npm run build:addon' },
  {
    target: 'Windows',
    file: path.join(root, 'native', 'build-mingw', 'addon', 'systemlog.node'),
    strip: 'x86_64-w64-mingw32-strip',
    by: 'npm run test:windows',
  },
];

/** Prints how large the addons are that were built here, without what is only for a debugger. */
export function printAddonSizes(): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-sizes-'));
  for (const { target, file, strip, by } of ADDONS) {
    const stripped = path.join(folder, target);
    const size =
      existsSync(file) && spawnSync(strip, ['-o', stripped, file]).status === 0
        ? `${Math.round(statSync(stripped).size / 1000)} kB`
        : `not built; ${by} does`;
    console.log(`addon      for ${target.padEnd(24)} ${size.padStart(10)}`);
  }
  rmSync(folder, { recursive: true, force: true });
}
