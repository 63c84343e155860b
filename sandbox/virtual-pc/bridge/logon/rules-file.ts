import path from 'node:path';
import { z } from 'zod';
import { deviceRules } from '../../../../contract/logon.ts';
import type { DurableFiles } from '../durable-file.ts';

/** What a logon screen goes by while no bridge answers it. */
export const rulesWithoutBridge = z.object({
  enforcement: deviceRules.shape.enforcement,
  whenBridgeDown: deviceRules.shape.whenBridgeDown,
  breakGlassSids: deviceRules.shape.breakGlassSids,
});
export type RulesWithoutBridge = z.infer<typeof rulesWithoutBridge>;

/**
 * Where the bridge leaves the company's rules for a logon screen that finds it dead; on Windows a key of the registry that only SYSTEM
 * writes. @param directory the bridge's.
 */
export class RulesFile {
  readonly #file: string;
  readonly #files: DurableFiles;

  constructor(directory: string, files: DurableFiles) {
    this.#file = path.join(directory, 'logon-rules.json');
    this.#files = files;
  }

  /** Null when there are none that can be read. */
  async read(): Promise<RulesWithoutBridge | null> {
    const content = await this.#files.read(this.#file);
    try {
      return content && (rulesWithoutBridge.safeParse(JSON.parse(content.toString('utf8'))).data ?? null);
    } catch {
      return null;
    }
  }

  async write({ enforcement, whenBridgeDown, breakGlassSids }: RulesWithoutBridge): Promise<void> {
    await this.#files.replace(
      this.#file,
      JSON.stringify({ enforcement, whenBridgeDown, breakGlassSids } satisfies RulesWithoutBridge),
    );
  }
}
