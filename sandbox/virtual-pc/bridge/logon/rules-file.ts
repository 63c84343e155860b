import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { type CurrentPolicy, deviceRules } from '../../../../contract/logon.ts';
import type { DurableFiles } from '../durable-file.ts';

/** What a logon screen goes by while no bridge answers it. */
const rulesWithoutBridge = z.object({
  enforcement: deviceRules.shape.enforcement,
  whenBridgeDown: deviceRules.shape.whenBridgeDown,
  breakGlassSids: deviceRules.shape.breakGlassSids,
});
const leftRules = z.object({
  ...rulesWithoutBridge.shape,
  /** `digestOfAsked` of the policy whose coming was recorded last; null before the first. */
  recorded: z.string().nullable(),
});
export type LeftRules = z.infer<typeof leftRules>;
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
  async read(): Promise<LeftRules | null> {
    const content = await this.#files.read(this.#file);
    try {
      return content && (leftRules.safeParse(JSON.parse(content.toString('utf8'))).data ?? null);
    } catch {
      return null;
    }
  }

  async write(
    { enforcement, whenBridgeDown, breakGlassSids }: RulesWithoutBridge,
    recorded: string | null,
  ): Promise<void> {
    const left: LeftRules = { enforcement, whenBridgeDown, breakGlassSids, recorded };
    await this.#files.replace(this.#file, JSON.stringify(left));
  }
}

/**
 * What a policy asks of whom, in short: another digest is a change people may notice. Codes and recovery codes that were used up change
 * the policy as well, with every sign-in, and are none.
 */
export function digestOfAsked({ rules, accounts }: CurrentPolicy): string {
  const asked = accounts.map(({ sid, methods, otp, sealedPasswordEpoch, forgivenEpoch }) => [
    sid,
    methods,
    otp?.credential ?? null,
    sealedPasswordEpoch,
    forgivenEpoch,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([rules, asked]))
    .digest('base64url');
}
