import Type, { type TSchema } from 'typebox';
import { auditResults } from './audit-views.ts';
import { groupParameters } from './group-parameters.ts';
import { jobTypes } from './jobs.ts';
import { linkParameters } from './link-parameters.ts';
import { planParameters } from './plan-parameters.ts';
import { rejectParameters } from './reject-parameters.ts';
import { int32, int64, oneOfTexts, text } from './wire-types.ts';

/** One path, query or header parameter. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly isRequired: boolean;
  /** One sentence, English. */
  readonly description: string;
  readonly schema: TSchema;
  readonly example: string | number;
}

/** What stands in place of a link or job name when all of them are meant; so nothing may bear this name. */
export const allNames = 'all';

/** Page sizes of the job list: what is outside is brought back to the nearer bound, never refused. */
export const jobPageSizeMin = 10;
export const jobPageSizeMax = 100;

/** Page sizes of the lists of runs. */
export const runsPageSizes = { min: 1, max: 100, default: 10 } as const;

/** Lines that can be asked for from the end of a log. */
export const logTailLines = { min: 1, max: 1_000, default: 100 } as const;

/** Page sizes of the audit trail. */
export const auditPageSizes = { min: 1, max: 1_000, default: 100 } as const;

export const parameters = {
  ProjectId: {
    name: 'project_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the project; the caller must belong to it.',
    schema: Type.String(),
    example: '0f3c9a64d1b84c0f9c1b7ae0c5d2e871',
  },
  ClusterId: {
    name: 'cluster_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the cluster. The word job is no id: /clusters/job is an operation of its own.',
    schema: Type.String({ not: { const: 'job' } }),
    example: '2b1c7c0e-2f6a-4a53-9e5d-0a1f5f6c9d11',
  },
  LinkName: {
    name: 'link_name',
    in: 'path',
    isRequired: true,
    description: 'Name of the link. When reading, all stands for every link of the cluster.',
    schema: text(),
    example: 'orders_mysql',
  },
  JobName: {
    name: 'job_name',
    in: 'path',
    isRequired: true,
    description: 'Name of the job. When reading, all stands for every job of the cluster.',
    schema: text(),
    example: 'orders_to_warehouse',
  },
  /** The same in our own API, where no name stands for all. */
  RunJobName: {
    name: 'job_name',
    in: 'path',
    isRequired: true,
    description: 'Name of the job.',
    schema: text(),
    example: 'orders_to_warehouse',
  },
  RunId: {
    name: 'run_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the run, as the list of runs gives it.',
    schema: text(),
    example: '5d0f6f1e-6f0b-4a0e-9a5e-0d4b8f1f7c55',
  },
  VerificationId: {
    name: 'verification_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the verification, as the list of verifications gives it.',
    schema: text(),
    example: '9c1b7ae0-6f0b-4a0e-9a5e-0d4b8f1f7c55',
  },
  RunsPageNo: {
    name: 'page_no',
    in: 'query',
    isRequired: false,
    description: 'Page of the list, the first is 1.',
    schema: int32('', { minimum: 1, default: 1 }),
    example: 1,
  },
  RunsPageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description: 'Runs on a page; values outside the bounds are brought back to them.',
    schema: int32('', {
      minimum: runsPageSizes.min,
      maximum: runsPageSizes.max,
      default: runsPageSizes.default,
    }),
    example: 10,
  },
  OperationId: {
    name: 'operation_id',
    in: 'path',
    isRequired: true,
    description: 'Id of an operation of the CDM API, as its description names it.',
    schema: text(),
    example: 'CreateLink',
  },
  ManagedProject: {
    name: 'project',
    in: 'path',
    isRequired: true,
    description: 'Id of the project that is to be changed.',
    schema: text(),
    example: '0f3c9a64d1b84c0f9c1b7ae0c5d2e871',
  },
  LogOffset: {
    name: 'offset',
    in: 'query',
    isRequired: false,
    description: 'Where to go on, as next_offset of the answer before has it; 0 when absent.',
    schema: int64('', { minimum: 0, default: 0 }),
    example: 0,
  },
  LogTail: {
    name: 'tail',
    in: 'query',
    isRequired: false,
    description: 'Only the last lines, so many; offset does not count then.',
    schema: int32('', { minimum: logTailLines.min, maximum: logTailLines.max }),
    example: 100,
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    isRequired: false,
    description: 'Id of the last event that was received: goes on behind it.',
    schema: text(),
    example: '1f6c0a2b.4096',
  },
  AuditFrom: {
    name: 'from',
    in: 'query',
    isRequired: false,
    description: 'Only events from this time on. Unix milliseconds.',
    schema: int64(),
    example: 1_767_225_600_000,
  },
  AuditTo: {
    name: 'to',
    in: 'query',
    isRequired: false,
    description: 'Only events before this time. Unix milliseconds.',
    schema: int64(),
    example: 1_767_312_000_000,
  },
  AuditUser: {
    name: 'user',
    in: 'query',
    isRequired: false,
    description: 'Only events of the user with this name.',
    schema: text(),
    example: 'admin',
  },
  AuditEvent: {
    name: 'event',
    in: 'query',
    isRequired: false,
    description: 'Only events with this name.',
    schema: text(),
    example: 'createLink',
  },
  AuditResource: {
    name: 'resource',
    in: 'query',
    isRequired: false,
    description: 'Only events whose resource has this name or id.',
    schema: text(),
    example: 'orders_mysql',
  },
  AuditResult: {
    name: 'result',
    in: 'query',
    isRequired: false,
    description: 'Only events that ended so.',
    schema: oneOfTexts(auditResults),
    example: 'failure',
  },
  AuditPageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description: 'Events on a page; values outside the bounds are brought back to them.',
    schema: int32('', {
      minimum: auditPageSizes.min,
      maximum: auditPageSizes.max,
      default: auditPageSizes.default,
    }),
    example: 100,
  },
  UserId: {
    name: 'user_id',
    in: 'path',
    isRequired: true,
    description: 'Id of the user, as the list of users gives it.',
    schema: text(),
    example: '7be0c5d2e8710f3c9a64d1b84c0f9c1b',
  },
  RoleScope: {
    name: 'role_scope',
    in: 'path',
    isRequired: true,
    description:
      'Id of the project where the role counts; all: every project of the account, later ones included.',
    schema: text(),
    example: 'all',
  },
  Ak: {
    name: 'ak',
    in: 'path',
    isRequired: true,
    description: 'The access key (AK).',
    schema: text(),
    example: 'AKEXAMPLE01234567890',
  },
  InstanceId: {
    name: 'instance_id',
    in: 'path',
    isRequired: true,
    description: "Id of a cluster's node, as the cluster answers give it.",
    schema: text(),
    example: '7d1f2a66-5b0e-4f0c-8a39-3f8f0a1d2c34',
  },
  DatastoreId: {
    name: 'datastore_id',
    in: 'path',
    isRequired: true,
    description: 'Id of a datastore, as the datastore list gives it.',
    schema: text(),
    example: '5c0d1b0a-9a53-4b59-8e1c-61a2c4a3d0f7',
  },
  FlavorId: {
    name: 'flavor_id',
    in: 'path',
    isRequired: true,
    description: 'Id of a flavor (str_id in the flavor list).',
    schema: text(),
    example: '9a6f7b2d-0c1e-4d8f-b3a5-1e2d3c4b5a69',
  },
  RegionId: {
    name: 'region_id',
    in: 'path',
    isRequired: true,
    description: 'Name of the region.',
    schema: text(),
    example: 'region-1',
  },
  XLanguage: {
    name: 'X-Language',
    in: 'header',
    isRequired: false,
    description:
      'Language of texts in the answer: en-us or zh-cn, with a hyphen or an underscore. English when absent.',
    schema: text(),
    example: 'en-us',
  },
  Validate: {
    name: 'validate',
    in: 'query',
    isRequired: false,
    description: 'With the text true the link is checked and not stored.',
    schema: oneOfTexts(['true', 'false'], '', { default: 'false' }),
    example: 'true',
  },
  Filter: {
    name: 'filter',
    in: 'query',
    isRequired: false,
    description: 'Lists only jobs whose name contains this text. Counts only with job_name all.',
    schema: text(),
    example: 'orders',
  },
  PageNo: {
    name: 'page_no',
    in: 'query',
    isRequired: false,
    description: 'Page of the list, the first is 1. Counts only with job_name all.',
    schema: int32('', { minimum: 1, default: 1 }),
    example: 1,
  },
  PageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description:
      'Jobs on a page; values outside the bounds are brought back to them. Counts only with job_name all.',
    schema: int32('', { minimum: jobPageSizeMin, maximum: jobPageSizeMax, default: jobPageSizeMin }),
    example: 10,
  },
  JobType: {
    name: 'jobType',
    in: 'query',
    isRequired: false,
    description: 'Kind of jobs to list. Without it only NORMAL_JOB is listed. Counts only with job_name all.',
    schema: oneOfTexts(jobTypes, '', { default: 'NORMAL_JOB' }),
    example: 'NORMAL_JOB',
  },
  Jname: {
    name: 'jname',
    in: 'query',
    isRequired: true,
    description: 'Name of the job whose runs are listed.',
    schema: text(),
    example: 'orders_to_warehouse',
  },
  ...linkParameters,
  ...groupParameters,
  ...planParameters,
  ...rejectParameters,
} as const satisfies Readonly<Record<string, Parameter>>;

export type ParameterId = keyof typeof parameters;
