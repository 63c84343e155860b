import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { readBodies } from './body.ts';
import { deviceRoutes } from './devices/route.ts';
import { decorateWithCaller } from './events/caller.ts';
import { eventRoutes } from './events/route.ts';
import { healthRoutes } from './health/route.ts';
import { linkRoutes } from './links/route.ts';
import { meRoutes } from './me/route.ts';
import { createNonces } from './nonces/nonces.ts';
import { nonceRoutes } from './nonces/route.ts';
import { otpRoutes } from './otp/route.ts';
import { policyRoutes } from './policy/route.ts';
import { answerClientError, answerError, answerWithProblems } from './problems.ts';
import type { Services } from './services.ts';
import { sessionRoutes } from './sessions/route.ts';
import { decorateWithSignature } from './signatures/request-signature.ts';
import { createSweeper } from './sweep.ts';
import { vaultRoutes } from './vault/route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** When the request's headers were read: what nonces, tokens and anchors are judged by, however long the body takes. */
    arrivedAtMs: number;
  }
}

/** What a server needs from outside. */
export interface ServerOptions
  extends Pick<Services, 'store' | 'clock' | 'secrets' | 'ingest' | 'recordAnchor' | 'readMe'> {
  /** 32 secret bytes, the same for every process on one store. */
  nonceKey: Uint8Array;
  /** The URL under which devices know this server: its origin is what they sign. */
  origin: string;
  log: FastifyBaseLogger;
  afterIngest?: Services['afterIngest'];
  /** Which proxies' `X-Forwarded-For` is believed (Fastify's `trustProxy`); none unless said. */
  trustProxy?: boolean | string;
}

const ROUTES = [
  nonceRoutes,
  deviceRoutes,
  sessionRoutes,
  eventRoutes,
  meRoutes,
  linkRoutes,
  otpRoutes,
  policyRoutes,
  vaultRoutes,
  healthRoutes,
];
/** A small request: all but uploads are. */
const BODY_LIMIT_BYTES = 16 * 1024;
/** A body that takes longer is given up, well before its nonce is forgotten (see sweep.ts). */
const REQUEST_TIMEOUT_MS = 120_000;

/**
 * The HTTP side of the server, ready to `listen`. It owns nothing that was handed in: who opened the store closes it, after
 * `close()` has resolved.
 *
 * @throws TypeError when `origin` is not a URL.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.log,
    // We write our own line for each request, in `keepTrack`.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: options.trustProxy ?? false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A request on a connection that is open while we close is served like any other.
    return503OnClosing: false,
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const services = servicesOf(options);
  answerWithProblems(app);
  keepTrack(app, services);
  decorateWithSignature(app);
  decorateWithCaller(app);
  readBodies(app);
  describe(app);
  for (const routes of ROUTES) {
    void app.register(routes(services));
  }
  return app;
}

function servicesOf({ nonceKey, origin, afterIngest, ...options }: ServerOptions): Services {
  const url = new URL(origin);
  const { store, clock, secrets, ingest, recordAnchor, readMe } = options;
  return {
    store,
    clock,
    secrets,
    ingest,
    recordAnchor,
    readMe,
    nonces: createNonces(nonceKey, clock),
    origin: url.origin,
    authority: url.host,
    afterIngest: afterIngest ?? (() => undefined),
  };
}

/** Gives each request its time and its id, one line in the log when it was answered, and sweeps behind it. */
function keepTrack(app: FastifyInstance, { store, clock }: Services): void {
  const sweep = createSweeper(store, clock);
  app.decorateRequest('arrivedAtMs', 0);
  app.addHook('onRequest', async (request, reply) => {
    request.arrivedAtMs = clock.now();
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, ip, problem } = request;
    const { company, device } = request.caller?.reporter ?? {};
    const tookMs = Math.round(reply.elapsedTime);
    const line = { method, path: request.routeOptions.url, ip, status: reply.statusCode, tookMs };
    request.log.info({ ...line, problem, company, device }, 'Answered');
    await sweep().catch((err: unknown) => request.log.warn({ err }, 'Expired rows could not be deleted'));
  });
}

function describe(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'SystemLog', version: '1', description: 'What devices and clients say to the server.' },
    },
    transform: jsonSchemaTransform,
  });
  void app.register(swaggerUi, { routePrefix: '/docs' });
}
