/** `npm run bench`: every benchmark of test/bench, one after the other. Each prints ratios against a limit measured in the same run. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { root } from './processes.ts';

const asked = process.argv.slice(2);
const benches = globSync('test/bench/*.bench.ts', { cwd: root });
const chosen =
  asked.length === 0 ? benches : benches.filter((file) => asked.includes(path.basename(file, '.bench.ts')));
if (chosen.length === 0) {
  console.error(
    `There is no such benchmark. There are: ${benches.map((f) => path.basename(f, '.bench.ts')).join(', ')}`,
  );
  process.exitCode = 2;
}
for (const file of chosen.toSorted()) {
  console.log(`\n── ${path.basename(file, '.bench.ts')}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', file], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
