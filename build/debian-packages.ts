import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A Debian package the tests need, the file that shows it is there, and the suite that cannot run without it. */
export interface DebianPackage {
  name: string;
  provides: string;
  suite: string;
}

const inSuites = (suites: readonly string[], packages: Readonly<Record<string, string>>): DebianPackage[] =>
  suites.flatMap((suite) => Object.entries(packages).map(([name, provides]) => ({ name, provides, suite })));

export const DEBIAN_PACKAGES: readonly DebianPackage[] = [
  ...inSuites(['e2e'], {
    chromium: '/usr/bin/chromium',
    'fonts-noto-cjk': '/usr/share/fonts/opentype/noto',
  }),
  ...inSuites(['addon'], {
    'g++': '/usr/bin/g++',
    make: '/usr/bin/make',
    python3: '/usr/bin/python3',
    'libssl-dev': '/usr/include/openssl/ssl.h',
    'nlohmann-json3-dev': '/usr/include/nlohmann/json.hpp',
  }),
  ...inSuites(['native', 'windows'], {
    cmake: '/usr/bin/cmake',
    'ninja-build': '/usr/bin/ninja',
    'g++': '/usr/bin/g++',
    'nlohmann-json3-dev': '/usr/include/nlohmann/json.hpp',
    'doctest-dev': '/usr/include/doctest/doctest.h',
  }),
  ...inSuites(['native'], {
    'libssl-dev': '/usr/include/openssl/ssl.h',
    'libcurl4-openssl-dev': '/usr/include/x86_64-linux-gnu/curl/curl.h',
    oathtool: '/usr/bin/oathtool',
  }),
  ...inSuites(['native'], {
    clang: '/usr/bin/clang++',
    'libclang-rt-14-dev': '/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a',
    'clang-tidy': '/usr/bin/clang-tidy',
    'clang-format': '/usr/bin/clang-format',
  }),
  ...inSuites(['windows'], {
    'g++-mingw-w64-x86-64-posix': '/usr/bin/x86_64-w64-mingw32-g++-posix',
    'binutils-mingw-w64-x86-64': '/usr/bin/x86_64-w64-mingw32-objdump',
    wine: '/usr/bin/wine',
    wine64: '/usr/lib/wine/wine64',
  }),
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
