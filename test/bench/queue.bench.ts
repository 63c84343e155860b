/**
 * The client's queue against what lies under it, in one run on one machine:
 * appending against bare SQLite inserts with the same settings, draining against bare uploads of the same bodies.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { createClient } from '../../app/client.ts';
import { createDevice, createJournal, record } from '../../app/device.test-support.ts';
import { createHttp } from '../../app/http.ts';
import { openQueue } from '../../app/queue/open.ts';
import type { EventQueue } from '../../app/queue/queue.ts';
import { ScriptedBridge } from '../../app/scripted-bridge.test-support.ts';
import type { SealedEvent } from '../../contract/event.ts';
import type { JournalId } from '../../contract/ids.ts';

const APPENDED = 10_000;
const SINGLY = 2_000;
const DRAINED = 20_000;
const BACKLOG = 100_000;
const BATCH = 500;

const clock = { now: () => Date.now() };
const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-bench-'));
const device = createDevice();
const rows: { what: string; ours: string; raw: string; ratio: string }[] = [];

const perSecond = (count: number, ms: number) => Math.round((count / ms) * 1000);
const shown = (rate: number) => `${rate.toLocaleString('en')}/s`;
function compare(what: string, ours: number, raw: number): void {
  rows.push({ what, ours: shown(ours), raw: shown(raw), ratio: (ours / raw).toFixed(2) });
}

async function timed(step: () => void | Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await step();
  return performance.now() - startedMs;
}

/** Cuts a list into pieces of `size`. */
function* pieces<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

const newQueue = (name: string): EventQueue => openQueue({ file: path.join(folder, name), clock }).queue;

function fill(queue: EventQueue, journal: JournalId, records: readonly SealedEvent[], size: number): void {
  let through = queue.position(journal) ?? 0;
  for (const page of pieces(records, size)) {
    through += page.length;
    queue.append({ journal, records: page, through }, clock.now());
  }
}

/** The least a queue could do: one table, one index for idempotence, the same durability. */
function rawInserts(name: string, records: readonly SealedEvent[], size: number): () => void {
  const database = new Sqlite(path.join(folder, name));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(
    'CREATE TABLE events (id INTEGER PRIMARY KEY, mac TEXT UNIQUE, previous_mac TEXT, record TEXT)',
  );
  const insert = database.prepare('INSERT INTO events (mac, previous_mac, record) VALUES (?, ?, ?)');
  const page = database.transaction((events: readonly SealedEvent[]) => {
    for (const { mac, previousMac, record: text } of events) insert.run(mac, previousMac, text);
  });
  return () => {
    for (const events of pieces(records, size)) page.immediate(events);
    database.close();
  };
}

function journalOf(count: number) {
  const journal = createJournal();
  for (let n = 0; n < count; n++) record(device, journal);
  return journal;
}

async function benchAppend(count: number, size: number): Promise<void> {
  const { id, records } = journalOf(count);
  const queue = newQueue(`append-${size}.db`);
  const raw = rawInserts(`raw-${size}.db`, records, size);
  const rawMs = await timed(raw);
  const oursMs = await timed(() => fill(queue, id, records, size));
  queue.close();
  compare(`append, ${size} a commit`, perSecond(count, oursMs), perSecond(count, rawMs));
}

async function benchDrain(origin: string): Promise<void> {
  const http = createHttp();
  const { id, records } = journalOf(DRAINED);
  const bodies = [...pieces(records, BATCH)].map((events) => gzipSync(JSON.stringify({ events })));
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const upload = async () => {
    for (const body of bodies) {
      const answer = await http.fetch(`${origin}/v1/events`, {
        method: 'POST',
        headers,
        body: new Uint8Array(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(30_000),
      });
      for await (const _ of answer.body ?? []);
    }
  };
  await upload();
  const rawMs = await timed(upload);
  const queue = newQueue('drain.db');
  fill(queue, id, records, BATCH);
  queue.close();
  const { ms } = await drain('drain.db', origin, () => {});
  compare(`drain ${DRAINED.toLocaleString('en')} events`, perSecond(DRAINED, ms), perSecond(DRAINED, rawMs));
  await http.close();
}

/** Runs the real client until its queue is empty; the time counts from its first upload. */
async function drain(name: string, origin: string, onBatch: (done: number) => void): Promise<{ ms: number }> {
  const bridge = await ScriptedBridge.start(path.join(folder, `${name}.bridge`), device, origin);
  const http = createHttp();
  const empty = Promise.withResolvers<void>();
  let startedMs = 0;
  let batches = 0;
  const client = createClient({
    connectBridge: () => net.connect(bridge.path),
    databaseFile: path.join(folder, name),
    fetch: http.fetch,
    name: 'bench',
    version: '0.0.0',
    onStep: (step) => {
      if (step === 'session') startedMs = performance.now();
      if (step === 'verdicts-committed') onBatch(++batches * BATCH);
    },
  });
  client.onStatus(({ queue }) => {
    if (batches > 0 && queue.waiting === 0) empty.resolve();
  });
  client.start();
  await empty.promise;
  const ms = performance.now() - startedMs;
  await client.stop();
  await http.close();
  await bridge.stop();
  return { ms };
}

async function benchMemory(origin: string): Promise<void> {
  const queue = newQueue('backlog.db');
  // Page by page, so that what is measured later is the client's memory and not this bench's.
  for (let n = 0; n < BACKLOG / BATCH; n++) {
    const { id, records } = journalOf(BATCH);
    fill(queue, id, records, BATCH);
  }
  queue.close();
  const heap = new Map<number, number>();
  const { ms } = await drain('backlog.db', origin, (done) => {
    if (done % (BACKLOG / 10) !== 0) return;
    globalThis.gc?.();
    heap.set(done, process.memoryUsage().heapUsed / 1024 / 1024);
  });
  const used = [...heap.values()];
  process.stdout.write(
    `\nbacklog of ${BACKLOG.toLocaleString('en')} drained at ${shown(perSecond(BACKLOG, ms))}; ` +
      `heap after each tenth, in MB${globalThis.gc ? '' : ' (start with --expose-gc for exact figures)'}:\n` +
      `  ${used.map((mb) => mb.toFixed(1)).join('  ')}\n` +
      `  grew by ${((used.at(-1) ?? 0) - (used[0] ?? 0)).toFixed(1)} MB over ${BACKLOG * 0.9} events\n`,
  );
}

const server = fork(path.join(import.meta.dirname, 'idle-server.ts'));
const [origin] = (await once(server, 'message')) as [string];
await benchAppend(SINGLY, 1);
await benchAppend(APPENDED, 50);
await benchAppend(APPENDED, BATCH);
await benchDrain(origin);
process.stdout.write(
  `${'what'.padEnd(26)}${'ours'.padStart(14)}${'raw'.padStart(14)}${'ratio'.padStart(8)}\n`,
);
for (const { what, ours, raw, ratio } of rows)
  process.stdout.write(`${what.padEnd(26)}${ours.padStart(14)}${raw.padStart(14)}${ratio.padStart(8)}\n`);
await benchMemory(origin);
server.disconnect();
rmSync(folder, { recursive: true, force: true });
