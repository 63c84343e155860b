import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Count, oneFailure } from './test-reports.ts';

const TEST_RUNNER = path.join(import.meta.dirname, 'test.ts');

/**
 * Runs suites side by side, each lane's one after the other: compilers want processors, browsers and servers mostly wait. What a suite says is
 * printed whole when it has ended. A suite that ended without its totals counts as one failure.
 *
 * @param lanes names of suites, as `test.ts` takes them
 */
export async function runLanes(lanes: readonly (readonly string[])[]): Promise<Count[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-lanes-'));
  const results: Count[] = [];
  await Promise.all(
    lanes.map(async (suites) => {
      for (const suite of suites) results.push(await runSuite(suite, folder));
    }),
  );
  rmSync(folder, { recursive: true, force: true });
  return results;
}

async function runSuite(suite: string, folder: string): Promise<Count> {
  console.log(`── ${suite}: begun`);
  const [said, totals] = [path.join(folder, `${suite}.log`), path.join(folder, `${suite}.json`)];
  const log = openSync(said, 'w');
  const exitCode = await new Promise<number | null>((resolve) => {
    const args = [...process.execArgv, TEST_RUNNER, suite, '--totals', totals];
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
  closeSync(log);
  console.log(readFileSync(said, 'utf8'));
  try {
    return JSON.parse(readFileSync(totals, 'utf8')) as Count;
  } catch {
    return oneFailure(`${suite} ended with ${exitCode}, without its totals.`);
  }
}
