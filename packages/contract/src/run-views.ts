import { lossEffects, lossKinds } from '@sluice/core/data/loss';
import Type, { type Static } from 'typebox';
import {
  answer,
  flag,
  int32,
  int64,
  listOf,
  oneOfTexts,
  orNull,
  part,
  text,
  textOrNull,
} from './wire-types.ts';

// Answers of our own API on runs. Their members are in snake_case throughout; times are Unix milliseconds.

/** States of a run, in the order in which it goes through them. */
export const runStates = [
  'queued',
  'planning',
  'running',
  'finishing',
  'succeeded',
  'failed',
  'stopped',
  'rejected',
  'unknown',
] as const;

/** How the data of a run travels. */
export const planWays = ['splice', 'transcode', 'rows'] as const;

export const sliceStates = ['pending', 'running', 'complete'] as const;

/** Who the slices of a run wait for most. */
export const waitsFor = ['source', 'destination', 'commit', 'worker', 'throttle'] as const;

/** On what a forecast rests. */
export const etaBases = ['rows_estimate'] as const;

const count = (description: string) => int64(description, { minimum: 0 });
const milliseconds = (description: string) => int64(`${description} In milliseconds.`, { minimum: 0 });
const timeOrNull = (description: string) =>
  orNull(Type.Integer({ format: 'int64' }), `${description} Unix milliseconds; null: not yet.`);

export const RunCounts = answer(
  'RunCounts',
  {
    rows_read: count('Rows read.'),
    rows_written: count('Rows written.'),
    rows_skipped: count('Rows set aside with a reason.'),
    bytes_read: count('Size of the rows as they came from the source.'),
    bytes_written: count('Bytes handed to the destination.'),
  },
  'Counts of rows and bytes.',
);
export type RunCounts = Static<typeof RunCounts>;

export const RunRates = answer(
  'RunRates',
  {
    rows_per_second: count('Rows read per second.'),
    bytes_per_second: count('Bytes read per second.'),
  },
  'Speed over the last few seconds.',
);
export type RunRates = Static<typeof RunRates>;

export const SliceTimesView = answer(
  'SliceTimes',
  {
    source_ms: milliseconds("Waiting for the source's next rows."),
    destination_ms: milliseconds('Waiting until the destination could take more.'),
    commit_ms: milliseconds('Waiting for commits at the destination.'),
    work_ms: milliseconds('Busy with reading, converting and framing: waiting for nobody.'),
    throttle_ms: milliseconds("Waiting for the job's own limit of its rate."),
  },
  'Where the time went. Together it is the time that the attempts took; what an attempt that died did after its last commit is not in it.',
);
export type SliceTimesView = Static<typeof SliceTimesView>;

export const RunEta = answer(
  'RunEta',
  {
    basis: oneOfTexts(
      etaBases,
      "rows_estimate: rows left of the source's own estimate, at the present speed.",
    ),
    rows_estimate: count('Rows of the run by that estimate.'),
    seconds_left: count('Seconds until all rows are moved.'),
  },
  'When the rows will be moved, and on what that rests.',
);
export type RunEta = Static<typeof RunEta>;

export const PlanColumn = answer(
  'PlanColumn',
  {
    source: text('Name at the source.'),
    source_type: text("Type in the source's own words."),
    destination: text('Name at the destination.'),
    sent_as: text(
      "Type in which it travels, in the words of the form's own system; or the neutral kind of value.",
    ),
    cast: textOrNull('Type to which the source casts it before sending; null: none is needed.'),
  },
  'How one column travels.',
);
export type PlanColumn = Static<typeof PlanColumn>;

export const WindowBound = answer(
  'WindowBound',
  {
    value: text('The value, as the source writes it; moments of an instant in UTC.'),
    is_included: flag('Whether rows with this value are meant too.'),
  },
  'A bound of the rows that an incremental run reads.',
);
export type WindowBound = Static<typeof WindowBound>;

export const PlanLoss = answer(
  'PlanLoss',
  {
    column: textOrNull('Column of the destination; null: the loss is the table’s.'),
    kind: oneOfTexts([...lossKinds], 'What may be lost.'),
    effect: oneOfTexts(
      lossEffects,
      'refused: a value that is concerned is not written, its row is refused; converted: values arrive in another form.',
    ),
    from: text("Type at the source, in its database's words; empty for the table."),
    to: text("Type at the destination, in its database's words; empty for the table."),
    text: text('The loss in words, in the language of the caller.'),
  },
  'One thing that a column may lose on its way.',
);
export type PlanLoss = Static<typeof PlanLoss>;

export const RunPlanView = answer(
  'RunPlan',
  {
    way: orNull(
      Type.Enum([...planWays], { type: 'string' }),
      'splice: bytes that both ends have as their own form; transcode: bytes of one system that the other end makes or takes; rows: neutral values. null: the plan is older than this member.',
    ),
    form: text('Form of the data on its way: pgcopy-binary or rows.'),
    reason: text('Why this form and not a better one.'),
    warnings: listOf(
      text(),
      'What is to be known before the run; every loss is among them, in words, and every setting of the job that has no effect here.',
    ),
    losses: listOf(
      PlanLoss,
      'What the columns may lose; empty where nothing can be, and in plans that are older than this member.',
    ),
    consistency: orNull(
      part({
        kind: text('Whether all rows are of one moment of the source.'),
        reason: text('Why.'),
      }),
      'At what moment the slices see the source; null: not recorded.',
    ),
    window: orNull(
      part({
        column: text('The column that grows.'),
        from: orNull(WindowBound, 'From here; null: from the least value.'),
        to: orNull(WindowBound, 'Up to here; null: there was nothing new to read.'),
      }),
      'The rows that an incremental run reads; null: all that the row filter selects.',
    ),
    columns: listOf(PlanColumn, 'In the order in which they travel.'),
    slice_count: int32('Slices that the source was cut into.'),
  },
  'The plan of a run: made before a byte moves, and kept.',
);
export type RunPlanView = Static<typeof RunPlanView>;

