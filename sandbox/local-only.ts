import type { FastifyInstance } from 'fastify';

/** What a browser on this machine calls this machine, without ports. */
const OWN_NAMES = ['127.0.0.1', 'localhost'];
const HTTP_PORT = 80;

/**
 * Makes an app answer only those who ask for it by its own address, with 403 and `foreign-host` or `foreign-origin` for others.
 *
 * Listening on the loopback address keeps other machines out, not other web pages: a name of theirs can be made to lead here (DNS
 * rebinding), and then the browser takes this app for a part of their site. The name is still in `Host`. Must be called before
 * routes are added.
 *
 * @param alsoAs another address the app was told to listen on
 */
export function answerOnlyLocally(app: FastifyInstance, alsoAs?: string): void {
  const names = [...OWN_NAMES, ...(alsoAs === undefined ? [] : [alsoAs])];
  app.addHook('onRequest', async (request, reply) => {
    const port = request.socket.localPort ?? HTTP_PORT;
    // Browsers leave the port out where it is the usual one.
    const hosts = names.flatMap((name) => [`${name}:${port}`, ...(port === HTTP_PORT ? [name] : [])]);
    const { host = '', origin } = request.headers;
    if (!hosts.includes(host.toLowerCase())) return reply.code(403).send({ code: 'foreign-host' });
    if (request.method === 'GET' || request.method === 'HEAD' || origin === undefined) return;
    if (!hosts.some((own) => origin === `http://${own}`))
      return reply.code(403).send({ code: 'foreign-origin' });
  });
}
