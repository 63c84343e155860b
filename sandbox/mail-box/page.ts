import { readFileSync } from 'node:fs';
import { type FastifyInstance, fastify } from 'fastify';
import en from '../../locales/en/mail-box.json' with { type: 'json' };
import ja from '../../locales/ja/mail-box.json' with { type: 'json' };
import { answerOnlyLocally } from '../local-only.ts';
import type { MailBox } from './mail-box.ts';

const asset = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

/** A mail's HTML is shown in a frame that may do nothing; its own styles are all it gets. */
const POLICY =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** The page at `/`, and what it asks for: `GET /mails` is as good for a test as for the page. */
export function createPage(box: MailBox): FastifyInstance {
  const app = fastify();
  answerOnlyLocally(app);
  const files = {
    '/': ['text/html', asset('index.html')],
    '/page.js': ['text/javascript', asset('page.js')],
    '/style.css': ['text/css', asset('style.css')],
  } as const;
  for (const [path, [type, content]] of Object.entries(files)) {
    app.get(path, (_request, reply) =>
      reply.type(`${type}; charset=utf-8`).header('content-security-policy', POLICY).send(content),
    );
  }
  app.get('/texts/ja', () => ja);
  app.get('/texts/en', () => en);
  app.get('/mails', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ mails: box.mails }),
  );
  app.delete('/mails', (_request, reply) => {
    box.clear();
    return reply.code(204).send();
  });
  return app;
}
