import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const PROGRAM = path.join(import.meta.dirname, 'admin.ts');

async function withState() {
  const parent = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const state = path.join(parent, 'state');
  const admin = (...words: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const run = execFile(process.execPath, [PROGRAM, ...words], (_error, stdout, stderr) =>
        resolve({ code: run.exitCode ?? -1, stdout, stderr }),
      );
    });
  return { state, admin };
}

describe('the administration command line', () => {
  it('does its work on the store of a state directory', async () => {
    const { state, admin } = await withState();
    expect(await admin('--state', state, 'create-company', '--code', 'abc', '--name', 'テスト')).toEqual({
      code: 0,
      stdout: 'Company abc created\n',
      stderr: '',
    });
    const again = await admin('create-company', '--state', state, '--code', 'abc', '--name', 'x');
    expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[company-exists]') });
  });

  it('explains itself when it is not understood, and touches nothing', async () => {
    const { state, admin } = await withState();
    const cases = [
      [],
      ['--state', state],
      ['--state', state, 'constructor'],
      ['--state', state, 'link', '--sid'],
    ];
    for (const words of cases) {
      const { code, stderr } = await admin(...words);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Usage: ')]);
    }
    await expect(access(state)).rejects.toMatchObject({ code: 'ENOENT' });
    const { stderr } = await admin('--state', state, 'create-company', '--code', 'abc');
    expect(stderr).toMatch(/^--name: /);
  });
});
