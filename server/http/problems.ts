import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { PROBLEMS, type Problem, type ProblemCode, problem } from '../../contract/problem.ts';
import { Refusal } from './refusal.ts';

const MEDIA_TYPE = 'application/problem+json';
const RETRY_AFTER_SECONDS = 30;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a body that cannot be read or does not fit the schema is called on this route. */
    malformed?: ProblemCode;
    /** What a body over the route's limit is called. */
    tooLarge?: ProblemCode;
  }
  interface FastifyRequest {
    /** The code this request was refused with, for its line in the log. */
    problem: ProblemCode | null;
  }
}

/** For a route's `response`: every refusal has this one form. */
export const problemResponses = {
  '4xx': { description: 'Refused', content: { [MEDIA_TYPE]: { schema: problem } } },
  '5xx': { description: 'Failed', content: { [MEDIA_TYPE]: { schema: problem } } },
} as const;

/** Makes every error of `app` an answer as contract/problem.ts has it; what nobody foresaw is logged, once, here. */
export function answerWithProblems(app: FastifyInstance): void {
  app.decorateRequest('problem', null);
  app.setErrorHandler<FastifyError>(answerError);
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new Refusal('not-found')));
}

/** Answers whatever was thrown. Also Fastify's `frameworkErrors`, for addresses that never reach a route. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = asRefusal(error, request);
  if (PROBLEMS[refusal.problem].status >= 500) request.log.error({ err: error }, 'The request failed');
  sendProblem(request, reply, refusal);
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
  const document = problemDocument(refusal, request.id);
  request.problem = refusal.problem;
  if (document.status === 401) void reply.header('www-authenticate', 'Bearer');
  if (refusal.retryAfterSeconds) void reply.header('retry-after', refusal.retryAfterSeconds);
  void reply.code(document.status).type(MEDIA_TYPE).send(document);
}

function problemDocument({ problem: code, detail }: Refusal, requestId?: string): Problem {
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:systemlog:problem:${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function asRefusal(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  const { malformed = 'invalid-request', tooLarge = 'invalid-request' } = request.routeOptions.config;
  if (hasZodFastifySchemaValidationErrors(error)) {
    // Paths and expectations only: zod's issues do not repeat what was sent.
    const issues = error.validation.slice(0, 5).map((issue) => `${issue.instancePath}: ${issue.message}`);
    return new Refusal(malformed, issues.join('; '));
  }
  const { code, statusCode } = error instanceof Error ? (error as Partial<FastifyError>) : {};
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal(tooLarge, 'The body is too large');
  if (error instanceof Error && isStoreTrouble(error))
    return new Refusal('unavailable', undefined, RETRY_AFTER_SECONDS);
  if (code?.startsWith('FST_') && statusCode && statusCode < 500) {
    return new Refusal(malformed, error instanceof Error ? error.message : undefined);
  }
  return new Refusal('internal-error');
}

/**
 * A full disk or a lock held too long passes; the sender keeps what it has and comes again. On a full disk or a failed write SQLite
 * ends the transaction itself, and what reaches us is Kysely's vain attempt to roll it back.
 */
function isStoreTrouble(error: Error & { code?: string }): boolean {
  return (
    /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY)/.test(error.code ?? '') ||
    (error.code === 'SQLITE_ERROR' && error.message === 'cannot rollback - no transaction is active')
  );
}

/** Answers bytes that are not HTTP at all, or come too slowly: Node gives only the socket then. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(
    problemDocument(new Refusal('invalid-request', 'The request is not valid HTTP')),
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
