// Takes a fresh clone to a running command: installs what the lockfile names, finds a Node that can run the project, and
// hands over. Depends on nothing but Node >= 20 and npm; never runs project code on a Node that is too old for it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stamp = path.join(root, 'node_modules', '.installed-lockfile');
const say = (line) => process.stderr.write(`${line}\n`);

const COMMANDS = {
  start: ['build/start.ts'],
  test: ['build/test.ts'],
  'test:unit': ['build/test.ts', 'unit'],
  'test:e2e': ['build/test.ts', 'e2e'],
  'test:native': ['build/test.ts', 'native'],
  'test:windows': ['build/test.ts', 'windows'],
  check: ['build/test.ts', 'check'],
  bench: ['build/bench.ts'],
  'build:addon': ['build/build-addon.ts'],
  'windows:diag': ['build/windows-diag.ts'],
  workdays: ['server/punches/workdays.ts'],
};

/** Ends in words: what is missing and what to do about it. */
function giveUp(...lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

function lockfileDigest() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
    hash.update(readFileSync(path.join(root, file)));
  }
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
}

/** Installs exactly what the lockfile names, unless that is what is installed already. */
function installDependencies() {
  const digest = lockfileDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  say('Installing dependencies (about a minute, only when package-lock.json has changed) …');
  rmSync(stamp, { force: true });
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith('.js')
    ? [process.execPath, [npm]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  // npm's words go to standard error: a command's own standard output must stay clean.
  const done = spawnSync(command, [...args, 'ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: command.endsWith('.cmd'),
  });
  if (done.error)
    giveUp(`npm could not be started: ${done.error.message}`, 'Install Node.js with npm and try again.');
  if (done.status !== 0) {
    giveUp(
      'The dependencies could not be installed; npm has said why above.',
      'Check that the npm registry can be reached (a proxy goes into HTTPS_PROXY) and run the command again.',
    );
  }
  writeFileSync(stamp, digest);
}

/** The Node to run the project with: this one when it has Node-API 10, else the one the lockfile brought. */
function findNode() {
  if (Number(process.versions.napi) >= 10) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const brought = path.join(
    root,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(brought)) return brought;
  return giveUp(
    `This Node is ${process.version}; SystemLog needs Node 22.18 or newer.`,
    `No Node came with the dependencies for ${process.platform} ${process.arch}: it comes for linux x64, linux arm64 and win32 x64.`,
    'Install Node 24 and run the command again, or, if your machine is one of those, delete node_modules and run it again.',
  );
}

const [command, ...rest] = process.argv.slice(2);
const script = COMMANDS[command];
if (!script) giveUp(`Unknown command "${command ?? ''}". There are: ${Object.keys(COMMANDS).join(', ')}`);

installDependencies();
const node = findNode();
const env = {
  ...process.env,
  // What the project starts by the name `node` is the same Node.
  PATH: [path.dirname(node), path.join(root, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter),
};
// Before 22.18 TypeScript had to be asked for.
if (node === process.execPath && !process.features.typescript) {
  env.NODE_OPTIONS =
    `${env.NODE_OPTIONS ?? ''} --experimental-strip-types --disable-warning=ExperimentalWarning`.trim();
}

const [file, ...fixed] = script;
// Paths of the caller are meant from where npm was called.
const cwd = command === 'workdays' ? (process.env.INIT_CWD ?? root) : root;
// The demo is on a leash (build/leash.ts): should this process be killed outright, its end of the pipe goes with it.
const leashed = command === 'start';
const child = spawn(
  node,
  [
    ...(leashed ? ['--import', pathToFileURL(path.join(root, 'build/leash.ts')).href] : []),
    path.join(root, file),
    ...fixed,
    ...rest,
  ],
  { cwd, env, stdio: [leashed ? 'pipe' : 'inherit', 'inherit', 'inherit'] },
);
// Ctrl-C reaches the whole group and the child decides what it means; a signal to this process alone is passed on.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => giveUp(`${node} could not be started: ${error.message}`));
child.on('exit', (code) => process.exit(code ?? 1));
