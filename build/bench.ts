/**
 * `npm run bench`: every benchmark of test/bench and the C++ core's own, one after the other. Each prints ratios against a limit
 * measured in the same run.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { printAddonSizes } from './addon-sizes.ts';
import { ensureDebianPackages, installCommand } from './debian-packages.ts';
import { root } from './processes.ts';

/** Runs a program with its words on the terminal. @returns whether it ended well. */
const run = (program: string, args: readonly string[], cwd = root): boolean =>
  spawnSync(program, args, { cwd, stdio: 'inherit' }).status === 0;

/** Builds the C++ core as it is shipped and measures it. */
function benchNative(): boolean {
  const missing = ensureDebianPackages(['native']);
  if (missing.length > 0) {
    console.log(`Skipped: it needs ${missing.map(({ name }) => name).join(', ')}.`);
    console.log(`To run it: ${installCommand(missing)}`);
    return true;
  }
  const native = path.join(root, 'native');
  const quiet = { cwd: native, stdio: ['ignore', 'ignore', 'inherit'] } satisfies Parameters<
    typeof spawnSync
  >[2];
  const built =
    spawnSync('cmake', ['--preset', 'release'], quiet).status === 0 &&
    spawnSync('cmake', ['--build', '--preset', 'release', '--target', 'bench'], quiet).status === 0;
  const measured = built && run(path.join(native, 'build-release', 'test', 'bench'), [], native);
  printAddonSizes();
  return measured;
}

/** Builds the Windows service and measures it under Wine: start to pipe ready, codes checked, memory over 100,000 events. */
function benchService(): boolean {
  const missing = ensureDebianPackages(['windows']);
  if (missing.length > 0) {
    console.log(`Skipped: it needs ${missing.map(({ name }) => name).join(', ')}.`);
    console.log(`To run it: ${installCommand(missing)}`);
    return true;
  }
  const cwd = path.join(root, 'native');
  const quiet = { cwd, stdio: ['ignore', 'ignore', 'inherit'] } satisfies Parameters<typeof spawnSync>[2];
  const built =
    spawnSync('cmake', ['--preset', 'mingw'], quiet).status === 0 &&
    spawnSync('cmake', ['--build', '--preset', 'mingw', '--target', 'service'], quiet).status === 0;
  const build = path.join(cwd, 'build-mingw');
  const program = path.join(build, 'test', 'service', 'service.exe');
  const told = [
    `--bridge=${path.join(build, 'bridge', 'bridge.exe')}`,
    `--seam=${path.join(build, 'test', 'service', 'bridge_seam.exe')}`,
  ];
  const figures = ['--no-skip', '--test-case=*within a second*,*codes are checked*,*private memory*'];
  const prefix = path.join(build, 'service-prefix');
  return (
    built &&
    run(
      path.join(cwd, 'test', 'wine.sh'),
      [prefix, program, '--result-file=service-bench.result', ...told, ...figures],
      build,
    )
  );
}

const benches: Record<string, () => boolean> = Object.fromEntries(
  globSync('test/bench/*.bench.ts', { cwd: root })
    .toSorted()
    .map((file) => [path.basename(file, '.bench.ts'), () => run(process.execPath, ['--expose-gc', file])]),
);
benches['native'] = benchNative;
benches['service'] = benchService;

const asked = process.argv.slice(2);
const chosen = Object.entries(benches).filter(([name]) => asked.length === 0 || asked.includes(name));
if (chosen.length === 0) {
  console.error(`There is no such benchmark. There are: ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
}
for (const [name, bench] of chosen) {
  console.log(`\n── ${name}`);
  if (!bench()) process.exitCode = 1;
}
