import path from 'node:path';
import { z } from 'zod';
import { durableFiles } from './bridge/durable-file.ts';

const stored = z.object({ clockOffsetMs: z.number() });

/** How wrong the PC's wall clock is, kept while it is off. */
export class ClockBattery {
  readonly #file: string;
  #offsetMs: number;

  private constructor(file: string, offsetMs: number) {
    this.#file = file;
    this.#offsetMs = offsetMs;
  }

  /** @param directory is made if missing. */
  static async open(directory: string): Promise<ClockBattery> {
    await durableFiles.makeDirectory(directory);
    const file = path.join(directory, 'clock.json');
    const content = await durableFiles.read(file);
    const offsetMs = content ? stored.parse(JSON.parse(content.toString('utf8'))).clockOffsetMs : 0;
    return new ClockBattery(file, offsetMs);
  }

  /** From the real time, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  async set(offsetMs: number): Promise<void> {
    this.#offsetMs = offsetMs;
    await durableFiles.replace(this.#file, JSON.stringify({ clockOffsetMs: offsetMs }));
  }
}
