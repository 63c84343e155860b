/** Has the C++ core compiled for Node when its sources have changed, and says what is missing when it cannot be. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { compiledAddon, shippedAddon } from '../native/addon/index.ts';
import product from '../package.json' with { type: 'json' };
import { DEBIAN_PACKAGES, installCommand } from './debian-packages.ts';
import { root } from './processes.ts';
import { lockState } from './state-lock.ts';

export type AddonState = { available: true } | { available: false; why: string };

const OFF_WITHOUT = 'Without it the virtual PC has no logon screen with one-time codes.';
/** node-gyp runs here: in the root it would take the folder `build` for its own and delete it. */
const folder = path.dirname(compiledAddon);
const stamp = path.join(folder, 'sources');
const log = path.join(folder, 'compile.log');
const SAY_AFTER_MS = 1_500;
const WAIT_FOR_OTHERS_MS = 600_000;

/** Everything the addon is made of: when it is the same, so is the addon. */
const INPUTS = [
  'binding.gyp',
  'native/{core,core/base,platform,platform/*,addon,addon/windows}/*.{cpp,h,map,mjs}',
  'node_modules/{node-addon-api,node-gyp}/package.json',
];

/**
 * Compiles the addon unless the one that is there is of these very sources. Never throws for what is missing: it says so.
 *
 * @param say gets a line when it takes long
 */
export async function ensureAddon({
  say = console.error,
}: {
  say?: (line: string) => void;
} = {}): Promise<AddonState> {
  if (existsSync(shippedAddon)) return { available: true };
  try {
    const sources = digestOfSources();
    if (isCompiled(sources)) return { available: true };
    mkdirSync(folder, { recursive: true });
    const lock = lockState(folder, { waitMs: WAIT_FOR_OTHERS_MS });
    try {
      // Somebody else may have compiled it meanwhile.
      return isCompiled(sources) ? { available: true } : await compile(sources, say);
    } finally {
      lock.release();
    }
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  }
}

const unavailable = (reason: string): AddonState => ({
  available: false,
  why: `The C++ core is not there for ${process.platform} ${process.arch}: ${reason} ${OFF_WITHOUT}`,
});

function digestOfSources(): string {
  const hash = createHash('sha256').update(`${process.version} ${product.version}`);
  for (const file of globSync(INPUTS, { cwd: root }).toSorted()) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

const isCompiled = (sources: string): boolean =>
  existsSync(compiledAddon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;

async function compile(sources: string, say: (line: string) => void): Promise<AddonState> {
  const headers = nodeHeaders();
  // Node for Windows comes without them, and linking there needs its import library too: node-gyp fetches both.
  if (headers === undefined && process.platform !== 'win32')
    return unavailable(
      `Node ${process.version} came without its headers. Started by npm it is one that has them.`,
    );
  const way = path.relative(folder, root).replaceAll(path.sep, '/');
  // Where CMake finds the header-only libraries, where no distribution brings them.
  const libraries = process.env['CMAKE_PREFIX_PATH']?.replaceAll(path.sep, '/');
  const included = libraries === undefined ? '' : `, 'nlohmann_json_include': '${libraries}/include'`;
  writeFileSync(
    path.join(folder, 'binding.gyp'),
    `{ 'variables': { 'root': '${way}'${included} }, 'includes': ['${way}/binding.gyp'] }\n`,
  );
  const late = setTimeout(
    () => say('Compiling the C++ core (a minute or two, only when its sources have changed) …'),
    SAY_AFTER_MS,
  );
  const worked =
    (await runNode([
      path.join(root, 'node_modules/node-gyp/bin/node-gyp.js'),
      'configure',
      'build',
      ...(headers === undefined ? [] : [`--nodedir=${headers}`]),
      `--jobs=${availableParallelism()}`,
    ])) && (await runNode(['-e', 'require("./build/Release/systemlog.node")']));
  clearTimeout(late);
  if (!worked) {
    // One of older sources would be taken for this one.
    rmSync(compiledAddon, { force: true });
    return unavailable(whatIsMissing());
  }

  // By a new name first: a process that has the old one loaded keeps it, and none loads half a file.
  const fresh = `${compiledAddon}.new`;
  copyFileSync(path.join(folder, 'build', 'Release', 'systemlog.node'), fresh);
  renameSync(fresh, compiledAddon);
  writeFileSync(stamp, sources);
  return { available: true };
}

/** Node's headers lie beside it; without them node-gyp would fetch them from the network. */
function nodeHeaders(): string | undefined {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const places = [path.dirname(path.dirname(process.execPath)), path.join(root, 'node_modules', name)];
  return places.find((place) => existsSync(path.join(place, 'include', 'node', 'node_api.h')));
}

/** Runs this Node in `folder`; what it says goes to the log. */
async function runNode(args: string[]): Promise<boolean> {
  const output = openSync(log, args[0] === '-e' ? 'a' : 'w');
  try {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      stdio: ['ignore', output, output],
      // binding.gyp calls `node`.
      env: {
        ...process.env,
        PATH: [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter),
      },
    });
    const [exitCode] = await once(child, 'exit');
    return exitCode === 0;
  } finally {
    closeSync(output);
  }
}

function whatIsMissing(): string {
  const wanted = DEBIAN_PACKAGES.filter(({ suite }) => suite === 'addon' && process.platform === 'linux');
  const missing = wanted.filter(({ provides }) => !existsSync(provides));
  return missing.length > 0
    ? `compiling it needs ${missing.map(({ name }) => name).join(', ')}. To get them on Debian: ${installCommand(missing)}`
    : `it did not compile; why stands in ${path.relative(root, log)}.`;
}
