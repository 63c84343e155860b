/**
 * An event's whole way: the bridge's journal, a named pipe, the client's queue, the server. Bridge and client run in Windows Node and
 * are ended by TerminateProcess at random moments; the server runs in the Node of the machine around (`server.ts`), and loses answers.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ClientProcess } from './client-process.ts';
import type { CheckServer } from './server.ts';
import { about, check, newPipeName, scratchFolder } from './support.ts';
import { assertWhole } from './whole-way.ts';

/** So many rounds of kills, or as many as fit into this time, in milliseconds: a busy machine takes seconds to start a process. */
const ROUNDS = 6;
const ROUNDS_MS = 30_000;
/** How long client and bridge are at work after their first sign of life; kills fall into it, in milliseconds. */
const WORK_MS = 400;
/** A process that has done nothing in this time will not. */
const START_MS = 30_000;
const DRAIN_MS = 90_000;
/** Events recorded after the last kill. */
const LAST_EVENTS = 20;
const given = process.env['SYSTEMLOG_SERVER'] ?? 'null';

const folder = scratchFolder();
const pipe = newPipeName();
const database = path.join(folder, 'キュー', 'queue.db');
/** What bridges and clients say when they fail. */
const logFile = path.join(folder, 'failures.log');
const log = openSync(logFile, 'a');
const running = new Set<ChildProcess>();
let client: ClientProcess | null = null;
after(() => {
  for (const child of running) child.kill('SIGKILL');
  client?.abandon();
  closeSync(log);
});

interface Progress {
  acknowledged: number;
  received: number;
  head: number;
}

/** What the bridges said they would record and have recorded, over all their lives. */
const intended = new Set<string>();
const recorded = new Set<string>();
let progress: Progress = { acknowledged: 0, received: 0, head: 0 };
let onProgress = (): void => undefined;
const failures: string[] = [];

function node(args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: path.join(import.meta.dirname, '..', '..'),
    stdio: ['pipe', 'pipe', log],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function startBridge(server: string): ChildProcess {
  const program = path.join(import.meta.dirname, 'programs', 'bridge.ts');
  const child = node([program, path.join(folder, 'bridge'), pipe, server]);
  assert.ok(child.stdout);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, ...rest] = line.split(' ');
    // A last line cut off by the kill says nothing.
    if (word === 'will' && rest[0]?.length === 36) intended.add(rest[0]);
    if (word === 'did' && rest[0]?.length === 36) recorded.add(rest[0]);
    if (word === 'failure') failures.push(line);
    if (word !== 'state' || rest.length !== 3) return;
    const [acknowledged = 0, received = 0, head = 0] = rest.map(Number);
    progress = { acknowledged, received, head };
    onProgress();
  });
  return child;
}

function startClient(): ClientProcess {
  client?.abandon();
  client = new ClientProcess({ pipe, database, log });
  return client;
}

async function kill(child: ChildProcess): Promise<void> {
  assert.equal(
    child.exitCode,
    null,
    `it had ended by itself: ${readFileSync(logFile, 'utf8').slice(-2_000)}`,
  );
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Waits until something is so. Something must move meanwhile. */
async function progressed(enough: () => boolean, ms: number): Promise<boolean> {
  const signal = AbortSignal.timeout(ms);
  while (!enough() && !signal.aborted) {
    await Promise.race([
      new Promise<void>((resolve) => {
        onProgress = resolve;
      }),
      pause(250),
    ]);
  }
  return enough();
}

about('the way of an event on Windows', () => {
  check(
    'loses nothing and doubles nothing while bridge and client are killed at random moments',
    async (t) => {
      if (given === 'null') {
        t.skip('needs a server: test/windows/run.ts starts one');
        return;
      }
      let bridge = startBridge(given);
      startClient();
      let kills = 0;
      const startedMs = performance.now();
      for (let n = 0; n < ROUNDS && performance.now() - startedMs < ROUNDS_MS; n++) {
        // Mostly in the middle of their work; now and then wherever they are, before they have begun as well.
        const before = progress.acknowledged;
        if (n % 4 !== 3) await progressed(() => progress.acknowledged > before, START_MS);
        await pause(Math.random() * WORK_MS);
        if (n % 3 !== 1) {
          await client?.kill();
          startClient();
          kills++;
        }
        if (n % 3 !== 0) {
          await kill(bridge);
          bridge = startBridge(given);
          kills++;
        }
      }
      const enough = recorded.size + LAST_EVENTS;
      assert.ok(await progressed(() => recorded.size >= enough, START_MS), 'the last bridge records nothing');
      bridge.stdin?.write('enough\n');
      const all = () => progress.head > 0 && progress.received === progress.head;
      assert.ok(await progressed(all, DRAIN_MS), `the server has ${progress.received} of ${progress.head}`);
      await client?.kill();
      await kill(bridge);
      assert.deepEqual(failures, []);

      const { storedIds } = JSON.parse(given) as CheckServer;
      const stored = await assertWhole({ recorded: [...recorded], begun: intended, storedIds, database });
      t.diagnostic(`${kills} kills, ${recorded.size} events recorded, ${stored} stored, 0 lost, 0 doubled`);
    },
  );
});
