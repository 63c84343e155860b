import path from 'node:path';
import { z } from 'zod';
import { durableFiles } from './bridge/durable-file.ts';
import { type RulesWithoutBridge, rulesWithoutBridge } from './bridge/hardware-messages.ts';
import { NO_RULES } from './tile-without-bridge.ts';

const clock = z.object({ clockOffsetMs: z.number() });

/** What the PC itself remembers while it is off: how wrong its clock is, and the rules its bridge told last. */
export class Remembered {
  readonly #directory: string;
  #clockOffsetMs: number;
  #rules: RulesWithoutBridge;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, clockOffsetMs: number, rules: RulesWithoutBridge) {
    this.#directory = directory;
    this.#clockOffsetMs = clockOffsetMs;
    this.#rules = rules;
  }

  /** @param directory is made if missing. */
  static async open(directory: string): Promise<Remembered> {
    await durableFiles.makeDirectory(directory);
    const offset = await read(clockFile(directory), clock);
    const rules = await read(rulesFile(directory), rulesWithoutBridge);
    return new Remembered(directory, offset?.clockOffsetMs ?? 0, rules ?? NO_RULES);
  }

  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  get rules(): RulesWithoutBridge {
    return this.#rules;
  }

  async setClockOffset(clockOffsetMs: number): Promise<void> {
    this.#clockOffsetMs = clockOffsetMs;
    await this.#write(clockFile(this.#directory), { clockOffsetMs });
  }

  async setRules(rules: RulesWithoutBridge): Promise<void> {
    this.#rules = rules;
    await this.#write(rulesFile(this.#directory), rules);
  }

  /** Resolves when everything is on the disk. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  #write(file: string, content: object): Promise<void> {
    const work = () => durableFiles.replace(file, JSON.stringify(content));
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }
}

const clockFile = (directory: string): string => path.join(directory, 'clock.json');
const rulesFile = (directory: string): string => path.join(directory, 'logon-rules.json');

async function read<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | null> {
  const content = await durableFiles.read(file);
  return content && schema.parse(JSON.parse(content.toString('utf8')));
}
