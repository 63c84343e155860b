import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { onlyHeader } from './headers.ts';
import { Refusal } from './refusal.ts';
import { checkContentDigest } from './signatures/content-digest.ts';

const inflate = promisify(gunzip);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads bodies in the order in which they were made, outside in: size as sent, signed digest, gzip, JSON. A body's limit
 * is its route's `bodyLimit` both as sent and unpacked. `__proto__` and `constructor.prototype` are refused.
 */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  const jsonParser = app.getDefaultJsonParser('error', 'error');
  const parseJson = (request: FastifyRequest, text: string) =>
    new Promise<unknown>((resolve, reject) => {
      const done = (error: Error | null, value?: unknown) => (error ? reject(error) : resolve(value));
      void jsonParser(request, text, done);
    });

  app.addHook('preValidation', async (request) => {
    const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (request.signatureHead) checkContentDigest(request.signatureHead.contentDigest, sent);
    request.body = undefined;
    if (sent.length === 0) return;
    const malformed = request.routeOptions.config.malformed ?? 'invalid-request';
    const plain = await decode(request, sent, malformed);
    try {
      request.body = await parseJson(request, utf8.decode(plain));
    } catch {
      throw new Refusal(malformed, 'The body is not JSON, or not JSON this server takes');
    }
  });
}

async function decode(request: FastifyRequest, sent: Buffer, malformed: Refusal['problem']): Promise<Buffer> {
  const encoding = onlyHeader(request, 'content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return sent;
  if (encoding !== 'gzip') throw new Refusal('unsupported-encoding');
  const { bodyLimit, config } = request.routeOptions;
  try {
    return await inflate(sent, { maxOutputLength: bodyLimit });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge
      ? new Refusal(config.tooLarge ?? 'invalid-request', 'The body is too large when unpacked')
      : new Refusal(malformed, 'The body is not gzip');
  }
}
