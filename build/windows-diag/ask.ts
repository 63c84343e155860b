import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode } from './decode.ts';
import type { Probe } from './probes.ts';
import type { Answer } from './report.ts';

/** How long one program may take, in milliseconds; asking a domain controller that is away takes long. */
const PROGRAM_MS = 30_000;

/** Runs one program and hears it out. What it says goes through a file, which neither a code page nor its sudden end can spoil. */
export async function askProgram({ title, program, args }: Probe): Promise<Answer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-diag-'));
  const file = path.join(folder, 'said');
  const out = openSync(file, 'w');
  let problem: string | null;
  try {
    problem = await end(program, args, out);
  } finally {
    closeSync(out);
  }
  const text = decode(readFileSync(file));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return { title, command: [program, ...args.map(quoted)].join(' '), text, problem };
}

/** Null when it ended well; else what became of it. */
function end(program: string, args: readonly string[], out: number): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', out, out], windowsHide: true });
    const late = setTimeout(() => {
      child.kill();
      resolve(`did not end within ${PROGRAM_MS / 1000} s`);
    }, PROGRAM_MS);
    const settle = (problem: string | null) => {
      clearTimeout(late);
      resolve(problem);
    };
    child.on('error', (error) => settle(`could not be run: ${error.message}`));
    child.on('exit', (code) => settle(code === 0 ? null : `ended with ${code}`));
  });
}

const quoted = (arg: string): string => (/[\s"]/.test(arg) ? `"${arg.replaceAll('"', '\\"')}"` : arg);

/** Names, sizes in bytes and times of what lies in a folder, and nothing of what is in it. */
export function askFolder(title: string, folder: string): Answer {
  const command = null;
  try {
    const rows = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((name) => fileRow(folder, name));
    return { title, command, text: [folder, ...rows].join('\n'), problem: rows.length > 0 ? null : 'empty' };
  } catch (error) {
    return { title, command, text: folder, problem: wordsOf(error) };
  }
}

function fileRow(folder: string, name: string): string {
  try {
    const { size, mtime } = statSync(path.join(folder, name));
    return `${String(size).padStart(12)}  ${mtime.toISOString()}  ${name}`;
  } catch (error) {
    return `${'?'.padStart(12)}  ${wordsOf(error)}  ${name}`;
  }
}

/** Which of these pipes somebody serves just now. */
export function askPipes(title: string, names: readonly string[]): Answer {
  try {
    const served = new Set(readdirSync('\\\\.\\pipe\\').map((name) => name.toLowerCase()));
    const isServed = (name: string) => served.has(name.toLowerCase());
    const missing = names.filter((name) => !isServed(name));
    const text = names.map((name) => `${name}: ${isServed(name) ? 'served' : 'not there'}`).join('\n');
    return {
      title,
      command: null,
      text,
      problem: missing.length > 0 ? `not served: ${missing.join(', ')}` : null,
    };
  } catch (error) {
    return { title, command: null, text: '', problem: wordsOf(error) };
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
