/** What a run of node:test came to. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * The totals that node:test's JUnit report closes with.
 *
 * @returns null when the report does not end as one does: the process died before.
 */
export function totalsOf(report: string): Totals | null {
  if (!report.trimEnd().endsWith('</testsuites>')) return null;
  const total = (name: string) =>
    Number(new RegExp(`<!-- ${name} (\\d+) -->`).exec(report)?.[1] ?? Number.NaN);
  const [tests, passed, skipped] = [total('tests'), total('pass'), total('skipped')];
  // Cancelled and "to do" tests are failures here: each has a name that promises something nobody saw.
  const failed = tests - passed - skipped;
  return Number.isNaN(failed) ? null : { passed, failed, skipped };
}

/** How many tests a report that was cut off has in it. */
export const begunIn = (report: string): number => report.match(/<testcase /g)?.length ?? 0;

/** What the tests remarked, such as how often something was done: comments that are no totals. */
export const remarksOf = (report: string): string[] =>
  [...report.matchAll(/<!-- (.*?) -->/g)]
    .map(([, remark = '']) => remark)
    .filter((remark) => !/^\w+ [\d.]+$/.test(remark));
