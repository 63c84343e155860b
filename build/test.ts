/**
 * Runs the checks and the test suites, two at a time, and closes with `N passed, N failed`. With an argument (`check`, `unit`,
 * `native`, `windows`, `e2e`) only that one. `--totals FILE` writes the totals as JSON, too.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureAddon } from './addon.ts';
import {
  DEBIAN_PACKAGES,
  type DebianPackage,
  ensureDebianPackages,
  installCommand,
} from './debian-packages.ts';
import { runLanes } from './test-lanes.ts';
import {
  type Count,
  countCtest,
  countPlaywright,
  countVitest,
  honest,
  oneFailure,
  sumOf,
} from './test-reports.ts';
import { ensureWindowsNode, NoWindowsNode } from './windows-node.ts';

interface Part {
  name: string;
  run: () => Promise<Count>;
}

const root = path.dirname(import.meta.dirname);
const scratch = mkdtempSync(path.join(tmpdir(), 'systemlog-test-'));
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);
const inCi = process.env['CI'] === 'true';

/** Runs a program; what it says goes to the terminal. */
function run(
  program: string,
  args: string[],
  { env, cwd = root }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.on('error', (error) => {
      console.error(`${path.basename(program)} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

const oneCheck = async (name: string, args: string[]): Promise<Count> =>
  (await run(bin(name), args)) === 0
    ? { passed: 1, failed: 0, skipped: 0, failures: [] }
    : oneFailure('What it said stands above.');

/** What a runner wrote of its results; a runner that fell over before it could write is one failure. */
function readReport(file: string, count: (report: string) => Count, exitCode: number): Count {
  try {
    return honest(count(readFileSync(file, 'utf8')), exitCode);
  } catch {
    return oneFailure(`The test runner ended (${exitCode}) without a report.`);
  }
}

/** Tests of ours that drive programs of the C++ build. */
const AGAINST_NATIVE = [
  'test/bridge/uplink.test.ts',
  'test/conformance/native-bridge.test.ts',
  'test/faults/native-bridge-kill.test.ts',
];
/** Those of them whose programs can be spoken to from outside Wine. */
const AGAINST_WINDOWS_NATIVE = ['test/bridge/uplink.test.ts'];

const unit = (): Promise<Count> =>
  vitest(
    'unit',
    AGAINST_NATIVE.flatMap((file) => ['--exclude', file]),
  );

/** Runs vitest. @param name of this run, for its report */
async function vitest(name: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Count> {
  const file = path.join(scratch, `vitest-${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const exitCode = await run(bin('vitest'), ['run', ...reporters, ...args], { env });
  return readReport(file, countVitest, exitCode);
}

async function e2e(): Promise<Count> {
  const file = path.join(scratch, 'playwright.json');
  const exitCode = await run(bin('playwright'), ['test', '--reporter=list,json'], {
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file },
  });
  return readReport(file, countPlaywright, exitCode);
}

/** Builds the C++ for one target and runs its tests. @param preset of native/CMakePresets.json */
async function native(preset: string): Promise<Count> {
  const file = path.join(scratch, `ctest-${preset}.xml`);
  const cmake = (command: string, ...args: string[]) =>
    run(command, args, { cwd: path.join(root, 'native') });
  const built =
    (await cmake('cmake', '--preset', preset)) === 0 &&
    (await cmake('cmake', '--build', '--preset', preset)) === 0;
  if (!built) return oneFailure(`The C++ could not be built (${preset}).`);
  const exitCode = await cmake('ctest', '--preset', preset, '--output-junit', file);
  return readReport(file, countCtest, exitCode);
}

/** The C++ for one target by itself, and then against the server. */
async function nativeAndServer(preset: string, tests: string[]): Promise<Count> {
  const alone = await native(preset);
  const build = path.join('native', `build-${preset}`);
  const together = await vitest(preset, tests, { SYSTEMLOG_NATIVE_BUILD: build });
  return sumOf([alone, together]);
}

/** A suite whose packages are missing: skipped with the command that would bring them; in CI a failure. */
async function lacking(suite: string, missing: DebianPackage[]): Promise<Count> {
  return notRun(
    `Skipped: the ${suite} tests need ${missing.map(({ name }) => name).join(', ')}.\n` +
      `To run them: ${installCommand(missing)}`,
  );
}

/** What this machine cannot run: skipped with the reason, in CI a failure. */
function notRun(why: string): Count {
  console.log(why);
  return inCi ? oneFailure(why) : { passed: 0, failed: 0, skipped: 1, failures: [] };
}

/** The client's way in Windows binaries, with the addon and the Wine prefix of the Windows build, which must stand before it. */
async function windowsClient(): Promise<Count> {
  let node: string;
  try {
    node = ensureWindowsNode();
  } catch (error) {
    if (error instanceof NoWindowsNode) return notRun(`Skipped: ${error.message}`);
    return oneFailure(error instanceof Error ? error.message : String(error));
  }
  const file = path.join(scratch, 'windows.json');
  const buildFolder = path.join(root, 'native', 'build-mingw');
  const args = ['test/windows/run.ts', '--node', node, '--build', buildFolder, '--report', file];
  const exitCode = await run(process.execPath, args);
  return readReport(file, (text) => JSON.parse(text) as Count, exitCode);
}

/** Runs a suite once its Debian packages are there. */
const withPackages = (suite: string, tests: () => Promise<Count>) => async (): Promise<Count> => {
  const missing = ensureDebianPackages([suite]);
  return missing.length > 0 ? lacking(suite, missing) : tests();
};

/** Has the C++ core compiled for the tests that use it. Without it they skip themselves; in CI that is a failure. */
const withCore = (tests: () => Promise<Count>) => async (): Promise<Count> => {
  ensureDebianPackages(['addon']);
  const core = await ensureAddon();
  if (!core.available) console.log(core.why);
  return core.available || !inCi ? tests() : oneFailure(core.why);
};

const PARTS: Record<string, Part[]> = {
  check: [
    { name: 'types (tsc)', run: () => oneCheck('tsc', []) },
    { name: 'format and lint (biome)', run: () => oneCheck('biome', ['check', '--error-on-warnings']) },
    { name: 'types and layers (eslint)', run: () => oneCheck('eslint', ['.', '--max-warnings=0']) },
  ],
  unit: [{ name: 'unit and integration tests', run: withCore(unit) }],
  native: [
    {
      name: 'C++ with clang: sanitizers, fuzzers, and against the server',
      run: withPackages('native', () => nativeAndServer('clang', AGAINST_NATIVE)),
    },
  ],
  windows: [
    {
      name: 'C++ for Windows, under Wine',
      run: withPackages('windows', () => nativeAndServer('mingw', AGAINST_WINDOWS_NATIVE)),
    },
    { name: 'the client in Windows Node, under Wine', run: withPackages('windows', windowsClient) },
  ],
  e2e: [{ name: 'end-to-end tests in Chromium', run: withPackages('e2e', withCore(e2e)) }],
};

if (Number(process.versions['napi']) < 10) {
  console.error(
    `This is Node ${process.version}, which cannot run SystemLog. Use "npm test": it brings its own.`,
  );
  process.exit(1);
}

/** Suites that may run at the same time as those of the other lane. */
const LANES = [
  ['check', 'unit', 'e2e'],
  ['native', 'windows'],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { totals: { type: 'string' } },
});
const [asked] = positionals;
if (asked !== undefined && !Object.hasOwn(PARTS, asked)) {
  console.error(`There is no part "${asked}". There are: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const results = asked === undefined ? await runAll() : [await runParts(PARTS[asked] ?? [])];
rmSync(scratch, { recursive: true, force: true });
const total = sumOf(results);
if (values.totals) writeFileSync(values.totals, JSON.stringify(total));
if (total.failures.length > 0) console.log(`\nFailed:\n\n${total.failures.join('\n\n')}`);
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

async function runAll(): Promise<Count[]> {
  // Only one at a time can install packages.
  ensureDebianPackages([...new Set(DEBIAN_PACKAGES.map(({ suite }) => suite))]);
  return runLanes(LANES);
}

async function runParts(parts: readonly Part[]): Promise<Count> {
  const counts: Count[] = [];
  for (const [i, { name, run }] of parts.entries()) {
    console.log(`\n── ${i + 1} of ${parts.length}: ${name}`);
    const startedAt = performance.now();
    const count = await run();
    counts.push({ ...count, failures: count.failures.map((failure) => `${name}: ${failure}`) });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`── ${count.failed === 0 ? 'ok' : 'FAILED'}, ${seconds} s`);
  }
  return sumOf(counts);
}
