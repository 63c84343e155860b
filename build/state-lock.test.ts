import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { lockState } from './state-lock.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'systemlog-lock-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a state directory serves one demo at a time', () => {
  const first = lockState(directory);
  expect(() => lockState(directory)).toThrow('is in use');
  first.release();
  lockState(directory).release();
});
