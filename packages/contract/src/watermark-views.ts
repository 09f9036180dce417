import Type, { type Static } from 'typebox';
import { WindowBound } from './run-views.ts';
import { answer, flag, orNull, request, text, textOrNull } from './wire-types.ts';

// How far an incremental job has come. Members are in snake_case throughout; times are Unix milliseconds.

/** Characters of a bound. */
export const watermarkCharsMax = 1_024;

export const Watermark = answer(
  'Watermark',
  {
    column: text('The column by which the job reads; empty: the job is not incremental.'),
    bound: orNull(WindowBound, 'Up to here all is done; null: the next run begins where the job says.'),
    run_id: textOrNull('Id of the run that came so far; null: somebody set it, or there is none.'),
    updated_by: textOrNull('Who started that run, or set it; null: there is none.'),
    updated_at: orNull(Type.Integer({ format: 'int64' }), 'Unix milliseconds; null: there is none.'),
  },
  'How far an incremental job has come.',
);
export type Watermark = Static<typeof Watermark>;

export const PutWatermarkRequest = request(
  'PutWatermarkRequest',
  {
    value: text('The value up to which all is done, as the source writes it.', {
      minLength: 1,
      maxLength: watermarkCharsMax,
    }),
    is_included: Type.Optional(flag('Whether rows with this value are done too.', { default: true })),
  },
  'Where the next run of an incremental job begins.',
);
export type PutWatermarkRequest = Static<typeof PutWatermarkRequest>;

export const ResetWatermarkResponse = answer(
  'ResetWatermarkResponse',
  {},
  'The next run begins where the job says.',
);
export type ResetWatermarkResponse = Static<typeof ResetWatermarkResponse>;
