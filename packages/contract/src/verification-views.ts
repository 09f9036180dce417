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
  request,
  text,
  textOrNull,
} from './wire-types.ts';

// Verifications of runs in our own API. Members in snake_case; times are Unix milliseconds.

/** States of a verification. */
export const verificationStates = [
  'queued',
  'running',
  'equal',
  'different',
  'not_comparable',
  'failed',
  'stopped',
] as const;

/** Who asked for it. */
export const verificationKinds = ['run', 'check', 'repair'] as const;

export const verificationPhases = ['repairing', 'comparing'] as const;

/** States of one table. */
export const comparedTableStates = ['pending', 'equal', 'different', 'not_comparable'] as const;

export const differenceKinds = ['changed', 'missing', 'extra'] as const;

const count = (description: string) => int64(description, { minimum: 0 });
const timeOrNull = (description: string) =>
  orNull(Type.Integer({ format: 'int64' }), `${description} Unix milliseconds; null: not yet.`);

const summaryMembers = {
  id: text('Id of the verification.'),
  run_id: text('Id of the run whose table is compared.'),
  kind: oneOfTexts(
    verificationKinds,
    'run: a step of the run itself, before it may succeed; check: asked for afterwards; repair: sets right what differs, then compares again.',
  ),
  state: oneOfTexts(
    verificationStates,
    'equal, different: compared to the end; not_comparable: it cannot be; failed: it could not be told.',
  ),
  phase: oneOfTexts(verificationPhases, 'What is done at present, or was last.'),
  percent: int32('Per cent done, 0 to 100.', { minimum: 0, maximum: 100 }),
  removes_extra: flag('Of a repair: whether rows that only the destination has are removed.'),
  at_run_snapshot: flag(
    'Whether the source was seen at the moment that the run read. If not, it was seen as it was by then, and may have changed since.',
  ),
  created_by: text('Who asked for it.'),
  created_at: int64('Asked for at this time. Unix milliseconds.'),
  started_at: timeOrNull('Work on it began at this time.'),
  ended_at: timeOrNull('Ended at this time.'),
  stop_requested_by: textOrNull('Who asked it to stop; null: nobody.'),
  failure: orNull(
    part({
      code: text('Error code.'),
      summary: text('What went wrong, in one sentence.'),
      details: text('Cause and what to do.'),
    }),
    'Why it failed; null: it did not.',
  ),
};

export const VerificationSummary = answer('VerificationSummary', summaryMembers, 'A verification of a run.');
export type VerificationSummary = Static<typeof VerificationSummary>;

export const ComparedTableView = answer(
  'ComparedTable',
  {
    source: text('The table at the source.'),
    destination: text('The table at the destination.'),
    state: oneOfTexts(comparedTableStates, 'pending: not compared to the end.'),
    reason: textOrNull('Why it cannot be compared; null: it can.'),
    key_columns: listOf(text(), 'What tells rows apart, by the names of the source; empty: nothing does.'),
    left_out_columns: listOf(
      part({ column: text('Name at the source.'), reason: text('Why its values cannot be compared.') }),
      'Columns that are not compared.',
    ),
    notes: listOf(text(), 'What a reader of the outcome should know.'),
    chunks: int32('Parts in which it is compared; 0: not planned.'),
    chunks_done: int32('Parts of the present phase that are done.'),
    source_rows: count('Rows at the source, of the parts that are done.'),
    destination_rows: count('Rows at the destination, of the parts that are done.'),
    changed: count('Keys whose rows are not the same.'),
    missing: count('Keys that the destination lacks.'),
    extra: count('Keys that only the destination has.'),
    foreign: count('Keys that only the destination has and that are not of the job, which did not clear it.'),
    is_exact: flag(
      'False: more rows differ than were looked into, and the numbers are what was found of them.',
    ),
    rows_written: count('Rows that the repair wrote.'),
    rows_removed: count('Rows that the repair removed.'),
    differences: listOf(
      part({
        kind: oneOfTexts(differenceKinds, 'How the key differs.'),
        key: listOf(orNull(Type.String()), 'Values of the key columns; null is a null.'),
      }),
      'The first of the differing keys; of a repair, of those that differ still.',
    ),
  },
  'One table of a run, as far as it is compared.',
);
export type ComparedTableView = Static<typeof ComparedTableView>;

export const VerificationView = answer(
  'Verification',
  { ...summaryMembers, tables: listOf(ComparedTableView, 'The tables of the run.') },
  'A verification of a run with what it found, as it is now.',
);
export type VerificationView = Static<typeof VerificationView>;

export const ListVerificationsResponse = answer(
  'ListVerificationsResponse',
  { verifications: listOf(VerificationSummary, 'Newest first.') },
  'The verifications of a run.',
);
export type ListVerificationsResponse = Static<typeof ListVerificationsResponse>;

export const RepairRequest = request(
  'RepairRequest',
  {
    remove_extra: Type.Optional(
      flag('true: rows that only the destination has are removed; false when absent: they stay.'),
    ),
  },
  'How to set right what differs.',
);
export type RepairRequest = Static<typeof RepairRequest>;
