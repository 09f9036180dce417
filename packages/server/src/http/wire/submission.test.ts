import { Submission as SubmissionSchema } from '@sluice/contract/submissions';
import { Check } from 'typebox/value';
import { expect, test } from 'vitest';
import type { JobRecord, RunRecord, RunState } from '../../store/model.ts';
import { neverExecuted, type Submission, startedSubmissionOf, submissionOf } from './submission.ts';

const job: JobRecord = {
  id: 7,
  clusterId: '6ec9a0a4-76be-4262-8697-e7af1fac7920',
  name: 'orders',
  type: 'NORMAL_JOB',
  fromConnector: 'c',
  fromLink: 'f',
  toConnector: 'c',
  toLink: 't',
  fromOptions: {},
  toOptions: {},
  driverOptions: {},
  createdBy: 'maker',
  createdAt: 1000,
  updatedBy: 'editor',
  updatedAt: 2000,
};

function runIn(state: RunState, more: Partial<RunRecord> = {}): RunRecord {
  const isStarted = state !== 'queued' && state !== 'rejected';
  return {
    id: 'r',
    projectId: 'p',
    clusterId: job.clusterId,
    jobId: job.id,
    jobName: job.name,
    submissionId: 9,
    state,
    job,
    variables: {},
    isAuto: false,
    isDeleteJob: false,
    createdBy: 'starter',
    createdAt: 3000,
    startedAt: isStarted ? 4000 : null,
    updatedAt: 5000,
    updatedBy: 'starter',
    endedAt: null,
    stopRequestedBy: null,
    plan: null,
    isPrepared: false,
    counts: { rowsRead: 80, rowsWritten: 78, rowsSkipped: 2, bytesRead: 11, bytesWritten: 12 },
    failure: null,
    leaseOwner: null,
    leaseUntil: 0,
    fence: 0,
    resumesRunId: null,
    attempt: 0,
    notBefore: 0,
    clockAt: null,
    resolved: null,
    parentRunId: null,
    batch: null,
    ...more,
  };
}

const failure = {
  code: 'Cdm.0900',
  summary: { en: 'Table [t] does not exist.', zh: '表 [t] 不存在。' },
  details: { en: 'Table [t] does not exist.\nMake it.', zh: '表 [t] 不存在。\n请创建。' },
};

const alwaysThere = [
  'job-name',
  'status',
  'progress',
  'submission-id',
  'creation-user',
  'creation-date',
  'execute-date',
  'last-update-date',
  'last-update-user',
  'last-udpate-user',
  'is-execute-auto',
  'isIncrementing',
  'isStopingIncrement',
  'isDeleteJob',
  'write_rows',
  'update_rows',
  'delete_rows',
  'external-id',
];

function membersOf(submission: Submission): string[] {
  expect(Check(SubmissionSchema, submission)).toBe(true);
  return Object.keys(submission).sort();
}

test.each([
  ['queued', 0, 'BOOTING', 0],
  ['queued', 50, 'BOOTING', 1],
  ['planning', 1, 'BOOTING', 1],
  ['planning', 40, 'BOOTING', 1],
  ['running', 0, 'RUNNING', 1],
  ['running', 43.5, 'RUNNING', 43.5],
  ['running', 100, 'RUNNING', 99],
  ['running', Number.NaN, 'RUNNING', 1],
  ['finishing', 100, 'RUNNING', 99],
  ['succeeded', 0, 'SUCCEEDED', 100],
  ['failed', 50, 'FAILED', -1],
  ['stopped', 50, 'FAILED', -1],
  ['rejected', 0, 'FAILURE_ON_SUBMIT', -1],
  ['unknown', 30, 'UNKNOWN', 30],
  ['unknown', -1, 'UNKNOWN', 0],
] as const)('%s at %d %% reads %s, %d', (state, progress, status, shown) => {
  const submission = submissionOf(runIn(state), progress, 'en');
  expect([submission.status, submission.progress]).toEqual([status, shown]);
});

test.each(['queued', 'planning', 'running', 'finishing', 'rejected', 'unknown'] as const)(
  '%s: no counters, no error texts',
  (state) => {
    expect(membersOf(submissionOf(runIn(state, { failure }), 1, 'en'))).toEqual([...alwaysThere].sort());
  },
);

test('succeeded: counters of a table run, no error texts', () => {
  const submission = submissionOf(runIn('succeeded', { failure }), 100, 'en');
  expect(membersOf(submission)).toEqual([...alwaysThere, 'counters'].sort());
  expect(submission.counters).toEqual({
    'org.apache.sqoop.submission.counter.SqoopCounters': {
      BYTES_WRITTEN: -1,
      TOTAL_FILES: -1,
      ROWS_READ: 80,
      BYTES_READ: -1,
      ROWS_WRITTEN: 78,
      FILES_WRITTEN: -1,
      FILES_READ: -1,
      TOTAL_SIZE: -1,
      FILES_SKIPPED: -1,
      ROWS_WRITTEN_SKIPPED: 2,
    },
  });
  expect(submission.write_rows).toBe(78);
});

