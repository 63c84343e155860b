import { z } from 'zod';
import { companyCode } from '../../contract/ids.ts';
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

/** An instant with its offset, so that nobody has to guess whose midnight is meant; milliseconds since 1970. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be like 2027-01-01T09:00:00+09:00' })
  .transform((at) => Date.parse(at));

/** Options of every command that is audited: whose company, and who does it. */
export const ofCompany = { company: companyCode, by: text.default('command line') };

/** Rows a list shows at most. */
export const LISTED = 200;
