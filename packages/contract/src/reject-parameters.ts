import { rejectStates, rejectsPageSizes } from './reject-views.ts';
import { int32, oneOfTexts, text } from './wire-types.ts';

/** Parameters of our own API on rows that runs set aside. */
export const rejectParameters = {
  RejectId: {
    name: 'reject_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the row, from the list.',
    schema: text(),
    example: '0.1.a0b1c2d3e4f5.17',
  },
  ReplayId: {
    name: 'replay_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the replay.',
    schema: text(),
    example: '5f0c7a52-6f0d-4b4e-9d57-3a1a5f2f8a11',
  },
  RejectSlice: {
    name: 'slice',
    in: 'query',
    isRequired: false,
    description: 'Lists only rows of this slice.',
    schema: int32('', { minimum: 0 }),
    example: 0,
  },
  RejectState: {
    name: 'state',
    in: 'query',
    isRequired: false,
    description: 'Lists only rows in this state.',
    schema: oneOfTexts(rejectStates),
    example: 'open',
  },
  RejectsPageNo: {
    name: 'page_no',
    in: 'query',
    isRequired: false,
    description: 'Page of the list, the first is 1.',
    schema: int32('', { minimum: 1, default: 1 }),
    example: 1,
  },
  RejectsPageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description: 'Rows on a page; values outside the bounds are brought back to them.',
    schema: int32('', {
      minimum: rejectsPageSizes.min,
      maximum: rejectsPageSizes.max,
      default: rejectsPageSizes.default,
    }),
    example: 50,
  },
} as const;
