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

export const Counter = answer('Counter', {
  BYTES_WRITTEN: Type.Optional(int64()),
  TOTAL_FILES: Type.Optional(int32()),
  ROWS_READ: Type.Optional(int64()),
  BYTES_READ: Type.Optional(int64()),
  ROWS_WRITTEN: Type.Optional(int64()),
  FILES_WRITTEN: Type.Optional(int32()),
  FILES_READ: Type.Optional(int32()),
  TOTAL_SIZE: Type.Optional(int64()),
  FILES_SKIPPED: Type.Optional(int32()),
  ROWS_WRITTEN_SKIPPED: Type.Optional(int64()),
});
export type Counter = Static<typeof Counter>;

export const Counters = answer('Counters', {
  [counterGroup]: Counter,
});
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
    'job-name': text(),
    status: oneOfTexts(runStatuses),
    progress: float32('', { minimum: -1, maximum: 100 }),
    'submission-id': Type.Optional(int32()),
    'creation-user': text(),
    'creation-date': timestamp('When.'),
    'execute-date': Type.Optional(timestamp('When.')),
    'last-update-date': timestamp('When.'),
    'last-update-user': text(),
    'last-udpate-user': text(),
    'is-execute-auto': flag(),
    isIncrementing: flag(),
    isStopingIncrement: text(),
    isDeleteJob: flag(),
    delete_rows: Type.Optional(int32()),
    update_rows: Type.Optional(int32()),
    write_rows: Type.Optional(int32()),
    'external-id': text(),
    counters: Type.Optional(Counters),
    'error-summary': Type.Optional(text()),
    'error-details': Type.Optional(text()),
  },
  '',
  presenceByStatus,
);
export type Submission = Static<typeof Submission>;

export const StartSubmission = answer('StartSubmission', {
  'job-name': text(),
  status: oneOfTexts(runStatuses),
  progress: float32('', { minimum: -1, maximum: 100 }),
  'submission-id': Type.Optional(int32()),
  'creation-user': text(),
  'creation-date': timestamp('When.'),
  'execute-date': Type.Optional(timestamp('When.')),
  'last-update-date': Type.Optional(timestamp('When.')),
  'last-update-user': Type.Optional(text()),
  'last-udpate-user': Type.Optional(text()),
  'is-execute-auto': Type.Optional(flag()),
  isIncrementing: Type.Optional(flag()),
  isStopingIncrement: Type.Optional(text()),
  isDeleteJob: Type.Optional(flag()),
  delete_rows: Type.Optional(int32()),
  update_rows: Type.Optional(int32()),
  write_rows: Type.Optional(int32()),
});
export type StartSubmission = Static<typeof StartSubmission>;

export const ShowJobStatusResponse = answer('ShowJobStatusResponse', {
  submissions: listOf(Submission, '', { minItems: 1 }),
});
export type ShowJobStatusResponse = Static<typeof ShowJobStatusResponse>;
export type JobStatusAnswer = ShowJobStatusResponse;

export const ShowSubmissionsResponse = answer('ShowSubmissionsResponse', {
  submissions: listOf(Submission),
  total: int32(),
  page_no: Type.Optional(int32()),
  page_size: Type.Optional(int32('', { default: 10 })),
});
export type ShowSubmissionsResponse = Static<typeof ShowSubmissionsResponse>;

export const StartJobResponse = answer('StartJobResponse', {
  submissions: listOf(StartSubmission, '', { minItems: 1 }),
});
export type StartJobResponse = Static<typeof StartJobResponse>;
