import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { answerOnlyLocally } from '../local-only.ts';
import { action, type PcState } from './page-messages.ts';
import type { Pc } from './pc.ts';
import { type ClientReply, clientCommand, type emergencyChallenge, tileRequest } from './tile-messages.ts';

/** Where `buildPage` puts the page. */
export const PAGE_DIRECTORY = path.join(import.meta.dirname, 'dist');

const HEADERS = {
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const KEEP_ALIVE_MS = 20_000;

/**
 * Serves the page, tells it the PC's state as it changes (server-sent events), and takes its actions.
 *
 * @param alsoAs an address to answer at besides this machine's own names
 */
export async function pcHttp(pc: Pc, alsoAs?: string): Promise<FastifyInstance> {
  const http = Fastify({ bodyLimit: 16 * 1024, forceCloseConnections: true });
  answerOnlyLocally(http, alsoAs);
  // Only JSON is taken: another site's page cannot send that here without being asked first.
  http.removeContentTypeParser('text/plain');
  http.addHook('onSend', async (_request, reply) => {
    reply.headers(HEADERS);
  });

  http.get('/api/state', async () => pc.state);

  http.get('/api/states', (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const tell = (state: PcState) => raw.write(`data: ${JSON.stringify(state)}\n\n`);
    tell(pc.state);
    const end = pc.onChange(tell);
    const keepAlive = setInterval(() => raw.write(':\n\n'), KEEP_ALIVE_MS);
    request.raw.once('close', () => {
      clearInterval(keepAlive);
      end();
    });
  });

  http.post('/api/actions', async (request, reply) => {
    const asked = action.safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ done: false, reason: 'invalid-action' });
    return pc.do(asked.data);
  });

  http.post('/api/tile', async (request, reply) => {
    const asked = tileRequest.safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ reason: 'invalid-request' });
    const { sid, rehearsal } = asked.data;
    return (await pc.tile(sid, rehearsal)) ?? reply.code(409).send({ reason: 'not-now' });
  });

  http.post('/api/tile/emergency', async (request, reply) => {
    const asked = tileRequest.pick({ sid: true }).safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ reason: 'invalid-request' });
    return { challenge: await pc.emergencyChallenge(asked.data.sid) } satisfies z.infer<
      typeof emergencyChallenge
    >;
  });

  http.post('/api/client', async (request, reply) => {
    const asked = clientCommand.safeParse(request.body);
    if (asked.success) return pc.askClient(asked.data);
    const refusal: ClientReply = { ok: false, code: 'malformed-command', retryAfterMs: null };
    return reply.code(400).send(refusal);
  });

  if (existsSync(PAGE_DIRECTORY)) {
    await http.register(fastifyStatic, { root: PAGE_DIRECTORY });
  } else {
    http.get('/', async (_request, reply) =>
      reply
        .code(503)
        .type('text/plain')
        .send('The page is not built: run node sandbox/virtual-pc/build-page.ts'),
    );
  }
  return http;
}
