/**
 * The client as a process without a window: `node app/headless.ts --bridge PATH --database FILE [--proxy URL]`.
 *
 * On Windows the bridge's pipe is opened by the C++ addon, which makes sure who serves it; `--addon FILE` says which, when it is not the
 * one in its place.
 *
 * Writes `{"status": …}` to stdout as one JSON line after each change. Takes commands from stdin, a JSON line each such as
 * `{"id": 1, "command": "report-now"}`, and answers each with a line `{"reply": 1, …}` (headless-commands.ts). Ends cleanly on SIGTERM,
 * SIGINT, when stdin closes, or when nobody reads stdout any more.
 */
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { loadLogonCore } from '../native/addon/index.ts';
import systemlog from '../package.json' with { type: 'json' };
import { bridgeOpener } from './bridge/open-pipe.ts';
import { createClient } from './client.ts';
import { answerLine, type HeadlessMessage } from './headless-commands.ts';
import { createHttp } from './http.ts';
import type { ProxySettings } from './settings/client-settings.ts';

const USAGE = 'usage: node app/headless.ts --bridge PATH --database FILE [--proxy URL|none] [--addon FILE]';

const { values } = parseArgs({
  options: {
    bridge: { type: 'string' },
    database: { type: 'string' },
    proxy: { type: 'string' },
    addon: { type: 'string' },
  },
});
const { bridge, database, addon } = values;
if (!bridge || !database) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

const http = createHttp();
const { settings, password } = proxyFrom(values.proxy);
http.configure(settings, password);
const client = createClient({
  connectBridge: bridgeOpener({
    path: bridge,
    loadCore: () => loadLogonCore(addon ? [path.resolve(addon)] : undefined),
  }),
  databaseFile: database,
  fetch: http.fetch,
  name: 'headless',
  version: systemlog.version,
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await client.stop();
  await http.close();
  process.exit(0);
}

process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.stdout.on('error', () => void stop());
const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => void answerLine(client, line).then(say));
commands.on('close', () => void stop());
commands.on('error', () => void stop());

client.onStatus((status) => say({ status }));
client.start();

function say(message: HeadlessMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function proxyFrom(given: string | undefined): { settings: ProxySettings; password: string | null } {
  if (given === undefined) return { settings: { mode: 'system' }, password: null };
  if (given === 'none') return { settings: { mode: 'none' }, password: null };
  const { hostname, port, username, password } = new URL(given);
  return {
    settings: {
      mode: 'manual',
      server: hostname,
      port: Number(port) || 80,
      account: username ? decodeURIComponent(username) : null,
    },
    password: decodeURIComponent(password),
  };
}
