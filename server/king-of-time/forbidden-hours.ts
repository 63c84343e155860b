import { DateTime } from 'luxon';

const ZONE = 'Asia/Tokyo';
const WINDOWS = [
  { from: { hour: 8, minute: 30 }, to: { hour: 10, minute: 0 } },
  { from: { hour: 17, minute: 30 }, to: { hour: 18, minute: 30 } },
] as const;

/** The vendor does not say whether 10:00:00 sharp is open, nor whose clock counts: we stay away a minute longer. */
export const FORBIDDEN_MARGIN_MS = 60_000;

/**
 * 8:30–10:00 and 17:30–18:30 JST: KING OF TIME takes nothing but token calls and punch registrations then.
 *
 * @param at milliseconds since 1970.
 * @returns the first moment at which reading is open again, or null when it is open at `at`.
 */
export function forbiddenUntil(at: number): number | null {
  const now = DateTime.fromMillis(at, { zone: ZONE });
  for (const { from, to } of WINDOWS) {
    const begin = now.startOf('day').set(from).toMillis() - FORBIDDEN_MARGIN_MS;
    const end = now.startOf('day').set(to).toMillis() + FORBIDDEN_MARGIN_MS;
    if (at >= begin && at <= end) return end + 1;
  }
  return null;
}
