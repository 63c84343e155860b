import { expect, test } from 'vitest';
import { describeWithCore } from './core.test-support.ts';

// What is there on Windows is checked there: test/windows/session.check.ts and bridge-pipe.check.ts.
describeWithCore('what the addon does with Windows', (core) => {
  test.skipIf(process.platform === 'win32')('is absent elsewhere, and says why', () => {
    expect(core.windows).toEqual({ supported: false, reason: 'unsupported-platform' });
  });
});
