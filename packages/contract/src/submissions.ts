import Type, { type Static } from 'typebox';
import { answer, flag, float32, int32, int64, listOf, oneOfTexts, text, timestamp } from './wire-types.ts';

/**
 * States of a run on the wire. A queued run is BOOTING: PENDING, which one published sample shows,
 * makes a client give up waiting.
 */
export const runStatuses = [
  'BOOTING',
  'FAILURE_ON_SUBMIT',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'UNKNOWN',
  'NEVER_EXECUTED',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** The one group of counters; the dots are part of the member's name. */
export const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';

/** Stands for a counter that does not apply: file counters of a table job, row counters of a file job. */
export const counterNotApplicable = -1;

export const Counter = answer(
  'Counter',
  {
    BYTES_WRITTEN: Type.Optional(int64('Bytes written.')),
    TOTAL_FILES: Type.Optional(int32('Files found.')),
    ROWS_READ: Type.Optional(int64('Rows read.')),
    BYTES_READ: Type.Optional(int64('Bytes read.')),
    ROWS_WRITTEN: Type.Optional(int64('Rows written.')),
    FILES_WRITTEN: Type.Optional(int32('Files written.')),
    FILES_READ: Type.Optional(int32('Files read.')),
    TOTAL_SIZE: Type.Optional(int64('Bytes found.')),
    FILES_SKIPPED: Type.Optional(int32('Files skipped.')),
    ROWS_WRITTEN_SKIPPED: Type.Optional(int64('Rows set aside.')),
  },
  'Counts of a run; -1 where a count does not apply.',
);
export type Counter = Static<typeof Counter>;

export const Counters = answer(
  'Counters',
  {
    [counterGroup]: Counter,
  },
  'Counts by group; there is one group.',
);
export type Counters = Static<typeof Counters>;

/**
 * What a run shows depends on its status: counters exactly with SUCCEEDED, error texts exactly with FAILED,
 * and -1 as progress only after a failure.
 */
const presenceByStatus = {
  allOf: [
    {
      if: { properties: { status: { const: 'SUCCEEDED' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['counters'] },
      else: { properties: { counters: false } },
    },
    {
      if: { properties: { status: { const: 'FAILED' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['error-summary', 'error-details'], properties: { progress: { const: -1 } } },
      else: { properties: { 'error-summary': false, 'error-details': false } },
    },
    {
      if: { properties: { status: { enum: ['FAILED', 'FAILURE_ON_SUBMIT'] } } },
      else: { properties: { progress: { minimum: 0 } } },
    },
  ],
};

export const Submission = answer(
  'Submission',
  {
    'job-name': text('Name of the job.'),
    status: oneOfTexts(runStatuses, 'State of the run.'),
    progress: float32('Per cent done, 0 to 100; -1 after a failure.', { minimum: -1, maximum: 100 }),
    'submission-id': Type.Optional(int32('Number of the run; grows with each run of the job.')),
    'creation-user': text('Who started the run.'),
    'creation-date': timestamp('Started at this time.'),
    'execute-date': Type.Optional(timestamp('Work on it began at this time.')),
    'last-update-date': timestamp('Last changed at this time.'),
    'last-update-user': text('Who last changed it.'),
    'last-udpate-user': text('Equal to last-update-user, under the spelling that other clients read.'),
    'is-execute-auto': flag('Whether the schedule started it.'),
    isIncrementing: flag('Whether it reads what is new.'),
    isStopingIncrement: text('Empty text; the spelling is part of the API.'),
    isDeleteJob: flag('Whether the job is deleted after the run.'),
    delete_rows: Type.Optional(int32('Rows deleted; what exceeds 32 bits shows as 2147483647.')),
    update_rows: Type.Optional(int32('Rows updated; what exceeds 32 bits shows as 2147483647.')),
    write_rows: Type.Optional(int32('Rows inserted; what exceeds 32 bits shows as 2147483647.')),
    'external-id': text('Id of the run in the engine; empty until there is one.'),
    counters: Type.Optional(Counters),
    'error-summary': Type.Optional(text('What went wrong, in one sentence; only with FAILED.')),
    'error-details': Type.Optional(text('Cause and what to do; only with FAILED.')),
  },
  'A run of a job.',
  presenceByStatus,
);
export type Submission = Static<typeof Submission>;

export const StartSubmission = answer(
  'StartSubmission',
  {
    'job-name': text('Name of the job.'),
    status: oneOfTexts(runStatuses, 'State of the run.'),
    progress: float32('Per cent done, 0 to 100; -1 after a failure.', { minimum: -1, maximum: 100 }),
    'submission-id': Type.Optional(int32('Number of the run; grows with each run of the job.')),
    'creation-user': text('Who started the run.'),
    'creation-date': timestamp('Started at this time.'),
    'execute-date': Type.Optional(timestamp('Work on it began at this time.')),
    'last-update-date': Type.Optional(timestamp('Last changed at this time.')),
    'last-update-user': Type.Optional(text('Who last changed it.')),
    'last-udpate-user': Type.Optional(
      text('Equal to last-update-user, under the spelling that other clients read.'),
    ),
    'is-execute-auto': Type.Optional(flag('Whether the schedule started it.')),
    isIncrementing: Type.Optional(flag('Whether it reads what is new.')),
    isStopingIncrement: Type.Optional(text('Empty text; the spelling is part of the API.')),
    isDeleteJob: Type.Optional(flag('Whether the job is deleted after the run.')),
    delete_rows: Type.Optional(int32('Rows deleted; what exceeds 32 bits shows as 2147483647.')),
    update_rows: Type.Optional(int32('Rows updated; what exceeds 32 bits shows as 2147483647.')),
    write_rows: Type.Optional(int32('Rows inserted; what exceeds 32 bits shows as 2147483647.')),
  },
  'A run just started.',
);
export type StartSubmission = Static<typeof StartSubmission>;

export const ShowJobStatusResponse = answer(
  'ShowJobStatusResponse',
  {
    submissions: listOf(Submission, 'The latest run, one entry.', { minItems: 1 }),
  },
  'The latest run of a job.',
);
export type ShowJobStatusResponse = Static<typeof ShowJobStatusResponse>;
export type JobStatusAnswer = ShowJobStatusResponse;

export const ShowSubmissionsResponse = answer(
  'ShowSubmissionsResponse',
  {
    submissions: listOf(Submission, 'The runs, newest first.'),
    total: int32('Runs on record.'),
    page_no: Type.Optional(int32('This page; the first is 1.')),
    page_size: Type.Optional(int32('Entries on a page.', { default: 10 })),
  },
  'The runs of a job.',
);
export type ShowSubmissionsResponse = Static<typeof ShowSubmissionsResponse>;

export const StartJobResponse = answer(
  'StartJobResponse',
  {
    submissions: listOf(StartSubmission, 'The run just started, one entry.', { minItems: 1 }),
  },
  'The run just started.',
);
export type StartJobResponse = Static<typeof StartJobResponse>;
