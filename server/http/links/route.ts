import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { linkAnswer, linkRequest, logonState } from '../../../contract/logon.ts';
import { shownEmployee } from '../../logon/accounts.ts';
import { linkByCode } from '../../logon/link-by-code.ts';
import { logonStateOf } from '../../logon/state.ts';
import { accountOf, grantedOrRefuse, keepFromCaches } from '../callers.ts';
import { toInstant } from '../instant.ts';
import { problemResponses } from '../problems.ts';
import type { Services } from '../services.ts';

export const linkRoutes =
  (services: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/logon',
      {
        schema: {
          summary: "How the token's account stands: linked, enrolled, and what it may do next",
          response: { 200: logonState, ...problemResponses },
        },
      },
      async (request, reply) => {
        const account = await accountOf(services, request);
        keepFromCaches(reply);
        const state = await logonStateOf(services, account, request.arrivedAtMs);
        return { ...state, serverTime: toInstant(services.clock.now()) };
      },
    );

    app.post(
      '/v1/links',
      {
        schema: {
          summary: "Links the token's account to the employee a one-time code was issued for",
          body: linkRequest,
          response: { 200: linkAnswer, ...problemResponses },
        },
      },
      async (request, reply) => {
        const account = await accountOf(services, request);
        keepFromCaches(reply);
        const verdict = await linkByCode(services, account, request.body.code, request.arrivedAtMs);
        const { employee, enrolUntilMs } = grantedOrRefuse(verdict);
        return {
          employee: shownEmployee(employee),
          enrolUntil: toInstant(enrolUntilMs),
          serverTime: toInstant(services.clock.now()),
        };
      },
    );
  };
