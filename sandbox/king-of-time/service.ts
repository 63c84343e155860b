import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors, ServiceError } from './errors.ts';
import { type Fault, type FaultKind, faultFor } from './faults.ts';
import { inForbiddenHours } from './jst.ts';
import type { Item, State, Token } from './state.ts';

/** A request as the stand-in saw it; the token in a path is not kept. */
export interface SeenRequest {
  at: number;
  method: string;
  path: string;
}

/** How many requests are remembered. */
const SEEN_LIMIT = 10_000;

/** What all routes share: the state, what goes wrong next, and who wants to know of changes. */
export interface Service {
  readonly clock: { now(): number };
  readonly state: State;
  readonly faults: Fault[];
  readonly seen: SeenRequest[];
  /** How long a silent line stays open before it is cut, in milliseconds. */
  readonly hangMs: number;
  /** Keeps the state and tells those who watch. */
  changed(): void;
}

/** Lets a request in, or says why not. Token calls name no item: they ask for a known token and nothing else. */
export function admit(
  service: Service,
  request: FastifyRequest,
  wanted: { item: Item; access: 'read' | 'write' } | null,
): Token {
  const { state, clock } = service;
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const token = state.tokens.find((known) => known.token === bearer);
  if (!token || !state.allowedAddresses.includes(request.ip)) throw errors.unauthorized();
  if (!wanted) return token;
  if (!token[wanted.access].includes(wanted.item)) throw errors.unauthorized();
  const isPunch = wanted.item === 'timerecord' && wanted.access === 'write';
  if (!isPunch && isShut(service)) throw errors.forbiddenHours();
  return token;

  function isShut({ state: { switches } }: Service): boolean {
    if (switches.forbiddenHours === 'clock') return inForbiddenHours(clock.now());
    return switches.forbiddenHours === 'on';
  }
}

/** Wraps a handler with latency and with whatever is to go wrong; `work` decides what the request does. */
export function answering(
  service: Service,
  sort: 'punch' | 'read',
  work: (request: FastifyRequest) => { status: number; body?: object },
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    service.seen.push({
      at: service.clock.now(),
      method: request.method,
      path: request.url.replace(/\/tokens\/[^/?]+/, '/tokens/***'),
    });
    if (service.seen.length > SEEN_LIMIT) service.seen.shift();
    const { latencyMs } = service.state.switches;
    if (latencyMs > 0) await delay(latencyMs);
    const fault = faultFor(service.state, service.faults, sort);
    try {
      failBefore(fault);
      if (fault === 'timeout-before') return silence(service, request, reply);
      const { status, body } = work(request);
      if (fault === 'timeout-after') return silence(service, request, reply);
      if (fault === 'garbled-after')
        return await reply.code(status).type('text/html').send('<html>proxy</html>');
      return await (body ? reply.code(status).send(body) : reply.code(status).send());
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return reply.code(error.status).send(error.body);
    }
  };
}

function failBefore(fault: FaultKind | null): void {
  if (fault === 'unavailable') throw errors.unavailable();
  if (fault === 'maintenance') throw errors.maintenance();
  if (fault === 'too-many') throw errors.tooMany();
  if (fault === 'already-punched') throw errors.alreadyPunched();
}

/** Says nothing more on this connection, and cuts it in the end. */
function silence(service: Service, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  const cut = () => request.raw.socket.destroy();
  if (service.hangMs === 0) {
    cut();
  } else {
    const timer = setTimeout(cut, service.hangMs).unref();
    request.raw.socket.once('close', () => clearTimeout(timer));
  }
  return reply;
}
