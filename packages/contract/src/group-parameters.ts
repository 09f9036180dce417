import { tablesPageSizes } from './batch-views.ts';
import { jobTypes } from './jobs.ts';
import { int32, int64, oneOfTexts, text } from './wire-types.ts';

/** Parameters of our own API on groups of jobs, lists of jobs, variables and history. */
export const groupParameters = {
  GroupName: {
    name: 'group_name',
    in: 'path',
    isRequired: true,
    description: 'Name of the group of jobs.',
    schema: text(),
    example: 'DEFAULT',
  },
  VariableName: {
    name: 'variable_name',
    in: 'path',
    isRequired: true,
    description: 'Name of the variable.',
    schema: text(),
    example: 'region',
  },
  GroupFilter: {
    name: 'group',
    in: 'query',
    isRequired: false,
    description: 'Lists only jobs of this group.',
    schema: text(),
    example: 'DEFAULT',
  },
  TypeFilter: {
    name: 'type',
    in: 'query',
    isRequired: false,
    description: 'Lists only jobs of this type.',
    schema: oneOfTexts(jobTypes),
    example: 'NORMAL_JOB',
  },
  JobNameFilter: {
    name: 'job_name',
    in: 'query',
    isRequired: false,
    description: 'Lists only runs of the job with exactly this name, also of one that is gone.',
    schema: text(),
    example: 'orders_to_warehouse',
  },
  StateFilter: {
    name: 'state',
    in: 'query',
    isRequired: false,
    description: 'Lists only runs in one of these states, joined by commas.',
    schema: text(),
    example: 'failed,stopped',
  },
  TableStatesFilter: {
    name: 'state',
    in: 'query',
    isRequired: false,
    description: 'Lists only tables in one of these states, joined by commas.',
    schema: text(),
    example: 'failed,pending',
  },
  TablesPageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description: 'Tables on a page; values outside the bounds are brought back to them.',
    schema: int32('', {
      minimum: tablesPageSizes.min,
      maximum: tablesPageSizes.max,
      default: tablesPageSizes.default,
    }),
    example: 100,
  },
  FromTime: {
    name: 'from',
    in: 'query',
    isRequired: false,
    description: 'Lists only runs that were accepted at this time or later, in Unix milliseconds.',
    schema: int64('', { minimum: 0 }),
    example: 1_760_000_000_000,
  },
  UntilTime: {
    name: 'until',
    in: 'query',
    isRequired: false,
    description: 'Lists only runs that were accepted before this time, in Unix milliseconds.',
    schema: int64('', { minimum: 0 }),
    example: 1_770_000_000_000,
  },
  Before: {
    name: 'before',
    in: 'query',
    isRequired: false,
    description: 'Lists only runs with a smaller submission number: next_before of the page before.',
    schema: int32('', { minimum: 1 }),
    example: 120,
  },
} as const;
