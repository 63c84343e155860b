/** A process that works until it is killed, and says on its standard output how far it got. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Doomed {
  /** Resolves once it has done work of its own. */
  readonly begun: Promise<void>;
  /** Ends it by TerminateProcess, as the task manager does; gives the last number it said. */
  kill(): Promise<number>;
}

/**
 * Starts a program of `programs/` in a Node of its own. Its first line says where it begins, each later one how far it got.
 */
export function startDoomed(program: string, args: readonly string[]): Doomed {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'programs', program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const begun = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.split('\n').length > 2) resolve();
    });
    child.once('exit', (code) => reject(new Error(`${program} ended by itself (${code})`)));
  });
  begun.catch(() => undefined);
  return {
    begun,
    async kill() {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      // The last line may be cut off.
      return Number(said.split('\n').at(-2) ?? 0);
    },
  };
}
