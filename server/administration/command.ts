import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { openStore } from '../store/store.ts';

/** What commands work on. */
export interface Tools {
  store: Awaited<ReturnType<typeof openStore>>;
  secrets: Secrets;
  clock: Clock;
  /** Text of a file, or of standard input for `-`. */
  readText(file: string): Promise<string>;
}

/** One subcommand: its options, what it does, and the lines it answers. */
export interface Command {
  usage: string;
  run(tools: Tools, options: Readonly<Record<string, string>>): Promise<string[]>;
}

export function command<S extends z.ZodType>(
  usage: string,
  options: S,
  run: (tools: Tools, options: z.infer<S>) => Promise<string[]>,
): Command {
  return { usage, run: (tools, given) => run(tools, options.parse(given)) };
}

export const text = z.string().min(1);
