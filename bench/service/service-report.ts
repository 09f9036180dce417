import { markdownTable } from '../report/case-report.ts';
import { conditionLine } from '../report/conditions.ts';
import type { ServiceCase } from './service-case.ts';
import type { ServiceResult } from './service-result.ts';

/** One line that says what a case is about. */
export function serviceTitleOf(value: ServiceCase): string {
  return value.kind === 'status'
    ? 'the status operation under load, beside bare node:http'
    : `a store with ${value.jobs} jobs and ${value.runs} runs: list, filter, status, history`;
}

/** The section of one case. */
export function serviceReport(result: ServiceResult): string {
  const parts = [
    `### ${result.case}: ${result.ok ? 'targets met' : 'targets missed'}\n`,
    `${result.title}. ${conditionLine(result.conditions)}\n`,
    markdownTable(
      ['target', 'wanted', 'measured', ''],
      result.targets.map(({ what, atLeast, atMost, value, state }) => [
        what,
        atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`,
        String(value),
        state,
      ]),
    ),
    ...result.tables.flatMap(({ title, heads, rows }) => [
      ...(title === '' ? [] : [`${title}\n`]),
      markdownTable(heads, rows),
    ]),
    `${result.how.map((sentence) => `- ${sentence}`).join('\n')}\n`,
  ];
  return parts.join('\n');
}
