/** Why something asked of the server or the bridge did not work. What was to be reported stays in the queue in every case. */
export type Failure =
  /** Nothing that fits the contract came back. Whether the server acted on the request is unknown. */
  | { kind: 'unreachable'; code: UnreachableCode }
  /** The server itself refused, with a code of contract/problem.ts or a newer one. */
  | { kind: 'refused'; status: number; code: string; retryAfterMs: number | null }
  /** The bridge is away or refused, with a code of app/bridge/errors.ts. */
  | { kind: 'bridge'; code: string };

export const UNREACHABLE_CODES = [
  /** No connection: no network, no such name, nobody listening, reset. */
  'unreachable',
  'timed-out',
  /** Something answered that is not our server: a captive portal, a proxy's own page, a truncated answer. */
  'unfit-answer',
  /** The proxy wants another account or password. */
  'proxy-refused',
  /** The server's certificate is not valid at the PC's time: almost always the PC's clock is wrong. */
  'certificate-time',
  'certificate-untrusted',
] as const;
export type UnreachableCode = (typeof UNREACHABLE_CODES)[number];

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export const succeeded = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure });

const CERTIFICATE_TIME = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const CERTIFICATE =
  /^(?:CERT_|ERR_TLS_CERT|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECRYPT))/;

/** Says what a rejected fetch was about, from the error and what caused it. */
export function unreachableCode(error: unknown): UnreachableCode {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (CERTIFICATE_TIME.includes(code)) return 'certificate-time';
    if (CERTIFICATE.test(code)) return 'certificate-untrusted';
    // undici has no code of its own for a proxy that wants another account.
    if (/^Proxy .*\(407\)/.test(cause.message)) return 'proxy-refused';
    if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timed-out';
  }
  return 'unreachable';
}
