/**
 * `node server/punches/workdays.ts FILE`: computes the cases of a scenarios file and prints one JSON object
 * `{ "<case id>": { "workdays": …, "uncertain": n } }`. Errors go to stderr in words, with exit code 2.
 */
import { readFileSync } from 'node:fs';
import { runScenarios, ScenarioError } from './scenario.ts';
import { SettingsError } from './settings.ts';

const [file, ...others] = process.argv.slice(2);
if (file === undefined || others.length > 0) {
  fail('Usage: node server/punches/workdays.ts FILE');
} else {
  try {
    process.stdout.write(`${JSON.stringify(runScenarios(readFileSync(file, 'utf8')), null, 2)}\n`);
  } catch (error) {
    if (!(error instanceof ScenarioError || error instanceof SettingsError || isSystemError(error)))
      throw error;
    fail(`${file}: ${error.message}`);
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
