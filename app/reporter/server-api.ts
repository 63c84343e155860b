import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { z } from 'zod';
import type { SealedEvent } from '../../contract/event.ts';
import {
  type CredentialId,
  type EnrolmentConfirmed,
  type EnrolmentProof,
  type EnrolmentStarted,
  enrolmentConfirmed,
  enrolmentStarted,
  type LinkAnswer,
  type LogonState,
  linkAnswer,
  logonState,
} from '../../contract/logon.ts';
import { type Me, me } from '../../contract/me.ts';
import { problem } from '../../contract/problem.ts';
import { type IssuedNonce, issuedNonce, type SessionToken, sessionToken } from '../../contract/session.ts';
import type { SignedStatement } from '../../contract/statement.ts';
import { type UploadAnswer, uploadAnswer } from '../../contract/upload.ts';
import type { Surroundings } from '../surroundings.ts';
import { failed, type Outcome, succeeded, unreachableCode } from './failure.ts';
import { retryAfterMs } from './retry-after.ts';

/** As much of fetch as the client uses; Node's, undici's and Electron's all fit. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;
export interface FetchInit {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  redirect: 'manual';
  signal: AbortSignal;
}
export interface FetchAnswer {
  status: number;
  headers: { get(name: string): string | null };
  body: AsyncIterable<Uint8Array> | null;
}

export interface ServerApi {
  nonce(signal: AbortSignal): Promise<Outcome<IssuedNonce>>;
  session(
    ticket: SignedStatement,
    anchor: SignedStatement,
    signal: AbortSignal,
  ): Promise<Outcome<SessionToken>>;
  /** Succeeds only with one verdict for each event. */
  upload(token: string, events: readonly SealedEvent[], signal: AbortSignal): Promise<Outcome<UploadAnswer>>;
  me(token: string, signal: AbortSignal): Promise<Outcome<Me>>;
  logonState(token: string, signal: AbortSignal): Promise<Outcome<LogonState>>;
  link(token: string, code: string, signal: AbortSignal): Promise<Outcome<LinkAnswer>>;
  startEnrolment(
    token: string,
    proof: EnrolmentProof | null,
    signal: AbortSignal,
  ): Promise<Outcome<EnrolmentStarted>>;
  confirmEnrolment(
    token: string,
    confirmation: { credential: CredentialId; code: string },
    signal: AbortSignal,
  ): Promise<Outcome<EnrolmentConfirmed>>;
  newRecoveryCodes(token: string, code: string, signal: AbortSignal): Promise<Outcome<EnrolmentConfirmed>>;
}

export interface ServerApiOptions extends Pick<Surroundings, 'clock' | 'timers'> {
  fetch: Fetch;
  /** Where the device is registered; only its origin is used. */
  server: string;
  clientVersion: string;
}

/** How long a request and its answer may take together, in milliseconds. */
const ANSWER_MS = 30_000;
/** The largest answer read; the largest of the contract is a tenth of it. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Events are much alike: the fastest level already makes them a tenth. */
const compressed = promisify(gzip);

/**
 * The server's client interface. Nothing rejects: what goes wrong is a `Failure`. An answer that does not fit the contract is
 * nobody's word, whatever its status, and counts as unreachable.
 */
