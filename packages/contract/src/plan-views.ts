import { estimateBases, statementPurposes } from '@sluice/core/connector/run-preview';
import Type, { type Static } from 'typebox';
import { JobIn } from './jobs.ts';
import { LinkTestStage } from './link-views.ts';
import { RunPlanView } from './run-views.ts';
import {
  answer,
  flag,
  int32,
  int64,
  listOf,
  oneOfTexts,
  orNull,
  part,
  request,
  text,
  textOrNull,
} from './wire-types.ts';

// Answers of our own API on what a run would do. Their members are in snake_case throughout; times are Unix milliseconds.

/** Slices on a page of a plan. */
export const planPageSizes = { min: 1, max: 1_000, default: 100 } as const;
/** Tables on a page of the plan of an entire-database job, whatever is asked for. */
export const planTablesMax = 50;

/** At what moment slices would see the source. */
export const planMoments = ['one_statement', 'one_moment', 'per_slice'] as const;

/** On what an estimate of the time rests. */
export const durationBases = ['last_run', 'rate_limit', 'unknown'] as const;

/** Why a run would not come to its end. */
export const obstacleKinds = ['job', 'link', 'right', 'plan', 'table'] as const;

const variables = Type.Optional(
  Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
    description:
      'Values for the variables in the settings of the job, by name, as with a start; planTime puts the clock.',
  }),
);

export const PlanJobRequest = request('PlanJobRequest', { variables }, 'May be absent.');
export type PlanJobRequest = Static<typeof PlanJobRequest>;

export const PlanJobDraftRequest = request(
  'PlanJobDraftRequest',
  { jobs: listOf(JobIn, 'The job; one in a call.', { minItems: 1 }), variables },
  'A job that is not, or not yet, saved in this form.',
);
export type PlanJobDraftRequest = Static<typeof PlanJobDraftRequest>;

const countOrNull = (description: string) =>
  orNull(Type.Integer({ format: 'int64', minimum: 0 }), description);

export const PlanObstacle = answer(
  'PlanObstacle',
  {
    kind: oneOfTexts(
      obstacleKinds,
      'job: it may not be started as it is; link: it cannot be reached or signed in to; right: the user of a link lacks it; plan: the run cannot be planned; table: a table of an entire-database job.',
    ),
    end: orNull(Type.Enum(['source', 'destination'], { type: 'string' }), 'null: neither, or both.'),
    code: textOrNull('Error code that the run would end with; null: it has none of its own.'),
    message: text('What is wrong.'),
    hint: text('What to do.'),
  },
  'One reason why a run would fail.',
);
export type PlanObstacle = Static<typeof PlanObstacle>;

export const PlanRight = answer(
  'PlanRight',
  {
    right: text("The right in the system's own words."),
    on: text('What it is needed on.'),
    state: oneOfTexts(
      ['granted', 'missing', 'unknown'],
      'unknown: the system does not tell without being tried.',
    ),
  },
  'A right that the run needs, and whether the user of the link has it.',
);
export type PlanRight = Static<typeof PlanRight>;

export const PlanEnd = answer(
  'PlanEnd',
  {
    connector: text('Connector.'),
    link: text('Name of the link.'),
    is_reachable: orNull(Type.Boolean(), 'Whether no stage failed; null: not tested.'),
    stages: listOf(LinkTestStage, 'In the order in which they are tested; empty: not tested.'),
    rights: listOf(PlanRight, 'Empty: nothing is known of any.'),
  },
  'One end of the run.',
);
export type PlanEnd = Static<typeof PlanEnd>;

export const PlanStatement = answer(
  'PlanStatement',
  {
    purpose: oneOfTexts([...statementPurposes], 'What it is for.'),
    sql: text(
      'The statement as it is sent. In place of the key of a run, in names of tables of its own, stands run_key; in place of values of rows ?.',
    ),
    is_fallback: flag('Sent only when the one ahead of it is refused.'),
    is_draft: flag(
      'Made from definitions that are there only once the run has made them: the run may spell it another way.',
    ),
    is_cut: flag('Only its beginning: the whole is too long to be shown.'),
  },
  'One statement at the destination. Looks at the catalog and the bookkeeping of commits are not listed.',
);
export type PlanStatement = Static<typeof PlanStatement>;

export const PlanSlice = answer(
  'PlanSlice',
  {
    no: int32('Number of the slice; the first is 0.'),
    label: text('Its range, in words.'),
    sql: textOrNull(
      'The statement that reads it, as it is sent; null: the connector has none to show, or it cannot be told.',
    ),
    is_cut: flag('Only its beginning: the whole is too long to be shown.'),
    rows_estimate: countOrNull('null: nobody knows.'),
    bytes_estimate: countOrNull('null: nobody knows.'),
    basis: orNull(
      Type.Enum([...estimateBases], { type: 'string' }),
      "optimizer: the database's own forecast of this statement; statistics: those of the whole table spread evenly, a row filter not counted. null: there is no estimate.",
    ),
  },
  'One slice as it would be read.',
);
export type PlanSlice = Static<typeof PlanSlice>;

