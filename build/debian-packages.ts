import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A Debian package the tests need, the file that shows it is there, and the suite that cannot run without it. */
export interface DebianPackage {
  name: string;
  provides: string;
  suite: string;
}

export const DEBIAN_PACKAGES: readonly DebianPackage[] = [
  { name: 'chromium', provides: '/usr/bin/chromium', suite: 'e2e' },
  { name: 'fonts-noto-cjk', provides: '/usr/share/fonts/opentype/noto', suite: 'e2e' },
];

const isThere = ({ provides }: DebianPackage): boolean => existsSync(provides);
const mayInstall = (): boolean => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** The one command that would bring the packages. */
export const installCommand = (packages: readonly DebianPackage[]): string =>
  `sudo apt-get install -y ${packages.map(({ name }) => name).join(' ')}`;

/**
 * Installs what is missing for the suites when this process may (root on Debian).
 *
 * @returns the packages that are still missing.
 */
export function ensureDebianPackages(suites: readonly string[]): DebianPackage[] {
  const needed = DEBIAN_PACKAGES.filter(({ suite }) => suites.includes(suite));
  const missing = needed.filter((p) => !isThere(p));
  if (missing.length === 0 || !mayInstall()) return missing;
  console.log(`Installing Debian packages: ${missing.map(({ name }) => name).join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...missing.map(({ name }) => name));
  return needed.filter((p) => !isThere(p));
}
