import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openQueue } from '../../app/queue/open.ts';
import type { EventQueue } from '../../app/queue/queue.ts';
import { CLIENT_STEPS, type ClientStep } from '../../app/steps.ts';
import { startBridge, startServer } from './world.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '220' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const ENTRY = path.join(import.meta.dirname, 'client-under-fault.ts');
/** A step that did not come in this time will not: the client is then ended from outside, in milliseconds. */
const STEP_MS = 4_000;
/** About how long a client is at work after it started; random ends fall into it, in milliseconds. */
const WORK_MS = 250;
const DRAIN_MS = 120_000;

const random = mulberry32(Number(values.seed));
const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-kills-'));
const database = path.join(folder, 'queue.db');
const server = await startServer(folder, () => random() < 0.1);
const bridge = await startBridge(folder, server);

const ends = { atStep: 0, atRandom: 0 };
const steps = [...CLIENT_STEPS];
const wanted = Number(values.kills);
for (let n = 0; n < wanted; n++) {
  await bridge.record(1 + Math.floor(random() * 20));
  const step = steps[Math.floor(n / 2) % steps.length];
  if (n % 2 === 0 && step) await endAtStep(step);
  else await endAtRandom();
  if ((n + 1) % 20 === 0) process.stderr.write(`${n + 1} of ${wanted}\n`);
}
await drain();
await report();

/** The client ends itself at a step; one that does not come there is ended from outside. */
async function endAtStep(step: ClientStep): Promise<void> {
  const client = start('--kill-at', step);
  const ended = once(client, 'exit');
  let came = true;
  const tooLate = setTimeout(() => {
    came = false;
    client.kill('SIGKILL');
  }, STEP_MS);
  await ended;
  clearTimeout(tooLate);
  if (came) ends.atStep++;
  else ends.atRandom++;
}

/** The client is ended from outside, wherever it is; now and then before it has begun. */
async function endAtRandom(): Promise<void> {
  const client = start();
  const ended = once(client, 'exit');
  if (random() < 0.8 && client.stdout) await once(client.stdout, 'data');
  await pause(random() * WORK_MS);
  client.kill('SIGKILL');
  await ended;
  ends.atRandom++;
}

/** One client that nobody ends: it must bring everything through. */
async function drain(): Promise<void> {
  const client = start();
  const startedMs = performance.now();
  while (!bridge.received() && performance.now() - startedMs < DRAIN_MS) await pause(50);
  const ended = once(client, 'exit');
  client.kill('SIGKILL');
  await ended;
}

async function report(): Promise<void> {
  const recorded = bridge.recordedIds();
  const stored = await server.storedIds();
  const { queue, setAside } = openQueue({ file: database, clock: { now: () => Date.now() } });
  const queued = queuedIds(queue);
  const { waiting, refused } = queue.counts();
  queue.close();
  const known = new Set(stored);
  const lost = recorded.filter((id) => !known.has(id)).length;
  const doubled = stored.length - known.size + queued.length - new Set(queued).size;
  const clean = lost + doubled + waiting + refused === 0 && setAside === null && bridge.received();
  process.stdout.write(
    `kills: ${ends.atStep + ends.atRandom}, lost: ${lost}, doubled: ${doubled}\n` +
      `  at a step: ${ends.atStep}, at random: ${ends.atRandom}, seed: ${values.seed}\n` +
      `  events: ${recorded.length}, still waiting: ${waiting}, refused: ${refused}, ` +
      `files set aside: ${setAside ? 1 : 0}, receipt complete: ${bridge.received() ? 'yes' : 'no'}\n`,
  );
  await bridge.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(clean ? 0 : 1);
}

function queuedIds(queue: EventQueue): (string | null)[] {
  const ids: (string | null)[] = [];
  let page = queue.timeline(null, 500);
  while (page.length > 0) {
    ids.push(...page.map(({ id }) => id));
    page = queue.timeline(page.at(-1)?.position ?? 0, 500);
  }
  return ids;
}

function start(...more: string[]): ChildProcess {
  const args = [ENTRY, '--bridge', bridge.path, '--database', database, ...more];
  const env = { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'cache') };
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
}

/** A small seeded generator (mulberry32), so that a run can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
