import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { issuedNonce } from '../../../contract/session.ts';
import { toInstant } from '../instant.ts';
import { problemResponses } from '../problems.ts';
import type { Services } from '../services.ts';

export const nonceRoutes =
  ({ nonces }: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/nonces',
      {
        schema: {
          summary: 'A challenge for one signed request or one ticket',
          response: { 200: issuedNonce, ...problemResponses },
        },
      },
      async (_request, reply) => {
        const { nonce, issuedAtMs, expiresAtMs } = nonces.issue();
        void reply.header('cache-control', 'no-store');
        return { nonce, expiresAt: toInstant(expiresAtMs), serverTime: toInstant(issuedAtMs) };
      },
    );
  };
