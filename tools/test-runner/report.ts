/** What one run of the tests came to, as the reporter hands it over. */
export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly SkippedTest[];
  /** Failures outside a test: a file that cannot be loaded, a hook, an unhandled rejection. */
  readonly broken: readonly { readonly file: string; readonly message: string }[];
}

export interface SkippedTest {
  readonly file: string;
  /** With its suites, such as `postgres > started > wants the password`. */
  readonly name: string;
  /** Why, in the words of the test or its file; null when neither said anything. */
  readonly reason: string | null;
}

export interface Verdict {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** A skip's own names are listed up to here; more of one file and reason are only counted. */
const NAMES_LISTED_MAX = 3;

/**
 * What is printed below the tests' own output, and the exit code.
 *
 * @param report null when the test runner ended without one: counted as one failure
 * @param runnerExitCode of the test runner: a failure there is one here, even if no test failed
 * @param unavailable by a part of the file's name or path, why the servers such a file needs are missing
 */
export function judge(
  report: TestReport | null,
  runnerExitCode: number,
  unavailable: readonly { readonly name: string; readonly reason: string }[],
): Verdict {
  const lines: string[] = [];
  for (const { name, reason } of unavailable) lines.push(`not available: ${name}: ${reason}`);
  if (!report) {
    lines.push('the test runner ended without a report', closingLine(0, 1, 0));
    return { lines, exitCode: 1 };
  }
  for (const group of groupSkipped(report.skipped)) lines.push(`skipped: ${group}`);
  for (const { file, message } of report.broken) lines.push(`failed outside a test: ${file}: ${message}`);
  let failed = report.failed + report.broken.length;
  const hasRunNone = report.passed + failed === 0;
  if (hasRunNone) lines.push('no test ran');
  else if (failed === 0 && runnerExitCode !== 0) {
    lines.push(`the test runner ended with code ${runnerExitCode}`);
    failed = 1;
  }
  lines.push(closingLine(report.passed, failed, report.skipped.length));
  return { lines, exitCode: failed > 0 || hasRunNone ? 1 : 0 };
}

/** The last line of every tool that runs tests; .ci/run adds them up. */
export function closingLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function groupSkipped(skipped: readonly SkippedTest[]): string[] {
  const groups = new Map<string, SkippedTest[]>();
  for (const test of skipped) {
    const key = `${test.file}\n${test.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), test]);
  }
  return [...groups.values()].map((tests) => {
    const [{ file, reason } = { file: '', reason: null }] = tests;
    const names = tests.slice(0, NAMES_LISTED_MAX).map(({ name }) => `"${name}"`);
    if (tests.length > NAMES_LISTED_MAX) names.push(`and ${tests.length - NAMES_LISTED_MAX} more`);
    return `${file}: ${names.join(', ')}: ${reason ?? 'no reason given'}`;
  });
}
