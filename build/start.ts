/** `npm start`: the demo, with its addresses and three lines on what to try. */
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInstance } from 'i18next';
import en from '../locales/en/start.json' with { type: 'json' };
import ja from '../locales/ja/start.json' with { type: 'json' };
import { buildPage } from '../sandbox/virtual-pc/build-page.ts';
import { ensureAddon } from './addon.ts';
import { startDemo } from './demo.ts';
import { root } from './processes.ts';
import { lockState } from './state-lock.ts';

const FIRST_PORT = 8340;
const OUT_DELAY_MS = 5_000;

const stateDirectory = path.join(root, '.state', 'demo');
mkdirSync(stateDirectory, { recursive: true });
const logFile = path.join(stateDirectory, 'demo.log');
const log = createWriteStream(logFile, { flags: 'a' });

const say = (line: string) => console.log(line);
const texts = createInstance();
await texts.init({
  resources: { ja: { start: ja }, en: { start: en } },
  defaultNS: 'start',
  lng: 'ja',
  interpolation: { escapeValue: false },
});
/** Japanese first, English under it. */
const inBoth = (tell: (t: ReturnType<typeof texts.getFixedT>) => void) => {
  for (const language of ['ja', 'en']) tell(texts.getFixedT(language, 'start'));
};

try {
  lockState(stateDirectory);
  const core = await ensureAddon({ say });
  if (!core.available) say(core.why);
  say('Building the virtual PC page …');
  await buildPage();
  say('Starting server, KING OF TIME sandbox and virtual PC …');
  const demo = await startDemo({
    stateDirectory,
    firstPort: FIRST_PORT,
    outDelayMs: OUT_DELAY_MS,
    onLine: (line) => log.write(`${line}\n`),
  });

  inBoth((t) => {
    say(`\n${t('ready')}`);
    say(`  ${demo.virtualPc}/  ${t('virtualPc')}`);
    say(`  ${demo.kingOfTime}/  ${t('kingOfTime')}`);
    say(`  ${demo.mailBox}/  ${t('mailBox')}`);
    say(`  ${demo.server}/docs  ${t('server')}`);
    for (const step of t('steps', { returnObjects: true }) as string[]) say(step);
    say(t('stop', { directory: path.relative(root, stateDirectory) }));
  });

  const asked = new Promise<null>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(null));
  });
  const broken = await Promise.race([asked, demo.broken]);
  inBoth((t) => say(broken === null ? t('stopping') : t('broken', { what: broken, log: logFile })));
  await demo.stop();
  process.exitCode = broken === null ? 0 : 1;
} catch (error) {
  console.error(`The demo could not be started: ${error instanceof Error ? error.message : String(error)}`);
  console.error(`Its log: ${logFile}`);
  process.exitCode = 1;
}
log.end();
