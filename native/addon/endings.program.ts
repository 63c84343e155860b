/** Started by endings.test.ts: ends, in one way or another, while the core is at work. `endings.program.ts CASE FOLDER`. */
import { once } from 'node:events';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type JournalWriter, type LogonCore, loadLogonCore } from './index.ts';

const secret = Buffer.alloc(32, 1);
const sha512 = { algorithm: 'sha512', digits: 8, periodSeconds: 30 } as const;
const journal = '6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11';
const THREADS = 4;

const begin = (core: LogonCore, folder: string): Promise<JournalWriter> =>
  core.createJournal(folder, 'device', secret, journal);

/** More work than there are threads, and a queue behind an object. Nobody waits for it. */
function pileUp(core: LogonCore, writer: JournalWriter): void {
  const ignore = () => undefined;
  for (let i = 0; i < 20; i++) {
    core.findStep(secret, sha512, '12345678', 0, 10_000).catch(ignore);
    writer.append(`{"sequence":${i + 1}}`).catch(ignore);
  }
}

const CASES: Record<string, (folder: string) => Promise<void>> = {
  async exit(folder) {
    const core = loadLogonCore();
    pileUp(core, await begin(core, folder));
    process.exit(0);
  },

  async 'uncaught exception'(folder) {
    const core = loadLogonCore();
    pileUp(core, await begin(core, folder));
    await setImmediate();
    throw new Error('on purpose');
  },

  /** Threads load the core at the same time, work, and are ended in the middle of it. */
  async 'threads terminated'(folder) {
    const core = loadLogonCore();
    const threads = Array.from({ length: THREADS }, (_, i) => {
      return new Worker(new URL(import.meta.url), { workerData: path.join(folder, `thread-${i}`) });
    });
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    await Promise.all(threads.map((thread) => thread.terminate()));
    console.log(await core.hotp(secret, sha512, 0));
  },

  /** The objects are collected while their work goes on. */
  async 'garbage collected'(folder) {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const core = loadLogonCore();
    let appended: Promise<unknown>[] = [];
    await (async () => {
      const writer = await begin(core, folder);
      appended = Array.from({ length: 20 }, (_, i) => writer.append(`{"sequence":${i + 1}}`));
    })();
    for (let i = 0; i < 50; i++) {
      collect();
      await setImmediate();
    }
    await Promise.all(appended);
    // The lock goes with the last that used the journal, at some later collection.
    for (let tries = 0; ; tries++) {
      collect();
      await setImmediate();
      const again = await core.openJournalWriter(folder, 'device', secret).catch(() => null);
      if (again) {
        console.log(again.headSequence);
        return again.close();
      }
      if (tries > 100) throw new Error('the journal is still locked');
    }
  },
};

if (isMainThread) {
  const [name = '', folder = ''] = process.argv.slice(2);
  await CASES[name]?.(folder);
} else {
  const core = loadLogonCore();
  pileUp(core, await begin(core, workerData));
  parentPort?.postMessage('at work');
}
