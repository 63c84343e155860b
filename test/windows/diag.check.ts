import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { about, check, scratchFolder } from './support.ts';

const DIAG_MS = 240_000;

about('the report about a PC', () => {
  check('has every section, says of what it could not ask that it could not, and holds no secret', () => {
    const file = path.join(scratchFolder(), '診断.txt');
    const { status, error } = spawnSync(process.execPath, ['build/windows-diag.ts', '--out', file], {
      stdio: 'ignore',
      timeout: DIAG_MS,
      env: { ...process.env, ProgramData: planted() },
    });
    assert.equal(error, undefined);
    assert.equal(status, 0);
    const text = readFileSync(file, 'utf8');
    for (const section of ['This PC', 'What is kept', 'Windows', 'Sign-in', 'Bridge', 'Event logs'])
      assert.match(text, new RegExp(`== ${section}`));
    assert.match(text, /! bridge-absent/);
    assert.match(text, /journal-JBSWY\.journal/);
    assert.doesNotMatch(text, /planted secret/);
    const asked = text.split('\r\n').filter((line) => line.startsWith('   > '));
    assert.ok(asked.length > 25, `${asked.length} asked`);
  });
});

/** A folder of the bridge with something in it that must not be told. */
function planted(): string {
  const programData = scratchFolder();
  const bridge = path.join(programData, 'SystemLog', 'Bridge');
  mkdirSync(bridge, { recursive: true });
  writeFileSync(path.join(bridge, 'journal-JBSWY.journal'), 'planted secret');
  return programData;
}
