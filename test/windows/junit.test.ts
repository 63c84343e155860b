import { expect, test } from 'vitest';
import { begunIn, remarksOf, totalsOf } from './junit.ts';

const CASES = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testsuite name="a" time="0.18" disabled="0" errors="0" tests="2" failures="1" skipped="0" hostname="vm">
		<testcase name="one" time="0.16" classname="test"/>
		<testcase name="two" time="0.01" classname="test" failure="no"><failure type="testCodeFailure"/></testcase>
	</testsuite>
`;
const ending = (tests: number, pass: number, cancelled: number, skipped: number) =>
  `	<!-- tests ${tests} -->
	<!-- suites 1 -->
	<!-- pass ${pass} -->
	<!-- fail ${tests - pass - cancelled - skipped} -->
	<!-- cancelled ${cancelled} -->
	<!-- skipped ${skipped} -->
	<!-- todo 0 -->
	<!-- duration_ms 1.5 -->
</testsuites>
`;

test('counts what a report closes with', () => {
  expect(totalsOf(CASES + ending(3, 2, 0, 0))).toEqual({ passed: 2, failed: 1, skipped: 0 });
});

test('a test that was cancelled has failed', () => {
  expect(totalsOf(CASES + ending(4, 2, 1, 1))).toEqual({ passed: 2, failed: 1, skipped: 1 });
});

test('a report without its end is none', () => {
  const whole = CASES + ending(2, 2, 0, 0);
  for (const length of [0, 60, CASES.length, whole.length - 5]) {
    expect(totalsOf(whole.slice(0, length)), `${length}`).toBeNull();
  }
  expect(begunIn(CASES)).toBe(2);
});

test('tells remarks from totals', () => {
  const remarked = `${CASES}<!-- 12 kills, 0 lost -->\n${ending(2, 2, 0, 0)}`;
  expect(remarksOf(remarked)).toEqual(['12 kills, 0 lost']);
  expect(totalsOf(remarked)).toEqual({ passed: 2, failed: 0, skipped: 0 });
});
