import { describe, expect, it } from 'vitest';
import { brokenRules, type RunStatus } from './job-status-rules.ts';

const counters = {
  'org.apache.sqoop.submission.counter.SqoopCounters': {
    BYTES_WRITTEN: -1,
    TOTAL_FILES: -1,
    ROWS_READ: 12,
    BYTES_READ: -1,
    ROWS_WRITTEN: 10,
    FILES_WRITTEN: -1,
    FILES_READ: -1,
    TOTAL_SIZE: -1,
    FILES_SKIPPED: -1,
    ROWS_WRITTEN_SKIPPED: 2,
  },
};

/** A healthy answer in each status. */
function answer(status: RunStatus, changed: Readonly<Record<string, unknown>> = {}): object {
  const isFailure = status === 'FAILED' || status === 'FAILURE_ON_SUBMIT';
  const run: Record<string, unknown> = {
    'job-name': 'j',
    status,
    progress: isFailure ? -1 : status === 'SUCCEEDED' ? 100 : status === 'NEVER_EXECUTED' ? 0 : 1,
    'submission-id': status === 'NEVER_EXECUTED' ? 0 : 3,
    'creation-user': 'admin',
    'creation-date': 1_800_000_000_000,
    'execute-date': 1_800_000_000_001,
    'last-update-date': 1_800_000_000_002,
    'last-update-user': 'admin',
    'last-udpate-user': 'admin',
    'is-execute-auto': false,
    isIncrementing: false,
    isDeleteJob: false,
    isStopingIncrement: '',
    'external-id': '',
    write_rows: 0,
    update_rows: 0,
    delete_rows: 0,
    ...(status === 'SUCCEEDED' && { counters }),
    ...(status === 'FAILED' && { 'error-summary': 'a', 'error-details': 'b' }),
    ...changed,
  };
  for (const [name, value] of Object.entries(changed)) if (value === undefined) delete run[name];
  return { submissions: [run] };
}

const group = 'org.apache.sqoop.submission.counter.SqoopCounters';
const withCounter = (name: string, value: unknown) => ({
  counters: { [group]: { ...counters[group], [name]: value } },
});

describe('rules of the status answer', () => {
  it.each([
    'NEVER_EXECUTED',
    'BOOTING',
    'RUNNING',
    'SUCCEEDED',
    'FAILED',
    'FAILURE_ON_SUBMIT',
    'UNKNOWN',
  ] as const)('has nothing against a healthy %s', (status) => {
    expect(brokenRules(answer(status), status)).toEqual([]);
  });

  it.each<[string, RunStatus, Readonly<Record<string, unknown>>]>([
    ['a missing member', 'BOOTING', { 'external-id': undefined }],
    ['a member too many', 'BOOTING', { extra: 1 }],
    ['PENDING', 'BOOTING', { status: 'PENDING' }],
    ['a date as text', 'RUNNING', { 'creation-date': '1800000000000' }],
    ['progress as text', 'RUNNING', { progress: '1' }],
    ['isStopingIncrement as boolean', 'RUNNING', { isStopingIncrement: false }],
    ['a flag as text', 'RUNNING', { isDeleteJob: 'false' }],
    ['a number beyond 32 bits', 'SUCCEEDED', { write_rows: 2_147_483_648 }],
    ['two last editors', 'FAILED', { 'last-udpate-user': 'somebody' }],
    ['one spelling only', 'FAILED', { 'last-update-user': undefined }],
    ['a failed run at 40 percent', 'FAILED', { progress: 40 }],
    ['a refused run at 0 percent', 'FAILURE_ON_SUBMIT', { progress: 0 }],
    ['-1 while running', 'RUNNING', { progress: -1 }],
    ['99 percent of a success', 'SUCCEEDED', { progress: 99 }],
    ['counters while running', 'RUNNING', { counters }],
    ['a success without counters', 'SUCCEEDED', { counters: undefined }],
    ['counters without one of the ten', 'SUCCEEDED', withCounter('TOTAL_SIZE', undefined)],
    ['a counter as text', 'SUCCEEDED', withCounter('ROWS_READ', '12')],
    ['a row that is neither written nor skipped', 'SUCCEEDED', withCounter('ROWS_WRITTEN', 9)],
    ['a failure without summary', 'FAILED', { 'error-summary': undefined }],
    ['a failure with a blank detail', 'FAILED', { 'error-details': ' ' }],
    ['error texts of a refused run', 'FAILURE_ON_SUBMIT', { 'error-summary': 'a' }],
    ['a number of a run that never was', 'NEVER_EXECUTED', { 'submission-id': 1 }],
    ['a run without number', 'UNKNOWN', { 'submission-id': 0 }],
    ['an end before the beginning', 'SUCCEEDED', { 'last-update-date': 1_700_000_000_000 }],
  ])('sees %s', (_what, status, changed) => {
    expect(brokenRules(answer(status, changed), status)).not.toEqual([]);
  });

  it.each([[{}], [{ submissions: [] }], [{ submissions: [{}, {}] }], [null], [[]]])('sees %j', (wrong) => {
    expect(brokenRules(wrong, 'RUNNING')).not.toEqual([]);
  });
});