export function createServerApi(options: ServerApiOptions): ServerApi {
  const { clock, timers } = options;

  async function exchange<S extends z.ZodType>(
    schema: S,
    path: string,
    init: Pick<FetchInit, 'method' | 'headers' | 'body'>,
    signal: AbortSignal,
  ): Promise<Outcome<z.infer<S>>> {
    const limit = new AbortController();
    let timedOut = false;
    const cancel = timers.after(ANSWER_MS, () => {
      timedOut = true;
      limit.abort();
    });
    const abort = () => limit.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) limit.abort();
    try {
      const answer = await options.fetch(new URL(path, options.server).href, {
        ...init,
        redirect: 'manual',
        signal: limit.signal,
      });
      return read(schema, answer, await text(answer), clock.now());
    } catch (error) {
      return failed({ kind: 'unreachable', code: timedOut ? 'timed-out' : unreachableCode(error) });
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
    }
  }

  const json = { 'content-type': 'application/json' };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const get = <S extends z.ZodType>(schema: S, path: string, token: string, signal: AbortSignal) =>
    exchange(schema, path, { method: 'GET', headers: bearer(token) }, signal);
  const post = <S extends z.ZodType>(
    schema: S,
    path: string,
    token: string,
    content: object,
    signal: AbortSignal,
  ) => {
    const body = Buffer.from(JSON.stringify(content));
    return exchange(schema, path, { method: 'POST', headers: { ...json, ...bearer(token) }, body }, signal);
  };

  return {
    nonce: (signal) => exchange(issuedNonce, '/v1/nonces', { method: 'POST', headers: {} }, signal),

    session: (ticket, anchor, signal) => {
      const body = Buffer.from(JSON.stringify({ ticket, anchor, clientVersion: options.clientVersion }));
      return exchange(sessionToken, '/v1/sessions', { method: 'POST', headers: json, body }, signal);
    },

    async upload(token, events, signal) {
      const headers = { ...json, 'content-encoding': 'gzip', ...bearer(token) };
      const body = Buffer.from(
        await compressed(JSON.stringify({ events }), { level: constants.Z_BEST_SPEED }),
      );
      const answer = await exchange(uploadAnswer, '/v1/events', { method: 'POST', headers, body }, signal);
      if (answer.ok && answer.value.verdicts.length !== events.length)
        return failed({ kind: 'unreachable', code: 'unfit-answer' });
      return answer;
    },

    me: (token, signal) => get(me, '/v1/me', token, signal),

    logonState: (token, signal) => get(logonState, '/v1/logon', token, signal),

    link: (token, code, signal) => post(linkAnswer, '/v1/links', token, { code }, signal),

    startEnrolment: (token, proof, signal) =>
      post(enrolmentStarted, '/v1/otp/enrolments', token, proof ? { proof } : {}, signal),

    confirmEnrolment: (token, confirmation, signal) =>
      post(enrolmentConfirmed, '/v1/otp/enrolments/confirm', token, confirmation, signal),

    newRecoveryCodes: (token, code, signal) =>
      post(enrolmentConfirmed, '/v1/otp/recovery-codes', token, { code }, signal),
  };
}

function read<S extends z.ZodType>(
  schema: S,
  answer: FetchAnswer,
  body: string | null,
  now: number,
): Outcome<z.infer<S>> {
  const { status, headers } = answer;
  if (status === 407) return failed({ kind: 'unreachable', code: 'proxy-refused' });
  const parsed = parse(body);
  if (status >= 200 && status < 300) {
    const value = schema.safeParse(parsed);
    if (value.success) return succeeded(value.data);
    return failed({ kind: 'unreachable', code: 'unfit-answer' });
  }
  const wait = retryAfterMs(headers.get('retry-after'), headers.get('date'), now);
  const said = problem.safeParse(parsed);
  if (said.success) return failed({ kind: 'refused', status, code: said.data.code, retryAfterMs: wait });
  // A load balancer in front of the server may ask for patience without knowing our problems.
  if (status === 429 || status === 503) {
    const code = status === 429 ? 'too-many-requests' : 'unavailable';
    return failed({ kind: 'refused', status, code, retryAfterMs: wait });
  }
  if (status === 413) return failed({ kind: 'refused', status, code: FOREIGN_TOO_LARGE, retryAfterMs: wait });
  return failed({ kind: 'unreachable', code: 'unfit-answer' });
}

/** A 413 that our server did not write: something on the way takes smaller uploads only. */
export const FOREIGN_TOO_LARGE = 'too-large-on-the-way';

/** The body as text; null when it is larger than any answer of the contract. */
async function text(answer: FetchAnswer): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(body: string | null): unknown {
  if (body === null) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
