import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../build/processes.ts';

/** The path by which a Windows program under Wine sees a file of this machine. */
export const windowsPath = (file: string): string => `Z:${path.resolve(file).replaceAll('/', '\\')}`;

/** Making a prefix takes about ten seconds, on a busy machine a minute. */
const PREFIX_MS = 240_000;
const WITHOUT_KEEP_ALIVE = pathToFileURL(path.join(import.meta.dirname, 'programs', 'without-keep-alive.ts'));

/** Without a display Wine makes no windows, unless it is told to draw nowhere. @throws when it cannot be told. */
function drawNowhere(prefix: string): void {
  if (readFileSync(path.join(prefix, 'user.reg'), 'latin1').includes('"Graphics"="null"')) return;
  const env = { ...process.env, WINEPREFIX: prefix, WINEARCH: 'win64', WINEDEBUG: '-all' };
  const value = [String.raw`HKCU\Software\Wine\Drivers`, '/v', 'Graphics', '/d', 'null', '/f'];
  const told = spawnSync('wine', ['reg', 'add', ...value], { env, stdio: 'ignore', timeout: PREFIX_MS });
  if (told.status !== 0)
    throw new Error(`Wine could not be told to draw nowhere: ${told.error ?? told.status}`);
  // The desktop that this call had has no driver yet; it ends with the last process.
  spawnSync('wineserver', ['-w'], { env, timeout: 30_000 });
}

/** A Wine prefix of its own: what runs in it, and its end. */
export class Wine {
  readonly #env: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcess>();

  private constructor(prefix: string) {
    this.#env = {
      ...process.env,
      WINEPREFIX: prefix,
      WINEARCH: 'win64',
      WINEDEBUG: '-all',
      NODE_OPTIONS: `--import=file:///Z:${WITHOUT_KEEP_ALIVE.pathname}`,
      // Without it every start strips the types of every module again.
      NODE_COMPILE_CACHE: 'C:\\node-compile-cache',
    };
  }

  /** Opens the prefix of a build, which is made if need be. @throws when Wine cannot make it. */
  static open(buildFolder: string): Wine {
    const made = spawnSync(path.join(root, 'native/test/wine-prefix.sh'), [buildFolder], {
      encoding: 'utf8',
      timeout: PREFIX_MS,
    });
    if (made.status !== 0) throw new Error(`The Wine prefix could not be made: ${made.error ?? made.stderr}`);
    const prefix = made.stdout.trim();
    drawNowhere(prefix);
    // What checks that were cut off left behind.
    for (const left of globSync('drive_c/users/*/Temp/*', { cwd: prefix })) {
      rmSync(path.join(prefix, left), { recursive: true, force: true });
    }
    return new Wine(prefix);
  }

  /**
   * Starts a program. Its standard streams lead nowhere: under Wine pipes lose what a dying process wrote, so programs write files.
   * A signal to the process given ends the Windows process itself, as a kill -9 does: nothing in it runs any more.
   */
  start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn('wine', [program, ...args], {
      cwd: root,
      stdio: 'ignore',
      env: { ...this.#env, ...env },
    });
    this.#running.add(child);
    child.on('error', () => this.#running.delete(child));
    child.on('exit', () => this.#running.delete(child));
    return child;
  }

  /** Ends everything that runs in the prefix, whoever started it there. */
  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    spawnSync('wineserver', ['-k'], { env: this.#env });
    spawnSync('wineserver', ['-w'], { env: this.#env, timeout: 10_000 });
  }
}
