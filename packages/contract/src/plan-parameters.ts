import { planPageSizes, planTablesMax } from './plan-views.ts';
import { int32 } from './wire-types.ts';

/** Parameters of our own API on plans. */
export const planParameters = {
  PlanPageNo: {
    name: 'page_no',
    in: 'query',
    isRequired: false,
    description: 'Page of the slices, or of the tables of an entire-database job; the first is 1.',
    schema: int32('', { minimum: 1, default: 1 }),
    example: 1,
  },
  PlanPageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description: `Slices or tables on a page; values outside the bounds are brought back to them. A page of tables has ${planTablesMax} at most.`,
    schema: int32('', {
      minimum: planPageSizes.min,
      maximum: planPageSizes.max,
      default: planPageSizes.default,
    }),
    example: 100,
  },
} as const;
