import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { nativeProgram } from './native-build.ts';

export const probe = nativeProgram('uplink_probe');

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
  const { written } = await listenToProbe(...command);
  return JSON.parse(written);
}

/** Runs the probe and answers all it said: the JSON it wrote, and what it printed. */
export async function listenToProbe(...command: string[]): Promise<{ written: string; printed: string }> {
  if (!probe) throw new Error('There is no probe');
  const { command: program, firstArguments } = probe;
  const out = path.join(await folder(), 'out.json');
  const printed = await new Promise<string>((resolve, reject) => {
    const child = spawn(program, [...firstArguments, out, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += String(part)));
    child.on('error', reject);
    child.on('exit', (code) => resolve(`${text}\nended with ${code}`));
  });
  const written = await readFile(out, 'utf8').catch(() => null);
  if (written === null) throw new Error(`The probe wrote no answer: ${printed}`);
  return { written, printed };
}
