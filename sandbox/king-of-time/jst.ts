/** Japan has one zone and no summer time: the whole service speaks +09:00. */
const OFFSET_MS = 9 * 3_600_000;
export const DAY_MS = 86_400_000;

const shifted = (at: number): string => new Date(at + OFFSET_MS).toISOString();

/** The calendar date in Japan, `YYYY-MM-DD`. */
export const jstDate = (at: number): string => shifted(at).slice(0, 10);

/** A punch time as the service writes it, with seconds. */
export const jstDateTime = (at: number): string => `${shifted(at).slice(0, 19)}+09:00`;

/** `HH:MM` in Japan. */
export const jstTime = (at: number): string => shifted(at).slice(11, 16);

/** Midnight in Japan that a date begins with, in milliseconds since 1970. */
export const startOfDate = (date: string): number => Date.parse(`${date}T00:00:00+09:00`);

/** The date `days` later (earlier when negative). */
export const datePlus = (date: string, days: number): string => jstDate(startOfDate(date) + days * DAY_MS);

export const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(startOfDate(text)) && jstDate(startOfDate(text)) === text;

/** A punch time needs seconds, +09:00 and hours up to 23. */
export const isDateTime = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\+09:00$/.test(text) && isDate(text.slice(0, 10));

/** 8:30–10:00 and 17:30–18:30, as the vendor states them. Whether the ends are open nobody says; here they are shut. */
export function inForbiddenHours(at: number): boolean {
  const time = jstTime(at);
  return (time >= '08:30' && time <= '10:00') || (time >= '17:30' && time <= '18:30');
}