export const SliceView = answer(
  'Slice',
  {
    no: int32('Number of the slice; the first is 0.'),
    label: text('Its range, in words.'),
    state: oneOfTexts(sliceStates, 'running: a worker has it in hand.'),
    rows_estimate: orNull(Type.Integer({ format: 'int64' }), 'By the source; null: it has no estimate.'),
    durable: RunCounts,
    live: orNull(
      RunCounts,
      'With what is under way and may still be rolled back; null: nothing is known to be under way.',
    ),
    rates: orNull(RunRates, 'null: no worker has it in hand, or it began just now.'),
    attempts: int32('How often a worker began it; after its end, up to its last commit.'),
    worker_pid: orNull(
      Type.Integer({ format: 'int32' }),
      'Process that has it in hand; null: none that this server knows.',
    ),
    times: orNull(SliceTimesView, 'null: not recorded.'),
    waits_for: orNull(
      Type.Enum([...waitsFor], { type: 'string' }),
      'Where most of its time went; null: not recorded.',
    ),
  },
  'One slice of a run.',
);
export type SliceView = Static<typeof SliceView>;

const runMembers = {
  id: text('Id of the run.'),
  submission_id: int32('Number of the run in the CDM API; grows with each run of the cluster.'),
  job_name: text('Name of the job.'),
  state: oneOfTexts(runStates, 'State of the run.'),
  cdm_status: text('The state as the CDM API words it.'),
  percent: int32('Per cent done, 0 to 100; -1 after a failure.', { minimum: -1, maximum: 100 }),
  is_auto: flag('Whether the schedule started it.'),
  attempt: int32('1; of a job that is retried, which attempt this is.', { minimum: 1 }),
  resumes_run_id: textOrNull('Id of the run that it carries on; null: it began anew.'),
  created_by: text('Who started it.'),
  created_at: int64('Started at this time. Unix milliseconds.'),
  started_at: timeOrNull('Work on it began at this time.'),
  updated_at: int64('Last changed at this time. Unix milliseconds.'),
  ended_at: timeOrNull('Ended at this time.'),
  stop_requested_by: textOrNull('Who asked it to stop; null: nobody.'),
  failure: orNull(
    part({
      code: text('Error code.'),
      summary: text('What went wrong, in one sentence.'),
      details: text('Cause and what to do.'),
    }),
    'Why it failed or was stopped; null: it did not.',
  ),
  durable: RunCounts,
  parent_run_id: textOrNull(
    'Id of the run of an entire-database job that this one moves a table of; null: it is no part of another.',
  ),
  tables: orNull(
    part({
      total: int32('Tables of the run.'),
      done: int32('Of these, those that have ended.'),
      failed: int32('Of those that have ended, those that did not succeed.'),
    }),
    'Tables of a run of an entire-database job; null: they are not listed yet, or it is the run of another job.',
  ),
};

export const RunSummary = answer('RunSummary', runMembers, 'A run of a job.');
export type RunSummary = Static<typeof RunSummary>;

export const RunView = answer(
  'Run',
  {
    ...runMembers,
    workers: int32('Worker processes that have slices of it in hand, as far as this server knows.'),
    live: orNull(RunCounts, 'With what is under way; null: nothing is known to be under way.'),
    rates: orNull(RunRates, 'Of all slices together; null: no worker is at work that this server knows.'),
    times: orNull(SliceTimesView, 'Of all slices together; null: not recorded.'),
    waits_for: orNull(
      Type.Enum([...waitsFor], { type: 'string' }),
      'Where most of the time of its slices went; null: not recorded.',
    ),
    eta: orNull(RunEta, 'null: the source has no estimate, or nothing moves.'),
    clock_at: timeOrNull('The time that macros in its settings stand for.'),
    resolved: listOf(
      part({
        name: text('Name of the setting.'),
        text: text(
          'Its text as it is carried out; of a map or list, its JSON. Values of secret variables are masked.',
        ),
      }),
      'Settings in which variables or macros stood, filled in; empty before the run begins.',
    ),
    plan: orNull(RunPlanView, 'null: not planned yet.'),
    slices: listOf(SliceView, 'By number; empty before the plan is made.'),
  },
  'A run of a job with its plan and its slices, as it is now.',
);
export type RunView = Static<typeof RunView>;

export const ListRunsResponse = answer(
  'ListRunsResponse',
  {
    runs: listOf(RunSummary, 'Newest first.'),
    total: int32('Runs on record.'),
    page_no: int32('This page; the first is 1.'),
    page_size: int32('Entries on a page.'),
  },
  'The runs of a job.',
);
export type ListRunsResponse = Static<typeof ListRunsResponse>;

export const ResumeRunResponse = answer(
  'ResumeRunResponse',
  { run: RunSummary },
  'The new run that goes on where the other one ended.',
);
export type ResumeRunResponse = Static<typeof ResumeRunResponse>;
