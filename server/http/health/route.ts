import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemResponses } from '../problems.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';

export const healthRoutes =
  ({ store }: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/healthz',
      {
        // Asked every few seconds by whatever watches over the server: not worth a line each.
        logLevel: 'warn',
        schema: {
          summary: 'Whether the server can do its work: its store answers',
          response: { 200: z.object({ status: z.literal('ok') }), ...problemResponses },
        },
      },
      async (request) => {
        try {
          await store.selectFrom('companies').select('id').limit(1).execute();
        } catch (err) {
          request.log.error({ err }, 'The store does not answer');
          throw new Refusal('unavailable', 'The store does not answer');
        }
        return { status: 'ok' as const };
      },
    );
  };
