import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { me } from '../../../contract/me.ts';
import { onlyHeader } from '../headers.ts';
import { problemResponses } from '../problems.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions/sessions.ts';

export const meRoutes =
  ({ store, readMe }: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/me',
      {
        schema: {
          summary: "The day of the token's account, as the client shows it",
          response: { 200: me, ...problemResponses },
        },
      },
      async (request, reply) => {
        const authorization = onlyHeader(request, 'authorization');
        const { session } = await sessionOf(store, authorization, request.arrivedAtMs);
        void reply.header('cache-control', 'no-store');
        return readMe({ company: session.company, device: session.device, sid: session.sid });
      },
    );
  };
