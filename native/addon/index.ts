/** The C++ core for TypeScript, if it is there for this machine. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CoreError, CoreUnavailable, type LogonCore } from './types.ts';

export * from './types.ts';

/** What the compiled addon exports. */
interface NativeAddon {
  create(coreError: typeof CoreError): LogonCore;
}

const target = `${process.platform}-${process.arch}`;
const root = path.dirname(path.dirname(import.meta.dirname));

/** Where `npm run build:addon` puts what it compiled. A folder of its own: nothing compiled lies among the sources. */
export const compiledAddon = path.join(root, '.cache', 'addon', target, 'systemlog.node');
/** Comes with a packaged product, and goes before what was compiled here. */
export const shippedAddon = path.join(import.meta.dirname, 'prebuilds', target, 'systemlog.node');

/**
 * Loads the addon. May be called in any number of worker threads.
 *
 * @param places where it is looked for, in this order
 * @throws CoreUnavailable when there is none, or it does not load here
 */
export function loadLogonCore(places: readonly string[] = [shippedAddon, compiledAddon]): LogonCore {
  const file = places.find((place) => existsSync(place));
  if (file === undefined) {
    throw new CoreUnavailable(
      `There is no C++ core for ${target}: neither ${places.join(' nor ')} is there. Run "npm run build:addon"; it names the packages it needs.`,
    );
  }
  try {
    const native: NativeAddon = createRequire(import.meta.url)(file);
    return native.create(CoreError);
  } catch (error) {
    throw new CoreUnavailable(
      `The C++ core in ${file} does not load: ${error instanceof Error ? error.message : String(error)}. Delete it and run "npm run build:addon".`,
      { cause: error },
    );
  }
}
