import Type, { type Static } from 'typebox';
import { ConfigValuesIn, ConfigValuesOut, ConnectorName } from './config-values.ts';
import { ValidationMessage } from './links.ts';
import {
  answer,
  flag,
  int32,
  int64,
  listOf,
  notLookedAt,
  oneOfTexts,
  request,
  text,
  timestamp,
} from './wire-types.ts';

/** Table or file, whole database, and a kind kept for old clients. */
export const jobTypes = ['NORMAL_JOB', 'BATCH_JOB', 'SCENARIO_JOB'] as const;

/** State of a job's last run, as the job itself shows it: a job without a run is NEW here. */
export const jobStatuses = ['NEW', 'BOOTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const JobIn = request(
  'JobIn',
  {
    name: text('Name of the job.', { minLength: 1, maxLength: 240 }),
    job_type: Type.Optional(
      oneOfTexts(jobTypes, 'NORMAL_JOB copies a table or files, BATCH_JOB a whole database.'),
    ),
    'from-connector-name': ConnectorName,
    'from-link-name': Type.Optional(text('Link to read from.')),
    'from-config-values': ConfigValuesIn,
    'to-connector-name': Type.Optional(ConnectorName),
    'to-link-name': text('Link to write to.'),
    'to-config-values': ConfigValuesIn,
    'driver-config-values': Type.Optional(ConfigValuesIn),
    'creation-user': notLookedAt(),
    'creation-date': notLookedAt(),
    'update-user': notLookedAt(),
    'update-date': notLookedAt(),
    id: notLookedAt(),
    external_id: notLookedAt(),
    type: notLookedAt(),
    flag: notLookedAt(),
    enabled: notLookedAt(),
    group_name: notLookedAt(),
    is_incre_job: notLookedAt(),
    is_incrementing: notLookedAt(),
    is_use_sql: notLookedAt(),
    status: notLookedAt(),
    execute_create_date: notLookedAt(),
    execute_start_date: notLookedAt(),
    execute_update_date: notLookedAt(),
    bytes_read: notLookedAt(),
    bytes_written: notLookedAt(),
    rows_read: notLookedAt(),
    rows_written: notLookedAt(),
    write_rows: notLookedAt(),
    update_rows: notLookedAt(),
    delete_rows: notLookedAt(),
    files_read: notLookedAt(),
    files_written: notLookedAt(),
  },
  'A job as sent.',
);
export type JobIn = Static<typeof JobIn>;

export const JobOut = answer(
  'JobOut',
  {
    name: text('Name of the job.', { minLength: 1, maxLength: 240 }),
    job_type: oneOfTexts(jobTypes, 'NORMAL_JOB copies a table or files, BATCH_JOB a whole database.'),
    'from-connector-name': ConnectorName,
    'from-link-name': text('Link to read from.'),
    'from-config-values': ConfigValuesOut,
    'to-connector-name': ConnectorName,
    'to-link-name': text('Link to write to.'),
    'to-config-values': ConfigValuesOut,
    'driver-config-values': ConfigValuesOut,
    'creation-user': Type.Optional(text('Who made it.')),
    'creation-date': Type.Optional(timestamp('Made at this time.')),
    'update-user': Type.Optional(text('Who last changed it.')),
    'update-date': Type.Optional(timestamp('Last changed at this time.')),
    id: Type.Optional(int32('Number of the job.')),
    external_id: Type.Optional(text('Id of the last run in the engine.')),
    type: Type.Optional(text('Kind of task.')),
    flag: Type.Optional(int32('A mark; 1 when the job has a schedule.')),
    enabled: Type.Optional(flag('Whether it may be used.')),
    group_name: Type.Optional(text('Group of the job.')),
    is_incre_job: Type.Optional(flag('Whether it reads only what is new.')),
    is_incrementing: Type.Optional(flag('Whether it is reading what is new at present.')),
    is_use_sql: Type.Optional(flag('Whether it reads by an SQL statement of its own.')),
    status: oneOfTexts(jobStatuses, 'State of the last run; NEW without one.'),
    execute_create_date: Type.Optional(timestamp('The last run was accepted at this time.')),
    execute_start_date: Type.Optional(timestamp('The last run began at this time.')),
    execute_update_date: Type.Optional(timestamp('The last run was last changed at this time.')),
    bytes_read: Type.Optional(int64('Bytes read by the last run.')),
    bytes_written: Type.Optional(int64('Bytes written by the last run.')),
    rows_read: Type.Optional(int64('Rows read by the last run.')),
    rows_written: Type.Optional(
      int32('Rows written by the last run; what exceeds 32 bits shows as 2147483647.'),
    ),
    write_rows: Type.Optional(int32('Rows inserted; what exceeds 32 bits shows as 2147483647.')),
    update_rows: Type.Optional(int32('Rows updated; what exceeds 32 bits shows as 2147483647.')),
    delete_rows: Type.Optional(int32('Rows deleted; what exceeds 32 bits shows as 2147483647.')),
    files_read: Type.Optional(int32('Files read by the last run.')),
    files_written: Type.Optional(int32('Files written by the last run.')),
  },
  'A job as shown, with the figures of its last run.',
);
export type JobOut = Static<typeof JobOut>;

export const JobsRequest = request(
  'JobsRequest',
  {
    jobs: listOf(JobIn, 'The job; one in a call.', { minItems: 1 }),
  },
  'A job to make or to change.',
);
export type JobsRequest = Static<typeof JobsRequest>;

export const RandomJobRequest = request(
  'RandomJobRequest',
  {
    jobs: listOf(JobIn, 'The job; one in a call.', { minItems: 1 }),
    clusters: listOf(text(), 'Ids of the clusters to choose from; those in state 200 come into question.', {
      minItems: 1,
    }),
  },
  'A job to make and start in one of several clusters.',
);
export type RandomJobRequest = Static<typeof RandomJobRequest>;

export const CreateJobResponse = answer(
  'CreateJobResponse',
  {
    name: text('Name of the new job.'),
    'validation-result': Type.Optional(listOf(ValidationMessage, 'Empty when nothing was found.')),
  },
  'The new job.',
);
export type CreateJobResponse = Static<typeof CreateJobResponse>;

export const UpdateJobResponse = answer(
  'UpdateJobResponse',
  {
    'validation-result': listOf(ValidationMessage, 'Empty when nothing was found.'),
  },
  'The job was changed.',
);
export type UpdateJobResponse = Static<typeof UpdateJobResponse>;

export const StopJobResponse = answer(
  'StopJobResponse',
  {
    'validation-result': Type.Optional(listOf(ValidationMessage, 'Empty when the stop was taken on.')),
  },
  'The stop was taken on.',
);
export type StopJobResponse = Static<typeof StopJobResponse>;

export const StartJobRequest = request(
  'StartJobRequest',
  {
    variables: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description: 'Values for the variables in the settings of the job, by name.',
      }),
    ),
  },
  'May be absent.',
);
export type StartJobRequest = Static<typeof StartJobRequest>;

export const ShowJobsResponse = answer(
  'ShowJobsResponse',
  {
    total: int32('Jobs on all pages together; 0 when one job was named.'),
    jobs: listOf(JobOut, 'The jobs of this page, or the one that was named.'),
    page_no: Type.Optional(int32('This page; the first is 1.')),
    page_size: Type.Optional(int32('Entries on a page.')),
    simple: Type.Optional(flag('Whether the list is in short form.')),
  },
  'One job or a page of jobs.',
);
export type ShowJobsResponse = Static<typeof ShowJobsResponse>;
