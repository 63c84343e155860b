/** The server process: HTTP for devices and clients, and the worker that turns logs into punches and forwards them. */
import { parseArgs } from 'node:util';
import { systemClock } from './clock.ts';
import { createForwarder } from './forwarder/forwarder.ts';
import { createLog } from './http/log.ts';
import { createServer } from './http/server.ts';
import { recompute } from './jobs/recompute.ts';
import { startWorker } from './jobs/worker.ts';
import { createIngest } from './logs/ingest.ts';
import { createReadMe } from './logs/me.ts';
import { createRecordAnchor } from './logs/record-anchor.ts';
import { KeyError } from './secrets/key-file.ts';
import { openStateDirectory } from './secrets/state-directory.ts';
import { forwardingSettings } from './settings/history.ts';
import { openStore } from './store/store.ts';

const USAGE = `Usage: node server/main.ts --state DIRECTORY [--host 127.0.0.1] [--port 8340] [--origin URL] [--out-delay-ms N]

  --state         where the store and the keys are kept; made at the first start
  --host, --port  where to listen
  --origin        the URL under which devices know this server, when it is not http://host:port (behind a TLS proxy it never is)
  --out-delay-ms  how long a 退勤 that is sent at once waits for a later one`;

interface Options {
  state: string;
  host: string;
  port: number;
  origin: string;
  outDelayMs: number | undefined;
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        state: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '8340' },
        origin: { type: 'string' },
        'out-delay-ms': { type: 'string' },
      },
    });
    const port = Number(values.port);
    const outDelay = values['out-delay-ms'];
    if (!values.state || !Number.isInteger(port)) return null;
    return {
      state: values.state,
      host: values.host,
      port,
      origin: values.origin ?? `http://${values.host}:${port}`,
      outDelayMs: outDelay === undefined ? undefined : Number(outDelay),
    };
  } catch {
    return null;
  }
}

async function run({ state, host, port, origin, outDelayMs }: Options): Promise<void> {
  const log = createLog(process.env['SYSTEMLOG_LOG'] ?? 'info', process.stderr);
  const { storeFile, secrets, nonceKey } = await openStateDirectory(state, process.env);
  const store = await openStore(storeFile);
  const clock = systemClock;

  const forwarder = createForwarder({
    store,
    clock,
    secrets,
    fetch,
    random: Math.random,
    log,
    forwardingFor: (company, employee, date) => forwardingSettings(store, company, employee, date),
    ...(outDelayMs !== undefined && { timing: { debounceMs: outDelayMs } }),
  });
  await forwarder.recover();
  const worker = startWorker(
    {
      recompute: async () => {
        const changed = await recompute({
          store,
          clock,
          onFailure: (employee, err) => log.error({ ...employee, err }, 'Workdays could not be computed'),
        });
        return changed.length > 0;
      },
      planDue: () => forwarder.planDue(),
      runDue: () => forwarder.runDue(),
    },
    { now: clock.now, log },
  );
  const server = createServer({
    store,
    clock,
    secrets,
    nonceKey,
    origin,
    log,
    ingest: createIngest({ store, clock, secrets }),
    recordAnchor: createRecordAnchor({ store }),
    readMe: createReadMe({ store, clock }),
    afterIngest: () => worker.poke(),
  });
  await server.listen({ host, port });
  console.log(`SystemLog server: ${origin}`);

  // No new request, then no new work, then the store: what was begun is finished, the rest waits in the store.
  const stop = async () => {
    await server.close();
    await worker.stop();
    await store.destroy();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

const options = readOptions();
if (!options) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  try {
    await run(options);
  } catch (error) {
    console.error(error instanceof KeyError ? `${error.message} [${error.code}]` : error);
    process.exitCode = 1;
  }
}