export const PlanEstimate = answer(
  'PlanEstimate',
  {
    rows: countOrNull('Rows to be read; null: nobody knows.'),
    bytes: countOrNull('Their size at the source; null: nobody knows.'),
    basis: orNull(Type.Enum([...estimateBases], { type: 'string' }), 'As for a slice.'),
    seconds: countOrNull('Time that the run would take; null: nothing is known that tells.'),
    seconds_basis: oneOfTexts(
      durationBases,
      'last_run: the speed of the last run of the job that succeeded; rate_limit: the limit of its own rate, below which it will not stay; unknown: neither is known.',
    ),
    last_run_id: textOrNull('Id of that run; null: another basis.'),
    text: text('The same in a sentence.'),
  },
  'How much would be moved, how long it would take, and on what that rests.',
);
export type PlanEstimate = Static<typeof PlanEstimate>;

export const PlanSettings = answer(
  'PlanSettings',
  {
    slices_at_once: int32('Slices that may be read at once.'),
    tables_at_once: orNull(
      Type.Integer({ format: 'int32' }),
      'Tables that an entire-database job moves at once; null: another job.',
    ),
    throttle: orNull(
      part({
        bytes_per_second: countOrNull('null: without such a limit.'),
        rows_per_second: countOrNull('null: without such a limit.'),
        backs_off: flag('Reads slower still while the source answers slowly.'),
      }),
      'null: as fast as both ends are.',
    ),
    dirty: orNull(
      part({
        slice_max: countOrNull('Rows that a slice may set aside; null: any number.'),
        run_max: countOrNull('Rows that the run may set aside; null: any number.'),
        run_max_percent: orNull(Type.Number(), 'Share of the rows read, in per cent; null: any.'),
      }),
      'Rows that cannot be written are set aside; null: the first one ends the run.',
    ),
    verify: orNull(
      part({ without: listOf(text(), 'Columns of the source that are left out.') }),
      'Both tables are compared before the run may succeed; null: they are not.',
    ),
  },
  'Settings of the job that are in force for the whole run.',
);
export type PlanSettings = Static<typeof PlanSettings>;

export const PlanTable = answer(
  'PlanTable',
  {
    table: text('Name of the table, at both ends.'),
    state: oneOfTexts(
      ['runnable', 'not_runnable', 'not_planned'],
      'not_planned: the time for this page was up before its turn; ask for a smaller page.',
    ),
    obstacles: listOf(PlanObstacle, 'Empty: it is runnable, or not planned.'),
    rows_estimate: countOrNull('null: nobody knows.'),
    bytes_estimate: countOrNull('null: nobody knows.'),
    way: orNull(
      Type.Enum(['splice', 'transcode', 'rows'], { type: 'string' }),
      'As in the plan of a run; null: not planned.',
    ),
    slice_count: orNull(Type.Integer({ format: 'int32' }), 'null: not planned.'),
    purposes: listOf(
      oneOfTexts([...statementPurposes]),
      'What the statements at the destination are for, in order, each once.',
    ),
    warnings: listOf(text(), 'As in the plan of a run.'),
  },
  'The plan of one table of an entire-database job, in short.',
);
export type PlanTable = Static<typeof PlanTable>;

export const JobPlan = answer(
  'JobPlan',
  {
    job_name: text('Name of the job.'),
    job_type: text('Type of the job.'),
    is_runnable: flag('Whether nothing was found that a run would fail of.'),
    obstacles: listOf(PlanObstacle, 'Why it is not runnable; empty: it is.'),
    planned_at: int64('Asked at this time. Unix milliseconds.'),
    took_ms: int32('Time that it took, in milliseconds.', { minimum: 0 }),
    clock_at: int64('The time that macros in the settings were filled in with. Unix milliseconds.'),
    zone: text('Zone in which macros write dates.'),
    resolved: listOf(
      part({
        name: text('Name of the setting.'),
        text: text('Its text; values of secret variables masked.'),
      }),
      'Settings in which variables or macros stood, filled in.',
    ),
    run_key: text('Stands in the statements where a run has a key of its own.'),
    settings: orNull(PlanSettings, 'null: they cannot be told.'),
    source: PlanEnd,
    destination: PlanEnd,
    plan: orNull(RunPlanView, 'As a run would store it; null: none could be made, or it is of many tables.'),
    moment: orNull(
      part({
        kind: oneOfTexts(
          planMoments,
          'one_statement: one statement reads all rows; one_moment: a moment of the source is asked for, which all slices are to read; per_slice: each slice is read as the source is by then.',
        ),
        text: text('The same in a sentence.'),
      }),
      'null: not planned.',
    ),
    statements: listOf(PlanStatement, 'At the destination, in order.'),
    slices: listOf(PlanSlice, 'Of this page.'),
    estimate: orNull(PlanEstimate, 'null: not planned.'),
    tables: listOf(PlanTable, 'Of this page, by name; empty for a job of one table.'),
    total: int32('Slices, or tables of an entire-database job, on all pages.'),
    page_no: int32('This page; the first is 1.'),
    page_size: int32('Entries on a page.'),
  },
  'What a run of the job would do had it been started now. A job that cannot run is an answer, not an error.',
);
export type JobPlan = Static<typeof JobPlan>;
