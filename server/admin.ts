/**
 * `node server/admin.ts --state DIRECTORY COMMAND [--option value …]`: administration on the store itself, for as long as there is no console
 * and for when it cannot be reached. Safe beside a running server.
 */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ZodError } from 'zod';
import { AdministrationError } from './administration/administration-error.ts';
import { commands } from './administration/commands.ts';
import { systemClock } from './clock.ts';
import { KeyError } from './secrets/key-file.ts';
import { openStateDirectory } from './secrets/state-directory.ts';
import { openStore } from './store/store.ts';

const USAGE = [
  'Usage: node server/admin.ts --state DIRECTORY COMMAND [--option value …]',
  ...Object.entries(commands).map(([name, { usage }]) => `  ${name} ${usage}`),
].join('\n');

/** The command line is not of the form USAGE says. */
class UsageError extends Error {}

interface CommandLine {
  state: string;
  name: string;
  options: Record<string, string>;
}

/** Splits `--state DIR NAME --key value …`; a lone word after the command is its `--file`. */
function readCommandLine(words: readonly string[], stateByEnvironment: string | undefined): CommandLine {
  const options = new Map<string, string>();
  const positional: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('--')) {
      positional.push(word);
      continue;
    }
    const value = words[++i];
    const option = word.slice(2);
    if (value === undefined) throw new UsageError(`--${option} needs a value`);
    if (options.has(option)) throw new UsageError(`--${option} is there twice`);
    options.set(option, value);
  }
  const state = options.get('state') ?? stateByEnvironment;
  options.delete('state');
  const [name, file, ...rest] = positional;
  if (!name) throw new UsageError('A command is needed');
  if (!Object.hasOwn(commands, name)) throw new UsageError(`There is no command ${name}`);
  if (!state) throw new UsageError('--state is needed: the directory the server keeps its store in');
  if (rest.length > 0) throw new UsageError(`What is ${rest.join(' ')}?`);
  if (file !== undefined) options.set('file', file);
  return { state, name, options: Object.fromEntries(options) };
}

async function main(): Promise<void> {
  const { state, name, options } = readCommandLine(process.argv.slice(2), process.env['SYSTEMLOG_STATE']);
  const { storeFile, secrets } = await openStateDirectory(state, process.env);
  const store = await openStore(storeFile);
  try {
    const readText = (file: string) => (file === '-' ? text(process.stdin) : readFile(file, 'utf8'));
    const lines = await commands[name]?.run({ store, secrets, clock: systemClock, readText }, options);
    process.stdout.write(`${lines?.join('\n')}\n`);
  } finally {
    await store.destroy();
  }
}

/** One line for what the administrator can put right; everything else keeps its stack. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (error instanceof ZodError) {
    const issues = error.issues.map(
      ({ path, message }) => `${path.map((p) => `--${String(p)}: `)}${message}`,
    );
    return issues.join('\n');
  }
  if (error instanceof AdministrationError || error instanceof KeyError) {
    return `${error.message} [${error.code}]`;
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
