import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { describeWithCore, scratchFolders } from './core.test-support.ts';

const program = path.join(import.meta.dirname, 'endings.program.ts');

/** Runs one of the endings in a process of its own. */
async function end(name: string, folder: string) {
  const child = spawn(process.execPath, [program, name, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained, [exitCode, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { said: said.trim(), complained, exitCode, signal };
}

describeWithCore('work that is cut short', (core) => {
  const newFolder = scratchFolders();
  const secret = Buffer.alloc(32, 1);

  test('by process.exit: the process ends as it should, and the journal is whole', async () => {
    const folder = newFolder('exit');
    expect(await end('exit', folder)).toMatchObject({ exitCode: 0, signal: null, complained: '' });
    const reader = await core.openJournal(folder, 'device', secret);
    expect(await reader.verify()).toBe(reader.headSequence);
    await reader.close();
  });

  test('by an exception that nobody caught: Node says so, and nothing else', async () => {
    const ended = await end('uncaught exception', newFolder('exception'));
    expect(ended).toMatchObject({ exitCode: 1, signal: null });
    expect(ended.complained).toContain('Error: on purpose');
  });

  test('by the end of its thread: the other threads and the process live on', async () => {
    const folder = newFolder('threads');
    mkdirSync(folder);
    const ended = await end('threads terminated', folder);
    expect(ended).toMatchObject({ exitCode: 0, signal: null, complained: '' });
    expect(ended.said).toMatch(/^\d{8}$/);
    for (let i = 0; i < 4; i++) {
      const reader = await core.openJournal(path.join(folder, `thread-${i}`), 'device', secret);
      expect(await reader.verify()).toBe(reader.headSequence);
      await reader.close();
    }
  });

  test('by the collection of its object: all of it is done, then what it held is free', async () => {
    const ended = await end('garbage collected', newFolder('collected'));
    expect(ended).toMatchObject({ exitCode: 0, signal: null, complained: '', said: '20' });
  });
});
