/** What the checks share. They run in Windows Node, and on a real Windows as they are. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, type TestContext, test } from 'node:test';
import { type LogonCore, loadLogonCore, type WindowsFunctions } from '../../native/addon/index.ts';

/** A folder as people in Japan have them, gone at the end of the file's checks. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'システムログ 田中 太郎 ﾃｽﾄ－'));
  after(() => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // A check that failed may have left a file open. What stays lies in the system's folder for such things.
    }
  });
  return folder;
}

const build = process.env['SYSTEMLOG_BUILD'];

/** A file of the mingw build's `addon` folder; null where the checks run without one. */
export const builtForTests = (name: string): string | null =>
  build ? path.join(build, 'addon', name) : null;

/**
 * The addon with the seams of the build for tests (native/addon/under_test). `SYSTEMLOG_TEST_BRIDGE` says which process it takes for the
 * bridge's service: an id, or `any`.
 */
export function loadCoreUnderTest(): LogonCore {
  const addon = builtForTests('systemlog-under-test.node');
  if (!addon) throw new Error('needs the mingw build: test/windows/run.ts names it');
  return loadLogonCore([addon]);
}

/** @throws where there is no Windows */
export function windowsOf({ windows }: LogonCore): WindowsFunctions {
  assert.ok(windows.supported, 'this is no Windows');
  return windows;
}

/** Runs a program of the build for tests to its end. @returns the lines of the report it writes. */
export async function runForReport(program: string, args: readonly string[]): Promise<string[]> {
  const report = path.join(mkdtempSync(path.join(tmpdir(), 'systemlog-report-')), 'report');
  const child = spawn(builtForTests(program) ?? program, [report, ...args], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, `${program} ended with ${code}`);
  const lines = readFileSync(report, 'utf8').split('\n').slice(0, -1);
  rmSync(path.dirname(report), { recursive: true, force: true });
  return lines;
}

export const newPipeName = (): string => `\\\\.\\pipe\\systemlog-${randomUUID()}`;

/** A group of checks; what it is about. */
export function about(subject: string, checks: () => void): void {
  void suite(subject, checks);
}

/** One check, named by what it promises. */
export function check(promise: string, body: (t: TestContext) => void | Promise<void>): void {
  void test(promise, body);
}
