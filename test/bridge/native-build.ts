/** Programs of a C++ build, as tests start them: directly, or under Wine when they are for Windows. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

export interface NativeProgram {
  /** What to start, and what comes before the program's own arguments. */
  command: string;
  firstArguments: string[];
  underWine: boolean;
}

/** What the tests say that cannot run without the program. */
export const WITHOUT_NATIVE_BUILD =
  'Skipped: SYSTEMLOG_NATIVE_BUILD names no build of native/ that has the program ("npm run test:native" makes one).';

/**
 * A test program of the build that SYSTEMLOG_NATIVE_BUILD names (a folder, from the repository's root), or null: with no build to
 * test, what lies about in the tree may be of any age.
 */
export function nativeProgram(name: string): NativeProgram | null {
  const named = process.env['SYSTEMLOG_NATIVE_BUILD'];
  if (named === undefined || named === '') return null;
  const build = path.resolve(root, named);
  const linux = path.join(build, 'test', name);
  if (existsSync(linux)) return { command: linux, firstArguments: [], underWine: false };
  const windows = `${linux}.exe`;
  if (!existsSync(windows)) return null;
  const wine = path.join(root, 'native/test/wine.sh');
  return { command: wine, firstArguments: [build, windows], underWine: true };
}
