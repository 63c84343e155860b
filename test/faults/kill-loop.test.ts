import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const KILLS = 220;

test(`a client killed ${KILLS} times, at every step and in between, loses nothing and doubles nothing`, {
  timeout: 900_000,
}, async () => {
  const script = path.join(import.meta.dirname, 'kill-loop.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--kills', String(KILLS)]);
  console.log(stdout);
  expect(stdout).toContain(`kills: ${KILLS}, lost: 0, doubled: 0`);
});
