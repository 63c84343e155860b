import { parseArgs } from 'node:util';
import { MailBox } from './mail-box.ts';
import { createPage } from './page.ts';
import { listenSmtp } from './smtp.ts';

/** `main.ts --smtp-port 4025 --port 4020`: a mail server on the loopback address, and a page that shows what it got. */
const { values } = parseArgs({
  options: {
    'smtp-port': { type: 'string', default: '4025' },
    port: { type: 'string', default: '4020' },
  },
});

const box = new MailBox({ now: () => Date.now() });
const smtp = await listenSmtp(box, Number(values['smtp-port']));
const page = createPage(box);
const address = await page.listen({ host: '127.0.0.1', port: Number(values.port) });
console.log(`Mail box (sandbox): ${address}/   SMTP: smtp://127.0.0.1:${smtp.port}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void Promise.all([page.close(), smtp.close()]).then(() => process.exit(0)));
}
