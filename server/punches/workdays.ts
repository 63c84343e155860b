/**
 * `npm run -s workdays -- FILE`: computes the cases of a scenarios file and prints one JSON object
 * `{ "<case id>": { "workdays": …, "uncertain": n } }`. Errors go to stderr in words, with exit code 2.
 */
import { readFileSync } from 'node:fs';
import { runScenarios, ScenarioError } from './scenario.ts';
import { SettingsError } from './settings.ts';

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'this file may not be read',
};

const [file, ...others] = process.argv.slice(2);
if (file === undefined || others.length > 0) {
  fail('Usage: npm run -s workdays -- FILE   (server/punches/scenarios.json shows the format)');
} else {
  try {
    process.stdout.write(`${JSON.stringify(runScenarios(readFileSync(file, 'utf8')), null, 2)}\n`);
  } catch (error) {
    if (isSystemError(error)) fail(`${file}: ${CAUSES[error.code ?? ''] ?? error.message}`);
    else if (error instanceof ScenarioError || error instanceof SettingsError)
      fail(`${file}: ${error.message}`);
    else throw error;
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
