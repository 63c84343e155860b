import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export const root = path.dirname(import.meta.dirname);

/** A program of ours in a process of its own. */
export interface Running {
  name: string;
  process: ChildProcess;
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | string>;
}

/**
 * Starts `node file args…` and waits until it says it is ready: its first line on standard output. Its standard error goes
 * to `onLine`, a line at a time.
 *
 * @throws when it ends before it is ready; the message holds its last words.
 */
export async function startProcess(
  name: string,
  file: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<Running> {
  const leash = ['--import', pathToFileURL(path.join(root, 'build/leash.ts')).href];
  const child = spawn(process.execPath, [...leash, path.join(root, file), ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches the demo, which ends its parts in order.
    detached: process.platform !== 'win32',
  });
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
    onLine(line);
  });
  const ended = once(child, 'exit').then(([code, signal]): number | string => code ?? signal ?? 'unknown');
  const stdout = createInterface({ input: child.stdout });
  const ready = once(stdout, 'line').then(() => 'ready' as const);
  const first = await Promise.race([ready, ended]);
  if (first !== 'ready')
    throw new Error(`${name} ended (${first}) before it was ready.\n${lastWords.join('\n')}`);
  stdout.on('line', () => {});
  return { name, process: child, ended };
}

/** Asks a process to end, and after `graceMs` makes it. */
export async function endProcess({ process: child, ended }: Running, graceMs = 5_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}
