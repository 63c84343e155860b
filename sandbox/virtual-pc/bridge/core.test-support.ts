/** The logon core for tests. Where it cannot be, those that need it are skipped, and it is said why. */
import { test } from 'vitest';
import { loadLogonCore } from '../../../native/addon/index.ts';
import { CoreUnavailable, type LogonCore } from '../../../native/addon/types.ts';

function load(): LogonCore | null {
  try {
    return loadLogonCore();
  } catch (error) {
    if (!(error instanceof CoreUnavailable)) throw error;
    process.stderr.write(`Skipped: ${error.message}\n`);
    return null;
  }
}

const core = load();

/** For the options of a bridge under `testWithCore`. */
export const loadCore = async (): Promise<LogonCore> => core ?? loadLogonCore();

export const testWithCore = test.skipIf(core === null);
