import { forbiddenUntil } from './forbidden-hours.ts';

/** Why KING OF TIME said a final no. */
export type RefusalReason =
  /** 100 or 111: address, token or permission; the service does not tell which. Concerns every call, not this one. */
  | 'not-authorized'
  /** 526: the key names nobody (any more). */
  | 'unknown-employee'
  /** 2, 222, 280 and whatever else it does not like about the request. */
  | 'invalid';

/** What the service said, for the log. */
export interface Said {
  /** Null when there was no answer. */
  httpStatus: number | null;
  code: string | null;
  message: string | null;
}

/** What came of a call. Exactly one of these is true, and none leaves a caller guessing whether to try again. */
export type Outcome<T> = Said &
  (
    | { status: 'ok'; value: T }
    /** Forbidden hours. Nothing was done; try again at `retryAt`. */
    | { status: 'deferred'; retryAt: number }
    /** Nothing was done, and trying again gets the same answer. */
    | { status: 'refused'; reason: RefusalReason }
    /** 打刻済み: a punch stands there already; whether it is ours must be read. */
    | { status: 'already-punched' }
    /** Nothing was done; come back slower, and not before `retryAfterMs` where the service said so. */
    | { status: 'slow-down'; retryAfterMs: number | null }
    /** Nothing was done: an outage, or the service was not reached at all. */
    | { status: 'unavailable' }
    /** The request may have been carried out or not. */
    | { status: 'unknown' }
  );

/** An answer as it came. `body` is the parsed JSON, undefined when it is none. */
export interface Answer {
  httpStatus: number;
  body: unknown;
  retryAfter: string | null;
}

const SLOW_DOWN = new Set(['303', '308', '105', '429']);
const NOT_AUTHORIZED = new Set(['100', '111']);

/**
 * The outcome an answer without success stands for (codes gathered from public sources).
 *
 * @param now milliseconds since 1970, for the end of the forbidden hours.
 */
export function outcomeOfFailure(answer: Answer, now: number): Exclude<Outcome<never>, { status: 'ok' }> {
  const { httpStatus } = answer;
  const items = errorItems(answer.body);
  const codes = items.map(({ code }) => code);
  const said: Said = {
    httpStatus,
    code: codes[0] ?? null,
    message: items.map(({ message }) => message).join(' / ') || null,
  };
  const has = (known: Set<string>) => codes.some((code) => known.has(code));
  if (codes.includes('104'))
    return { ...said, status: 'deferred', retryAt: forbiddenUntil(now) ?? now + 60_000 };
  if (httpStatus === 429 || has(SLOW_DOWN)) {
    return { ...said, status: 'slow-down', retryAfterMs: retryAfterMs(answer.retryAfter, now) };
  }
  if (items.some(({ message }) => message.includes('打刻済'))) return { ...said, status: 'already-punched' };
  if (codes.includes('300') || httpStatus === 503) return { ...said, status: 'unavailable' };
  // A bare 500 or a gateway that gave up does not say how far the request came.
  if (httpStatus >= 500 || httpStatus === 408) return { ...said, status: 'unknown' };
  // A success that cannot be read says that something was done, not what.
  if (httpStatus < 300) return { ...said, status: 'unknown' };
  // Nothing of ours redirects; this is a proxy or a captive portal, and the service never saw the request.
  if (httpStatus < 400) return { ...said, status: 'unavailable' };
  return { ...said, status: 'refused', reason: refusalReason(httpStatus, codes) };

  function refusalReason(status: number, given: readonly string[]): RefusalReason {
    if (given.includes('526')) return 'unknown-employee';
    const isAuthorization = given.some((code) => NOT_AUTHORIZED.has(code));
    return isAuthorization || ((status === 401 || status === 403 || status === 407) && given.length === 0)
      ? 'not-authorized'
      : 'invalid';
  }
}

/** Both shapes in which errors come; codes as text, whatever they were. */
function errorItems(body: unknown): { code: string; message: string }[] {
  if (typeof body !== 'object' || body === null) return [];
  const list = 'errors' in body && Array.isArray(body.errors) ? (body.errors as unknown[]) : [body];
  return list.flatMap((item) => {
    if (typeof item !== 'object' || item === null || !('code' in item)) return [];
    const message = 'message' in item && typeof item.message === 'string' ? item.message : '';
    return typeof item.code === 'number' || typeof item.code === 'string'
      ? [{ code: String(item.code), message }]
      : [];
  });
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** What `fetch` fails with before a byte of the request has left: nobody there, or nobody we trust. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The outcome of a call that got no answer. */
export function outcomeOfError(error: unknown): Exclude<Outcome<never>, { status: 'ok' }> {
  const code = causeCode(error);
  const said: Said = { httpStatus: null, code, message: error instanceof Error ? error.message : null };
  return { ...said, status: code !== null && NEVER_SENT.has(code) ? 'unavailable' : 'unknown' };
}

/** The innermost `code`: `fetch` wraps what the socket said, and several addresses make an AggregateError. */
function causeCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.cause !== undefined) return causeCode(error.cause);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
}
