/** A server that asks for more than this is not waited for any longer: it may have meant something else. */
const LONGEST_MS = 60 * 60 * 1000;

/** Begins as a date of HTTP does; `Date.parse` alone would make a date of almost anything. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? /;

/**
 * Reads Retry-After (RFC 9110 §10.2.3), as seconds or as a date.
 *
 * @param date the answer's Date header: a date is measured against the server's own clock, since the PC's may be wrong.
 * @param now the PC's wall clock in milliseconds since 1970, for an answer without a Date.
 * @returns milliseconds to wait, at most an hour; null when there is nothing to understand.
 */
export function retryAfterMs(value: string | null, date: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value) * 1000, LONGEST_MS);
  const until = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return null;
  const serverNow = date === null ? Number.NaN : Date.parse(date);
  return Math.min(Math.max(0, until - (Number.isNaN(serverNow) ? now : serverNow)), LONGEST_MS);
}