test('failed: error texts in the language asked for, no counters', () => {
  const run = runIn('failed', { failure });
  const submission = submissionOf(run, 10, 'en');
  expect(membersOf(submission)).toEqual([...alwaysThere, 'error-details', 'error-summary'].sort());
  expect(submission['error-summary']).toBe('Cdm.0900 : Table [t] does not exist.');
  expect(submission['error-details']).toBe('Cdm.0900 : Table [t] does not exist.\nMake it.');
  expect(submissionOf(run, 10, 'zh')['error-summary']).toBe('Cdm.0900 : 表 [t] 不存在。');
  expect(submission.write_rows).toBe(0);
});

test('a code that stands in the text already is not put there twice', () => {
  const summary = { en: 'Cdm.0900 : Gone.', zh: 'Cdm.0900 : 没有了。' };
  const submission = submissionOf(runIn('failed', { failure: { ...failure, summary } }), 10, 'en');
  expect(submission['error-summary']).toBe('Cdm.0900 : Gone.');
});

test('failed without a reason still has both texts', () => {
  const submission = submissionOf(runIn('failed'), 10, 'en');
  expect(membersOf(submission)).toEqual([...alwaysThere, 'error-details', 'error-summary'].sort());
  expect(submission['error-summary']).toMatch(/^Cdm\.0000 : \S/);
});

test('stopped: FAILED, and the summary says by whom', () => {
  const submission = submissionOf(runIn('stopped', { stopRequestedBy: 'alice' }), 10, 'en');
  expect(submission.status).toBe('FAILED');
  expect(submission['error-summary']).toBe('stopped by alice');
  expect(submission['error-details']).toContain('alice');
  expect(submissionOf(runIn('stopped', { stopRequestedBy: 'alice' }), 10, 'zh')['error-summary']).toBe(
    '已由 alice 停止',
  );
  expect(submissionOf(runIn('stopped'), 10, 'en')['error-summary']).toBe('stopped by starter');
});

test('never executed: number 0 and the dates of the job', () => {
  const submission = neverExecuted(job);
  expect(membersOf(submission)).toEqual([...alwaysThere].sort());
  expect(submission).toMatchObject({
    status: 'NEVER_EXECUTED',
    progress: 0,
    'submission-id': 0,
    'creation-date': 1000,
    'creation-user': 'maker',
    'last-update-date': 2000,
    'last-update-user': 'editor',
    'external-id': '',
    isDeleteJob: false,
  });
  const driverOptions = { 'schedulerConfig.disposableType': 'DELETE' };
  expect(neverExecuted({ ...job, driverOptions }).isDeleteJob).toBe(true);
});

test('both spellings of the last editor, and a flag that is text', () => {
  const submission = submissionOf(runIn('running', { updatedBy: 'bob' }), 1, 'en');
  expect(submission['last-update-user']).toBe('bob');
  expect(submission['last-udpate-user']).toBe('bob');
  expect(submission.isStopingIncrement).toBe('');
});

test('the engine id appears when the run starts and does not change', () => {
  expect(submissionOf(runIn('queued'), 1, 'en')['external-id']).toBe('');
  expect(submissionOf(runIn('rejected'), 1, 'en')['external-id']).toBe('');
  const started = submissionOf(runIn('planning'), 1, 'en')['external-id'];
  expect(started).toMatch(/^job_local\d+_0009$/);
  expect(submissionOf(runIn('succeeded'), 1, 'en')['external-id']).toBe(started);
});

test('members of 32 bits are clamped, counters of 64 bits are not', () => {
  const counts = { rowsRead: 3e9, rowsWritten: 3e9, rowsSkipped: 0, bytesRead: 0, bytesWritten: 0 };
  const submission = submissionOf(runIn('succeeded', { counts, submissionId: 3e9 }), 100, 'en');
  expect(submission.write_rows).toBe(2_147_483_647);
  expect(submission['submission-id']).toBe(2_147_483_647);
  const counters = submission.counters?.['org.apache.sqoop.submission.counter.SqoopCounters'];
  expect(counters?.ROWS_WRITTEN).toBe(3e9);
});

test('a start answer has neither engine id nor counters nor error texts', () => {
  for (const state of ['queued', 'succeeded', 'failed'] as const) {
    const members = Object.keys(startedSubmissionOf(runIn(state, { failure }), 1));
    expect(members.sort()).toEqual(alwaysThere.filter((name) => name !== 'external-id').sort());
  }
});

test('dates are whole numbers; a run that has not started shows when it was accepted', () => {
  expect(submissionOf(runIn('queued'), 1, 'en')['execute-date']).toBe(3000);
  expect(submissionOf(runIn('running'), 1, 'en')['execute-date']).toBe(4000);
});
