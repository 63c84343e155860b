import { describe, expect, it } from 'vitest';
import { countCtest, countPlaywright, countVitest, honest, sumOf } from './test-reports.ts';

describe('what runners report', () => {
  it('names the failed tests of vitest with what they said, and a file that fell over', () => {
    const report = {
      numPassedTests: 3,
      numFailedTests: 1,
      numPendingTests: 2,
      testResults: [
        {
          name: 'a.test.ts',
          status: 'failed',
          message: '',
          assertionResults: [
            { fullName: 'a does', status: 'passed', failureMessages: [] },
            { fullName: 'a does not', status: 'failed', failureMessages: ['\u001b[31mexpected 1\u001b[39m'] },
          ],
        },
        { name: 'b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      ],
    };
    expect(countVitest(JSON.stringify(report))).toStrictEqual({
      passed: 3,
      failed: 1,
      skipped: 2,
      failures: ['a.test.ts: a does not\nexpected 1', 'b.test.ts\nno such module'],
    });
  });

  it('counts a test of Playwright that passed only at the second try as failed', () => {
    const spec = (title: string, status: string, message?: string) => ({
      title,
      file: 'a.spec.ts',
      tests: [{ status, results: [{ error: { message } }] }],
    });
    const report = {
      stats: { expected: 1, unexpected: 0, flaky: 1, skipped: 0 },
      errors: [],
      suites: [
        { specs: [spec('well', 'expected')], suites: [{ specs: [spec('at last', 'flaky', 'too slow')] }] },
      ],
    };
    const { failed, failures } = countPlaywright(JSON.stringify(report));
    expect({ failed, failures }).toStrictEqual({ failed: 1, failures: ['a.spec.ts: at last\ntoo slow'] });
  });

  it('shows of a failed program of CTest the lines with its errors', () => {
    const report = `<testsuite name="x"\n\ttests="2"\n\tfailures="1"\n\tdisabled="0"\n\tskipped="0"\n\t>
<testcase name="unit" status="run"><system-out>fine</system-out></testcase>
<testcase name="logonui" status="fail"><failure message=""/><system-out>well
a.cpp:3: ERROR: CHECK( x ) is NOT correct!
</system-out></testcase></testsuite>`;
    expect(countCtest(report)).toStrictEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
      failures: ['ctest logonui\na.cpp:3: ERROR: CHECK( x ) is NOT correct!'],
    });
  });

  it('lets nothing pass by falling over', () => {
    const passed = { passed: 5, failed: 0, skipped: 0, failures: [] };
    expect(honest(passed, 0)).toBe(passed);
    expect(honest(passed, 1).failed).toBe(1);
    expect(honest(sumOf([]), 0).failed).toBe(1);
  });
});
