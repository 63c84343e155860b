/** A worker thread with the C++ core: says 200 codes of the secret its `workerData` names. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadLogonCore } from '../../../native/addon/index.ts';

const { seed } = workerData as { seed: number };
const core = loadLogonCore();
const secret = Buffer.alloc(20, seed);
const codes: string[] = [];
for (let counter = 0; counter < 200; counter++) {
  codes.push(await core.hotp(secret, { algorithm: 'sha1', digits: 6, periodSeconds: 30 }, counter));
}
parentPort?.postMessage(codes);
