/** A server that takes everything and does nothing with it, in a process of its own. Says its origin to whoever started it. */
import { gunzip } from 'node:zlib';
import Fastify from 'fastify';

const server = Fastify({ bodyLimit: 8 * 1024 * 1024 });
server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
  if (request.headers['content-encoding'] !== 'gzip') {
    done(null, JSON.parse(body.toString()));
    return;
  }
  gunzip(body, (error, plain) => {
    if (error) done(error);
    else done(null, JSON.parse(plain.toString()));
  });
});

const soon = () => new Date(Date.now() + 15 * 60_000).toISOString();
const now = () => new Date().toISOString();
server.post('/v1/nonces', () => ({ nonce: 'n'.repeat(32), expiresAt: soon(), serverTime: now() }));
server.post('/v1/sessions', () => ({ token: 't'.repeat(43), expiresAt: soon(), serverTime: now() }));
server.post<{ Body: { events: unknown[] } }>('/v1/events', (request) => ({
  verdicts: request.body.events.map(() => ({ status: 'stored' })),
  receipts: [],
  serverTime: now(),
}));

const origin = await server.listen({ port: 0, host: '127.0.0.1' });
process.send?.(origin);
process.on('disconnect', () => process.exit(0));
