import Type, { type Static } from 'typebox';
import {
  answer,
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

// Rows that a run set aside. Members are in snake_case throughout; times are Unix milliseconds.

export const rejectStates = ['open', 'replaying', 'written', 'rolled_back'] as const;
export const rejectStages = ['read', 'write'] as const;
export const replayStates = ['pending', 'done', 'failed'] as const;
/** Rows on a page. */
export const rejectsPageSizes = { min: 1, max: 200, default: 50 };
/** Rows that one call may name. */
export const rejectIdsMax = 5_000;

const cell = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

export const RejectView = answer(
  'Reject',
  {
    id: text('Names the row within its run.'),
    slice: int32('Slice that it was read with.'),
    state: oneOfTexts(
      rejectStates,
      'open: not at the destination; replaying: on its way there; written: a replay wrote it; rolled_back: met in a part of a slice that was never committed, so a run that goes on meets it again.',
    ),
    stage: oneOfTexts(
      rejectStages,
      'read: refused on its way from the source, its values are those of the source columns; write: refused by the destination, its values are those of the destination columns.',
    ),
    reason: part({
      code: text('Error code.'),
      message: text('Why it could not be written.'),
      hint: text('What to do.'),
    }),
    values: listOf(
      cell,
      'By column. Integers of up to 53 bits and floats are numbers, booleans are themselves, binary values are Base64, everything else is text.',
    ),
    cut_values: listOf(int32('From 0.'), 'Columns whose value was too long and was cut off.'),
    created_at: int64('Set aside at this time. Unix milliseconds.'),
    edited_by: textOrNull('Who gave it other values last; null: they are as they were read.'),
    edited_at: orNull(Type.Integer({ format: 'int64' }), 'When. Unix milliseconds.'),
  },
  'A row that was set aside, and why.',
);
export type RejectView = Static<typeof RejectView>;

export const ListRejectsResponse = answer(
  'ListRejectsResponse',
  {
    source_columns: listOf(text(), 'Names of the values of rows that were refused on their way.'),
    destination_columns: listOf(text(), 'Names of the values of rows that the destination refused.'),
    rejects: listOf(RejectView, 'By slice, in the order in which they were met.'),
    total: int32('Rows on record that were asked for.'),
    rows_skipped: int64('Rows that the run set aside, kept or not.', { minimum: 0 }),
    rows_kept_max: int32('As many are kept of one run; more are only counted.'),
    page_no: int32('This page; the first is 1.'),
    page_size: int32('Entries on a page.'),
  },
  'Rows that a run set aside.',
);
export type ListRejectsResponse = Static<typeof ListRejectsResponse>;

export const UpdateRejectRequest = request(
  'UpdateRejectRequest',
  {
    values: listOf(cell, 'New values, one for each column, in the form in which they are listed.'),
  },
  'Other values for a row that was set aside.',
);
export type UpdateRejectRequest = Static<typeof UpdateRejectRequest>;

export const ReplayRejectsRequest = request(
  'ReplayRejectsRequest',
  {
    reject_ids: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        maxItems: rejectIdsMax,
        description:
          'Rows to write; those of them that are open are taken. Absent: all that are open, 5,000 rows or 8 MB at most.',
      }),
    ),
  },
  'Which rows are to be written.',
);
export type ReplayRejectsRequest = Static<typeof ReplayRejectsRequest>;

export const DeleteRejectsResponse = answer(
  'DeleteRejectsResponse',
  { deleted: int32('Rows that were removed; none that is on its way to the destination.') },
  'Rows that are gone.',
);
export type DeleteRejectsResponse = Static<typeof DeleteRejectsResponse>;

export const ReplayView = answer(
  'Replay',
  {
    id: text('Id of the replay.'),
    state: oneOfTexts(
      replayStates,
      'pending: on its way, tried again where an error may pass; done: each row is written or open again; failed: nothing was written.',
    ),
    rows_chosen: int32('Rows that it is to write.'),
    rows_written: int32('Rows that were written.'),
    rows_refused: int32('Rows that the destination refused again, with their new reason.'),
    failure: orNull(
      part({ code: text('Error code.'), summary: text('What went wrong.') }),
      'Why it failed, or was put off; null: it was not.',
    ),
    created_by: text('Who asked for it.'),
    created_at: int64('Unix milliseconds.'),
    ended_at: orNull(Type.Integer({ format: 'int64' }), 'Unix milliseconds; null: not yet.'),
  },
  'An attempt to bring rows that were set aside to the destination of their run.',
);
export type ReplayView = Static<typeof ReplayView>;

export const ListReplaysResponse = answer(
  'ListReplaysResponse',
  { replays: listOf(ReplayView, 'Newest first, 100 at most.') },
  'Replays of the rows of a run.',
);
export type ListReplaysResponse = Static<typeof ListReplaysResponse>;

export const RejectFile = Type.String({
  title: 'RejectFile',
  description:
    'CSV in UTF-8 with a header line: time, slice, reason, state and id of each row, then its values by column.',
});
