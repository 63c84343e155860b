/** A worker thread that watches the session and ends, as its `workerData` says, with the watch open; says when it is. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadLogonCore } from '../../../native/addon/index.ts';
import { windowsOf } from '../support.ts';

const { ending } = workerData as { ending: 'stays' | 'exits' | 'throws' };
await windowsOf(loadLogonCore()).watchSession(() => undefined, 1_000);
parentPort?.postMessage('open');
if (ending === 'exits') process.exit(3);
if (ending === 'throws') throw new Error('on purpose');
// Its port keeps it.
parentPort?.on('message', () => undefined);
