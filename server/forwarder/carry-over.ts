/** A log of the employee that says whether a session is in use. */
export interface UseLog {
  at: number;
  /** Device and session together. */
  session: string;
  kind: string;
}

const ENDS = new Set(['logoff', 'lock', 'suspend', 'remote-disconnect']);
const BEGINS = new Set(['logon', 'unlock', 'remote-connect', 'resume']);
/** A session out of use longer than this is over; exactly this long still carries. */
const GAP_MS = 180 * 60_000;
/** Nothing later than this after 出勤 belongs to the day it began in; exactly this late still does. */
const REACH_MS = 16 * 3_600_000;

/**
 * Until when a session in use over the border may still turn out to belong to the day before (`carryOver`, design
 * section 7). Before that nothing after the border may be sent as 出勤.
 *
 * @param logs the employee's logs since `previousIn`, in any order.
 * @returns the first moment at which it is decided, or null when it is already.
 */
export function carryUndecidedUntil(day: {
  previousIn: number;
  border: number;
  logs: readonly UseLog[];
  now: number;
}): number | null {
  const limit = day.previousIn + REACH_MS;
  if (limit < day.border || day.now > limit) return null;
  const sessions = Map.groupBy(day.logs, ({ session }) => session);
  const ends = [...sessions.values()].map((logs) => openUntil(logs, day.border, limit));
  const last = Math.max(...ends, Number.NEGATIVE_INFINITY);
  return last >= day.now ? last + 1 : null;
}

/** The last moment at which this session may still go on; minus infinity when it is over, or never lay over the border. */
function openUntil(logs: readonly UseLog[], border: number, limit: number): number {
  const over = Number.NEGATIVE_INFINITY;
  const inOrder = logs
    .filter(({ kind }) => ENDS.has(kind) || BEGINS.has(kind))
    .toSorted((a, b) => a.at - b.at);
  const before = inOrder.filter(({ at }) => at < border);
  const lastBefore = before.at(-1);
  if (!lastBefore || lastBefore.kind === 'logoff') return over;
  let outSince = before.findLast(({ kind }) => BEGINS.has(kind)) === lastBefore ? null : firstEnd(before);
  if (outSince !== null && border - outSince > GAP_MS) return over;
  for (const { at, kind } of inOrder.filter((log) => log.at >= border)) {
    if (kind === 'logoff' || (outSince !== null && at - outSince > GAP_MS)) return over;
    outSince = BEGINS.has(kind) ? null : (outSince ?? at);
  }
  return outSince === null ? limit : Math.min(limit, outSince + GAP_MS);
}

/** When the session went out of use for the last time: the first of the ends that nothing began again after. */
function firstEnd(before: readonly UseLog[]): number | null {
  const lastBegin = before.findLastIndex(({ kind }) => BEGINS.has(kind));
  return before[lastBegin + 1]?.at ?? null;
}
