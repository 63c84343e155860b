/** What a run of tests came to. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Each failed test by name and with what it said, to stand at the end of everything; may be fewer than `failed`. */
  failures: string[];
}

/** One failure without a test to show for it. */
export const oneFailure = (why: string): Count => ({ passed: 0, failed: 1, skipped: 0, failures: [why] });

/** The sum of several counts. */
export const sumOf = (counts: readonly Count[]): Count => {
  const sum = (of: (count: Count) => number) => counts.reduce((total, count) => total + of(count), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    failures: counts.flatMap(({ failures }) => failures),
  };
};

/** How much of what a failed test said stands at the end, in characters; the whole stands in its suite's output. */
const SAID_LENGTH = 1_500;

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour begins with
const COLOURS = /\u001b\[[\d;]*m/g;

const failureOf = (name: string, said: string): string =>
  `${name}\n${said.replace(COLOURS, '').trim().slice(0, SAID_LENGTH)}`.trimEnd();

/** Reads vitest's JSON report. @throws SyntaxError for what is none */
export function countVitest(report: string): Count {
  interface Report {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    testResults: {
      name: string;
      status: string;
      message: string;
      assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
    }[];
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(report) as Report;
  const failures = testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      // A file that fell over before its first test has only the file's own message.
      if (failed.length === 0) return [failureOf(name, message)];
      return failed.map(({ fullName, failureMessages }) =>
        failureOf(`${name}: ${fullName}`, failureMessages.join('\n')),
      );
    });
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, failures };
}

interface PlaywrightSuite {
  suites?: PlaywrightSuite[];
  specs: {
    title: string;
    file: string;
    tests: { status: string; results: { error?: { message?: string } }[] }[];
  }[];
}

/** Reads Playwright's JSON report. @throws SyntaxError for what is none */
export function countPlaywright(report: string): Count {
  interface Report {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number };
    suites: PlaywrightSuite[];
    errors: { message?: string }[];
  }
  const { stats, suites, errors } = JSON.parse(report) as Report;
  return {
    passed: stats.expected,
    // A test that passed only at the second try has failed once.
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
    failures: [
      ...errors.map(({ message = '' }) => failureOf('Playwright', message)),
      ...suites.flatMap(failuresIn),
    ],
  };
}

const failuresIn = ({ suites = [], specs }: PlaywrightSuite): string[] => [
  ...specs.flatMap(({ title, file, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ results }) =>
        failureOf(`${file}: ${title}`, results.map(({ error }) => error?.message ?? '').join('\n')),
      ),
  ),
  ...suites.flatMap(failuresIn),
];

/** Reads CTest's JUnit report, whose totals stand in the head of its only suite; each of its tests is a program with many of its own. */
export function countCtest(report: string): Count {
  const total = (name: string) =>
    Number(new RegExp(`<testsuite[^>]*\\s${name}="(\\d+)"`).exec(report)?.[1] ?? 0);
  const [failed, skipped] = [total('failures'), total('skipped') + total('disabled')];
  const failures = [...report.matchAll(/<testcase name="([^"]*)"([\s\S]*?)<\/testcase>/g)]
    .filter(([, , body = '']) => body.includes('<failure'))
    .map(([, name = '', body = '']) => {
      const said = /<system-out>([\s\S]*?)<\/system-out>/.exec(body)?.[1] ?? '';
      const errors = said.split('\n').filter((line) => /error|failed|timeout/i.test(line));
      return failureOf(`ctest ${name}`, errors.join('\n') || said.slice(-SAID_LENGTH));
    });
  return { passed: total('tests') - failed - skipped, failed, skipped, failures };
}

/**
 * A runner that ended badly without a failed test to show for it is one failure, and so is one that ran no test: nothing may pass
 * by falling over.
 */
export function honest(count: Count, exitCode: number): Count {
  const ranNone = count.passed + count.failed + count.skipped === 0;
  if ((exitCode === 0 && !ranNone) || count.failed > 0) return count;
  const why = ranNone
    ? 'The runner ran no test.'
    : `The runner ended with ${exitCode}, though no test failed.`;
  return { ...count, failed: 1, failures: [...count.failures, why] };
}
