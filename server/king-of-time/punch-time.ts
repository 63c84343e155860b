import { DateTime } from 'luxon';

/**
 * An instant as KING OF TIME wants it: `YYYY-MM-DDTHH:MM:SS+09:00`, hours 00 to 23. It knows one zone only, so for a
 * group elsewhere there are two ways: the true instant, said in JST, or the local wall time, said as if it were JST.
 *
 * @param at milliseconds since 1970; what is below a second is dropped.
 */
export function punchTime(
  at: number,
  writing: { foreignTime: 'instant' | 'wall'; timeZone: string },
): string {
  const zone = writing.foreignTime === 'wall' ? writing.timeZone : 'Asia/Tokyo';
  return `${DateTime.fromMillis(at, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ss")}+09:00`;
}
