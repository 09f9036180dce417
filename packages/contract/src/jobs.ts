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

export const JobIn = request('JobIn', {
  name: text('', { minLength: 1, maxLength: 240 }),
  job_type: Type.Optional(oneOfTexts(jobTypes)),
  'from-connector-name': ConnectorName,
  'from-link-name': Type.Optional(text()),
  'from-config-values': ConfigValuesIn,
  'to-connector-name': Type.Optional(ConnectorName),
  'to-link-name': text(),
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
});
export type JobIn = Static<typeof JobIn>;

export const JobOut = answer('JobOut', {
  name: text('', { minLength: 1, maxLength: 240 }),
  job_type: oneOfTexts(jobTypes),
  'from-connector-name': ConnectorName,
  'from-link-name': text(),
  'from-config-values': ConfigValuesOut,
  'to-connector-name': ConnectorName,
  'to-link-name': text(),
  'to-config-values': ConfigValuesOut,
  'driver-config-values': ConfigValuesOut,
  'creation-user': Type.Optional(text()),
  'creation-date': Type.Optional(timestamp('When.')),
  'update-user': Type.Optional(text()),
  'update-date': Type.Optional(timestamp('When.')),
  id: Type.Optional(int32()),
  external_id: Type.Optional(text()),
  type: Type.Optional(text()),
  flag: Type.Optional(int32()),
  enabled: Type.Optional(flag()),
  group_name: Type.Optional(text()),
  is_incre_job: Type.Optional(flag()),
  is_incrementing: Type.Optional(flag()),
  is_use_sql: Type.Optional(flag()),
  status: oneOfTexts(jobStatuses),
  execute_create_date: Type.Optional(timestamp('When.')),
  execute_start_date: Type.Optional(timestamp('When.')),
  execute_update_date: Type.Optional(timestamp('When.')),
  bytes_read: Type.Optional(int64()),
  bytes_written: Type.Optional(int64()),
  rows_read: Type.Optional(int64()),
  rows_written: Type.Optional(int32()),
  write_rows: Type.Optional(int32()),
  update_rows: Type.Optional(int32()),
  delete_rows: Type.Optional(int32()),
  files_read: Type.Optional(int32()),
  files_written: Type.Optional(int32()),
});
export type JobOut = Static<typeof JobOut>;

export const JobsRequest = request('JobsRequest', {
  jobs: listOf(JobIn, '', { minItems: 1 }),
});
export type JobsRequest = Static<typeof JobsRequest>;

export const RandomJobRequest = request('RandomJobRequest', {
  jobs: listOf(JobIn, '', { minItems: 1 }),
  clusters: listOf(text(), '', { minItems: 1 }),
});
export type RandomJobRequest = Static<typeof RandomJobRequest>;

export const CreateJobResponse = answer('CreateJobResponse', {
  name: text(),
  'validation-result': Type.Optional(listOf(ValidationMessage)),
});
export type CreateJobResponse = Static<typeof CreateJobResponse>;

export const UpdateJobResponse = answer('UpdateJobResponse', {
  'validation-result': listOf(ValidationMessage),
});
export type UpdateJobResponse = Static<typeof UpdateJobResponse>;

export const StopJobResponse = answer('StopJobResponse', {
  'validation-result': Type.Optional(listOf(ValidationMessage)),
});
export type StopJobResponse = Static<typeof StopJobResponse>;

export const StartJobRequest = request('StartJobRequest', {
  variables: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
      description: '',
    }),
  ),
});
export type StartJobRequest = Static<typeof StartJobRequest>;

export const ShowJobsResponse = answer('ShowJobsResponse', {
  total: int32(),
  jobs: listOf(JobOut),
  page_no: Type.Optional(int32()),
  page_size: Type.Optional(int32()),
  simple: Type.Optional(flag()),
});
export type ShowJobsResponse = Static<typeof ShowJobsResponse>;
