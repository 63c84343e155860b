/** For tests: what needs the C++ core. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { CoreUnavailable, loadLogonCore } from './index.ts';
import type { LogonCore } from './types.ts';

/** A group of tests that is skipped, and says why, where there is no core. In CI there must be one. */
export function describeWithCore(name: string, tests: (core: LogonCore) => void): void {
  describe(name, () => {
    const core = coreOrWhyNot();
    if (typeof core === 'string') test.skip(`needs the C++ core: ${core}`);
    else tests(core);
  });
}

function coreOrWhyNot(): LogonCore | string {
  try {
    return loadLogonCore();
  } catch (error) {
    if (process.env['CI'] === 'true' || !(error instanceof CoreUnavailable)) throw error;
    return error.message;
  }
}

/** Gives new folders, which go with the tests of the file. */
export function scratchFolders(): (name: string) => string {
  const scratch = mkdtempSync(path.join(tmpdir(), 'systemlog-core-'));
  let made = 0;
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  return (name) => path.join(scratch, `${++made}-${name}`);
}
