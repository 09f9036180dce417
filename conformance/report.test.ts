import { describe, expect, test } from 'vitest';
import { EXPECTED_CHECKS, RELAYED_REFUSAL, STATES_SEEN } from './checks.ts';
import { addTo, type CheckLine, judge, operationLines, readCheckLines, type Totals } from './report.ts';

const REQUEST_ID = 'id-of-the-refusal';
const SENT = new Set([REQUEST_ID]);

function allLines(): CheckLine[] {
  return Object.entries(EXPECTED_CHECKS).flatMap(([operation, checks]) =>
    checks.map((check) => {
      const detail = check === STATES_SEEN.check ? STATES_SEEN.needed.join(', ') : '';
      return { sdk: 'go', operation, check, ok: true, detail, requestId: REQUEST_ID };
    }),
  );
}

function failures(lines: readonly CheckLine[]): string[] {
  return lines.filter((line) => !line.ok).map((line) => `${line.operation}: ${line.check}: ${line.detail}`);
}

describe('judging what a program reported', () => {
  test('a complete report passes', () => {
    const judged = judge('go', allLines(), SENT);
    expect(failures(judged)).toEqual([]);
    expect(judged).toHaveLength(allLines().length);
  });

  test('a check that was not reported has failed', () => {
    const lines = allLines().filter((line) => line.operation !== 'StopJob');
    expect(failures(judge('go', lines, SENT))).toEqual([
      'StopJob: accepted while RUNNING: the program did not report it',
      'StopJob: idle job refused: the program did not report it',
    ]);
  });

  test('a check that was reported twice, or that nobody expects, has failed', () => {
    const [first] = allLines();
    if (!first) throw new Error('no checks');
    expect(failures(judge('go', [...allLines(), first], SENT))).toHaveLength(1);
    const stray = { ...first, check: 'something else' };
    expect(failures(judge('go', [...allLines(), stray], SENT))).toEqual([
      'Credentials: something else: not an expected check: ',
    ]);
  });

  test('a state that was never read fails the list of states', () => {
    const lines = allLines().map((line) =>
      line.check === STATES_SEEN.check
        ? { ...line, detail: 'NEVER_EXECUTED, SUCCEEDED, FAILED, FAILURE_ON_SUBMIT' }
        : line,
    );
    expect(failures(judge('go', lines, SENT))).toEqual(['ShowJobStatus: states seen: never read: RUNNING']);
  });

  test('a request id that the server never sent fails the refusal, and so does none', () => {
    expect(failures(judge('go', allLines(), new Set(['another'])))).toEqual([
      `${RELAYED_REFUSAL.operation}: ${RELAYED_REFUSAL.check}: request id ${REQUEST_ID} is not an X-Request-Id that the server sent`,
    ]);
    const without = allLines().map(({ requestId: _, ...line }) => line);
    expect(failures(judge('go', without, SENT))).toHaveLength(1);
  });
});

test('check lines are found between the log lines of an SDK; cut and foreign ones are left aside', () => {
  const line = { sdk: 'node', operation: 'ShowLink', check: 'all lists both', ok: true, detail: '' };
  const output = [
    '[ERROR] {',
    '  "sdk": 1',
    JSON.stringify(line),
    JSON.stringify({ ...line, sdk: 'go' }),
    '{"sdk":"no',
  ];
  expect(readCheckLines(output.join('\n'), 'node')).toEqual([line]);
});

test('one line per operation, and the failed checks below it', () => {
  const line = { sdk: 'java', operation: 'CreateJob', check: 'answers the name', ok: true, detail: '' };
  const other = { ...line, check: 'taken name refused', ok: false, detail: 'the call was not refused' };
  expect(operationLines([line, other, { ...line, operation: 'StopJob' }])).toEqual([
    `java    ${'CreateJob'.padEnd(30)}  FAILED (1 of 2 checks)`,
    '        taken name refused: the call was not refused',
    `java    ${'StopJob'.padEnd(30)}  ok (1 check)`,
  ]);
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  addTo(totals, [line, other]);
  expect(totals).toEqual({ passed: 1, failed: 1, skipped: 0 });
});
