import type { TableCase } from '../bench-case.ts';
import type { CandidateResult, CaseResult } from '../results.ts';
import type { TargetResult } from '../targets.ts';
import { conditionLine } from './conditions.ts';

const SERVER_NAMES = { postgres: 'PostgreSQL', mariadb: 'MariaDB' } as const;

/** One line that says what a case is about. */
export function titleOf(value: TableCase): string {
  const pair = `${SERVER_NAMES[value.source]} to ${SERVER_NAMES[value.target]}`;
  switch (value.kind) {
    case 'copy':
      return `${pair}, table ${value.table}`;
    case 'small-job':
      return `${pair}, ${value.rows} rows: start call to SUCCEEDED, ${value.jobs} jobs in a row`;
    case 'pollers':
      return `${pair}, table ${value.table}, while ${value.pollers} clients ask for the state`;
  }
}

/** A table in GitHub's Markdown. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

/** The sections of one case: targets, figures, what could not be run. */
export function caseReport(result: CaseResult): string {
  const parts = [
    `### ${result.case}: ${result.ok ? 'targets met' : 'targets missed'}\n`,
    `${result.table}; ${grouped(result.rows)} rows (scale ${result.scale}), ${result.runs} runs each, alternating. ${conditionLine(result.conditions)}\n`,
    markdownTable(
      ['target', 'wanted', 'measured', ''],
      result.targets.map((target) => [describe(target), wanted(target), shown(target), target.state]),
    ),
    candidateTable(result.candidates),
  ];
  const remarks = result.candidates.flatMap(({ name, remark }) =>
    remark === undefined ? [] : [`- ${name}: ${remark}`],
  );
  if (remarks.length > 0) parts.push(`${remarks.join('\n')}\n`);
  if (result.unavailable.length > 0) {
    const lines = result.unavailable.map(({ name, reason }) => `- ${name}: ${reason}`);
    parts.push(`Not measured:\n\n${lines.join('\n')}\n`);
  }
  const ways = result.candidates.map(({ name, version, how }) => `- ${name} (${version}): \`${how}\``);
  parts.push(`<details><summary>How each copies</summary>\n\n${ways.join('\n')}\n\n</details>\n`);
  return parts.join('\n');
}

function candidateTable(candidates: readonly CandidateResult[]): string {
  const base = candidates.find(({ role }) => role === 'sluice')?.seconds.median;
  const heads = [
    'candidate',
    'seconds, median',
    'min to max',
    'rows/s',
    'Sluice is',
    'CPU s',
    'of it workers',
  ];
  heads.push('CPU s PostgreSQL', 'CPU s MariaDB', 'peak RSS MiB', 'right');
  return markdownTable(
    heads,
    candidates.map((one) => [
      one.name,
      one.seconds.median.toFixed(2),
      `${one.seconds.min.toFixed(2)} to ${one.seconds.max.toFixed(2)}`,
      grouped(one.rowsPerSecond),
      base === undefined || one.role === 'sluice' ? '' : `${(one.seconds.median / base).toFixed(2)} x`,
      one.cpuSeconds.candidate.toFixed(2),
      one.cpuSeconds.worker?.toFixed(2) ?? '',
      one.cpuSeconds.postgres?.toFixed(2) ?? '',
      one.cpuSeconds.mariadb?.toFixed(2) ?? '',
      // Over before anybody looked.
      one.peakRssMb === 0 ? '' : String(one.peakRssMb),
      one.isRight ? 'yes' : 'NO',
    ]),
  );
}

function describe(target: TargetResult): string {
  const other =
    target.against === 'best-peer' ? `best peer${target.peer ? ` (${target.peer})` : ''}` : target.against;
  switch (target.measure) {
    case 'speed':
      return `speed of ${target.of} against ${other}`;
    case 'duration':
      return `duration of ${target.of} against ${other}`;
    case 'worker-cpu-share':
      return `${target.of}: workers' share of all CPU`;
    case 'peak-rss-mb':
      return `${target.of}: peak RSS of a worker, MiB`;
    case 'p95-ms':
      return `${target.of}: 95th percentile, ms`;
  }
}

const wanted = ({ atLeast, atMost }: TargetResult) =>
  atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;

const shown = ({ value }: TargetResult) => (value === null ? '' : String(value));

/** Thousands set apart. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}
