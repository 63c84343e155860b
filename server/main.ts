/** The server process: HTTP for devices and clients, and the worker that turns logs into punches and forwards them. */
import { parseArgs } from 'node:util';
import { systemClock } from './clock.ts';
import { createForwarder } from './forwarder/forwarder.ts';
import { createLog } from './http/log.ts';
import { createServer } from './http/server.ts';
import { punchRound } from './jobs/punch-round.ts';
import { recompute } from './jobs/recompute.ts';
import { startWorker } from './jobs/worker.ts';
import { createIngest } from './logs/ingest.ts';
import { createReadMe } from './logs/me.ts';
import { createRecordAnchor } from './logs/record-anchor.ts';
import { createMailer } from './mail/mailer.ts';
import { smtpTransport } from './mail/transport.ts';
import { KeyError } from './secrets/key-file.ts';
import { openStateDirectory } from './secrets/state-directory.ts';
import { forwardingSettings } from './settings/history.ts';
import { openStore } from './store/store.ts';

const USAGE = `Usage: node server/main.ts --state DIRECTORY [--host 127.0.0.1] [--port 8340] [--origin URL] [--out-delay-ms N] [--smtp URL --mail-from ADDRESS]

  --state         where the store and the keys are kept; made at the first start
  --host, --port  where to listen
  --origin        the URL under which devices know this server, when it is not http://host:port (behind a TLS proxy it never is)
  --out-delay-ms  how long a 退勤 that is sent at once waits for a later one
  --smtp          smtp://user:password@host:port or smtps://…; without it mails wait in their queue. Elsewhere than on this
                  machine TLS is required. SYSTEMLOG_SMTP serves as well and shows in no list of processes
  --mail-from     the address mails come from`;

interface Options {
  state: string;
  host: string;
  port: number;
  origin: string;
  outDelayMs: number | undefined;
  smtp: { url: string; from: string } | undefined;
}

/** A person waits for the code in the mail. */
const POST_EVERY_MS = 2_000;
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        state: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '8340' },
        origin: { type: 'string' },
        'out-delay-ms': { type: 'string' },
        smtp: { type: 'string' },
        'mail-from': { type: 'string' },
      },
    });
    const port = Number(values.port);
    const outDelay = values['out-delay-ms'];
    const smtpUrl = values.smtp ?? process.env['SYSTEMLOG_SMTP'];
    const from = values['mail-from'];
    if (!values.state || !Number.isInteger(port) || (smtpUrl !== undefined && from === undefined))
      return null;
    return {
      state: values.state,
      host: values.host,
      port,
      origin: values.origin ?? `http://${values.host}:${port}`,
      outDelayMs: outDelay === undefined ? undefined : Number(outDelay),
      smtp: smtpUrl !== undefined && from !== undefined ? { url: smtpUrl, from } : undefined,
    };
  } catch {
    return null;
  }
}

async function run({ state, host, port, origin, outDelayMs, smtp }: Options): Promise<void> {
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
    punchRound({
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
    }),
    { now: clock.now, log },
  );
  const post = smtp === undefined ? null : startPost(smtp);
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
  /** Mails leave in a worker of their own: a mail server that does not answer holds back no punch. */
  function startPost({ url, from }: { url: string; from: string }) {
    const requireTls = !LOCAL_HOSTS.includes(new URL(url).hostname);
    const transport = smtpTransport({ url, from, requireTls });
    const mailer = createMailer({ store, secrets, clock, transport, log });
    return startWorker(() => mailer.deliverDue(), { now: clock.now, pollMs: POST_EVERY_MS, log });
  }

  await server.listen({ host, port });
  console.log(`SystemLog server: ${origin}`);

  // No new request, then no new work, then the store: what was begun is finished, the rest waits in the store.
  const stop = async () => {
    await server.close();
    await worker.stop();
    await post?.stop();
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
