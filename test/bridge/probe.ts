import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
/** A build of native/, for Linux or (to be run under Wine) for Windows. */
const build = path.resolve(root, process.env['SYSTEMLOG_NATIVE_BUILD'] ?? 'native/build-linux');
const windows = path.join(build, 'test/uplink_probe.exe');
const linux = path.join(build, 'test/uplink_probe');

export const probe = [linux, windows].find((file) => existsSync(file)) ?? null;
export const underWine = probe === windows;

/** A folder that is gone when the test is over. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'systemlog-uplink-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/**
 * Runs the probe and answers the JSON it wrote.
 *
 * @throws when it ended without an answer, with what it said.
 */
export async function runProbe(...command: string[]): Promise<unknown> {
  if (!probe) throw new Error('There is no probe');
  const out = path.join(await folder(), 'out.json');
  const args = [out, ...command];
  const [program, all] = underWine ? ['wine', [probe, ...args]] : [probe, args];
  const env = { ...process.env, WINEPREFIX: path.join(build, 'wine'), WINEDEBUG: '-all', WINEARCH: 'win64' };
  const said = await new Promise<string>((resolve, reject) => {
    const child = spawn(program, all, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += String(part)));
    child.on('error', reject);
    child.on('exit', (code) => resolve(`${text}\nended with ${code}`));
  });
  const content = await readFile(out, 'utf8').catch(() => null);
  if (content === null) throw new Error(`The probe wrote no answer: ${said}`);
  return JSON.parse(content);
}
