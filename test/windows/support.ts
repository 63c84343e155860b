/** What the checks share. They run in Windows Node, and on a real Windows as they are. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, type TestContext, test } from 'node:test';

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

export const newPipeName = (): string => `\\\\.\\pipe\\systemlog-${randomUUID()}`;

/** A group of checks; what it is about. */
export function about(subject: string, checks: () => void): void {
  void suite(subject, checks);
}

/** One check, named by what it promises. */
export function check(promise: string, body: (t: TestContext) => void | Promise<void>): void {
  void test(promise, body);
}
