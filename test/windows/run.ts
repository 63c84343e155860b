/**
 * Runs the checks of this folder in Windows Node under Wine: `node test/windows/run.ts --node EXE --build FOLDER [--report FILE]
 * [NAME…]`. `EXE` is a node.exe, `FOLDER` the mingw build with its Wine prefix and addon, `FILE` gets the totals as JSON.
 */
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../build/processes.ts';
import type { Count } from '../../build/test-reports.ts';
import { begunIn, remarksOf, type Totals, totalsOf } from './junit.ts';
import { startCheckServer } from './server.ts';
import { Wine, windowsPath } from './wine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: '' },
    build: { type: 'string', default: '' },
    report: { type: 'string' },
  },
});

/** One file of checks may take this long, in milliseconds; then it hangs. */
const CHECK_MS = 300_000;
/** These are told of a server, each of one of its own. */
const NEED_SERVER = ['client', 'native-client'];
/** How many run side by side. */
const LANES = 2;

const checks = globSync('*.check.ts', { cwd: import.meta.dirname })
  .map((file) => path.basename(file, '.check.ts'))
  .filter((name) => positionals.length === 0 || positionals.includes(name))
  .toSorted();
const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-windows-'));
const wine = Wine.open(path.resolve(values.build));
process.on('exit', () => {
  wine.close();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

putAddon();
const servers = new Map<string, Awaited<ReturnType<typeof startCheckServer>>>();
for (const name of NEED_SERVER.filter((name) => checks.includes(name))) {
  servers.set(name, await startCheckServer(path.join(folder, name)));
}
const total: Count = { passed: 0, failed: 0, skipped: 0, failures: [] };
const waiting = [...checks];
await Promise.all(Array.from({ length: LANES }, lane));
for (const { stop } of servers.values()) await stop();
if (values.report) writeFileSync(values.report, JSON.stringify(total));
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

/** Puts the cross-built addon where it is looked for on Windows (native/addon/index.ts). Without one its checks fail. */
function putAddon(): void {
  const place = path.join(root, '.cache', 'addon', 'win32-x64');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const built = globSync('addon/systemlog.node', { cwd: values.build });
  for (const file of built)
    copyFileSync(path.join(values.build, file), path.join(place, path.basename(file)));
}

async function lane(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const { passed, failed, skipped } = await runCheck(name);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
}

/** Runs one file of checks in a process of its own and says how it went. */
async function runCheck(name: string): Promise<Totals> {
  const startedMs = performance.now();
  const [junit, spec] = [path.join(folder, `${name}.xml`), path.join(folder, `${name}.txt`)];
  const ended = await end(name, [
    '--test-reporter=junit',
    `--test-reporter-destination=${windowsPath(junit)}`,
    '--test-reporter=spec',
    `--test-reporter-destination=${windowsPath(spec)}`,
    path.join('test', 'windows', `${name}.check.ts`),
  ]);
  const report = read(junit);
  const totals = verdict(report, ended);
  if (totals.failed > 0) {
    const said = read(spec);
    console.log(said);
    total.failures.push(
      `${name}, ended with ${ended}\n${said.slice(said.indexOf('failing tests:')).trim().slice(0, 3_000)}`,
    );
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const said = `${totals.passed} passed, ${totals.failed} failed`;
  console.log(
    `${name}: ${said}${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''} (${seconds} s, ${ended})`,
  );
  for (const remark of remarksOf(report)) console.log(`  ${remark}`);
  return totals;
}

/** A process that ended without its report, or badly without a failed test to show for it, is one failure more. */
function verdict(report: string, ended: string): Totals {
  const totals = totalsOf(report);
  if (!totals) return { passed: 0, failed: 1 + begunIn(report), skipped: 0 };
  const honest = ended === '0' || totals.failed > 0;
  return honest && totals.passed + totals.failed > 0 ? totals : { ...totals, failed: totals.failed + 1 };
}

/** Runs node.exe for a check to its end; gives its exit code, the signal that ended it, or why it did not start. */
function end(name: string, args: readonly string[]): Promise<string> {
  const child = wine.start(path.resolve(values.node), args, {
    SYSTEMLOG_SERVER: JSON.stringify(servers.get(name) ?? null),
    SYSTEMLOG_BUILD: windowsPath(values.build),
  });
  return new Promise((resolve) => {
    const late = setTimeout(() => child.kill('SIGKILL'), CHECK_MS);
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      clearTimeout(late);
      resolve(String(code ?? signal));
    });
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
