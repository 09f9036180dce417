import Type, { type Static } from 'typebox';
import { RunCounts, runStates } from './run-views.ts';
import {
  answer,
  flag,
  int32,
  listOf,
  oneOfTexts,
  orNull,
  part,
  request,
  text,
  textOrNull,
} from './wire-types.ts';

// Answers of our own API on the tables of entire-database jobs.

/** States of a table: those of the run that moves it, and `pending` before there is one. */
export const tableStates = ['pending', ...runStates] as const;

const count = (description: string) => int32(description, { minimum: 0 });
const timeOrNull = (description: string) =>
  orNull(Type.Integer({ format: 'int64' }), `${description} Unix milliseconds; null: not yet.`);

export const RunTable = answer(
  'RunTable',
  {
    table: text('Name of the table, at both ends.'),
    state: oneOfTexts(
      tableStates,
      'pending: not begun, which it stays when the run ends before its turn; else the state of the run that moves it.',
    ),
    cdm_status: textOrNull('The state as the CDM API words it; null: not begun.'),
    percent: int32('Per cent done, 0 to 100; -1 after a failure.', { minimum: -1, maximum: 100 }),
    job_name: text('Name under which the CDM API tells the status of the table: the job and the table.'),
    run_id: textOrNull(
      'Id of the run that moves it, by which its slices and its log are found; null: not begun.',
    ),
    submission_id: orNull(Type.Integer({ format: 'int32' }), 'Number of that run in the CDM API.'),
    is_taken_over: flag('Whether an earlier run of the job moved it, which this one takes over.'),
    rows_estimate: orNull(Type.Integer({ format: 'int64' }), 'By the source; null: it has no estimate.'),
    durable: RunCounts,
    started_at: timeOrNull('Work on it began at this time.'),
    ended_at: timeOrNull('Ended at this time.'),
    failure: orNull(
      part({
        code: text('Error code.'),
        summary: text('What went wrong, in one sentence.'),
        details: text('Cause and what to do.'),
      }),
      'Why it failed or was stopped; null: it did not.',
    ),
  },
  'One table of a run of an entire-database job.',
);
export type RunTable = Static<typeof RunTable>;

export const ListRunTablesResponse = answer(
  'ListRunTablesResponse',
  {
    tables: listOf(RunTable, 'By name, which is the order in which they are begun.'),
    summary: part({
      tables: count('Tables of the run.'),
      pending: count('Not begun.'),
      active: count('Begun and not ended.'),
      succeeded: count('Moved.'),
      failed: count('Ended without success: failed, stopped, or not to be submitted.'),
      durable: RunCounts,
    }),
    total: int32('Tables that the filter lets through.'),
    page_no: int32('This page; the first is 1.'),
    page_size: int32('Entries on a page.'),
  },
  'The tables of a run of an entire-database job.',
);
export type ListRunTablesResponse = Static<typeof ListRunTablesResponse>;

export const RetryRunTablesRequest = request(
  'RetryRunTablesRequest',
  {
    from_start: Type.Optional(
      flag(
        'Whether tables of which rows are committed are moved from their beginning, with the preparation that the job asks for; false, or absent: they go on behind what is committed.',
      ),
    ),
  },
  'May be absent.',
);
export type RetryRunTablesRequest = Static<typeof RetryRunTablesRequest>;

/** Limits of a page of tables. */
export const tablesPageSizes = { min: 1, max: 1_000, default: 100 } as const;
