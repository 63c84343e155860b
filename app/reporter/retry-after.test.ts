import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-08-03T00:00:00Z');

test.each([
  ['seconds', '120', null, 120_000],
  ['no wait', '0', null, 0],
  ['more than an hour', '999999', null, 3_600_000],
  ['a date by the server’s clock', 'Mon, 03 Aug 2026 09:00:30 GMT', 'Mon, 03 Aug 2026 09:00:00 GMT', 30_000],
  ['a date without the server’s clock', 'Mon, 03 Aug 2026 00:01:00 GMT', null, 60_000],
  ['a date with a clock that cannot be read', 'Mon, 03 Aug 2026 00:01:00 GMT', 'soon', 60_000],
  ['a date in the past', 'Sun, 02 Aug 2026 00:00:00 GMT', null, 0],
  ['a date far away', 'Tue, 03 Aug 2027 00:00:00 GMT', null, 3_600_000],
  ['nothing to understand', 'later', null, null],
  ['a negative number', '-5', null, null],
  ['nothing', null, null, null],
])('%s', (_, value, date, wanted) => {
  expect(retryAfterMs(value, date, now)).toBe(wanted);
});
