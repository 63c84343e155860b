import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { SignedStatement } from '../../../contract/statement.ts';
import { eventUpload, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, uploadAnswer } from '../../../contract/upload.ts';
import type { AnsweredAnchor } from '../../logs/types.ts';
import { toInstant } from '../instant.ts';
import { burnNonce } from '../nonces/nonces.ts';
import { problemResponses } from '../problems.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { judgeAnchor } from '../signatures/statement.ts';
import { type Caller, identify } from './caller.ts';

export const eventRoutes =
  (services: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/events',
      {
        bodyLimit: MAX_BATCH_BYTES,
        config: { malformed: 'malformed-batch', tooLarge: 'batch-too-large' },
        schema: {
          summary: 'Takes a batch of events, from an account (bearer token) or from its device (signature)',
          body: eventUpload,
          response: { 200: uploadAnswer, ...problemResponses },
        },
        onRequest: async (request) => {
          request.caller = await identify(services, request);
        },
        preValidation: async (request) => refuseTooMany(request),
      },
      async (request) => {
        const { store, clock, ingest } = services;
        const { caller } = request;
        if (!caller) throw new Refusal('token-missing');
        if (caller.way === 'device') await burnNonce(store, caller.nonce);
        const { events, anchor } = request.body;
        const counted = anchor
          ? uploadAnchor(services.origin, caller, anchor, request.arrivedAtMs, request.log)
          : null;
        const { verdicts, receipts } = await ingest(caller.reporter, events, counted);
        services.afterIngest(caller.reporter.company);
        return { verdicts, receipts, serverTime: toInstant(clock.now()) };
      },
    );
  };

/** Looked at before the schema, which would call too many events malformed. */
function refuseTooMany({ body }: FastifyRequest): void {
  const events = typeof body === 'object' && body !== null && 'events' in body ? body.events : null;
  if (Array.isArray(events) && events.length > MAX_BATCH_EVENTS) {
    throw new Refusal('batch-too-large', `At most ${MAX_BATCH_EVENTS} events fit in one upload`);
  }
}

/**
 * The anchor of an upload, when it counts. It never makes an upload fail: the events beside it are good, and a bridge that
 * makes bad anchors would otherwise keep them for ever.
 */
function uploadAnchor(
  origin: string,
  caller: Caller,
  signed: SignedStatement,
  arrivedAtMs: number,
  log: FastifyBaseLogger,
): AnsweredAnchor | null {
  const { device } = caller.reporter;
  if (caller.way === 'client') {
    log.warn({ device, why: 'not-signed' }, 'Anchor passed over');
    return null;
  }
  const { key, nonce } = caller;
  const verdict = judgeAnchor(signed, { origin, device, key, nonce, arrivedAtMs });
  if (verdict.counted) return verdict.anchor;
  log.warn({ device, why: verdict.why }, 'Anchor passed over');
  return null;
}
