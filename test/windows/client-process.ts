/** The client in a process of its own, as it runs on Windows: with the addon, queue and reporter, until it is killed. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ClientStatus, clientStatus } from '../../app/status/status.ts';
import { builtForTests } from './support.ts';

export interface ClientOptions {
  pipe: string;
  database: string;
  /** Descriptor of a file for what it says when it fails. */
  log: number;
}

export class ClientProcess {
  readonly #child: ChildProcess;
  /** What it said last; null before its first word. */
  status: ClientStatus | null = null;

  /** Under Wine no bridge is the system's: the client gets the addon that is told whom to take for it. */
  constructor({ pipe, database, log }: ClientOptions) {
    const addon = builtForTests('systemlog-under-test.node');
    assert.ok(addon, 'needs the mingw build: test/windows/run.ts names it');
    const args = ['app/headless.ts', '--bridge', pipe, '--database', database];
    this.#child = spawn(process.execPath, [...args, '--proxy', 'none', '--addon', addon], {
      cwd: path.join(import.meta.dirname, '..', '..'),
      stdio: ['pipe', 'pipe', log],
      env: { ...process.env, SYSTEMLOG_TEST_BRIDGE: 'any' },
    });
    assert.ok(this.#child.stdout);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      // A last line is cut off by the kill.
      if (line.startsWith('{"status":') && line.endsWith('}'))
        this.status = clientStatus.parse(JSON.parse(line).status);
    });
  }

  /** Ends it by TerminateProcess. @throws when it had ended by itself */
  async kill(): Promise<void> {
    assert.equal(this.#child.exitCode, null, 'the client had ended by itself');
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  /** Ends it, whatever it does. */
  abandon(): void {
    this.#child.kill('SIGKILL');
  }
}
