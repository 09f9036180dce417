import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { readConfigValues, type WireConfigValues, writeConfigValues } from '../../jobs/config-values.ts';
import type { JobDraft, JobView } from '../../jobs/job-service.ts';
import { groupOf, type JobType, type RunRecord } from '../../store/model.ts';
import { type Document, onlyDocument, requiredText, textMember } from './documents.ts';
import { externalIdOf, int32, statusOf } from './submission.ts';

/** A job in an answer. Members of its last run are absent until there is one; counts until it succeeded. */
export interface WireJob {
  readonly name: string;
  readonly id: number;
  readonly job_type: JobType;
  readonly 'from-connector-name': string;
  readonly 'from-link-name': string;
  readonly 'from-config-values': WireConfigValues;
  readonly 'to-connector-name': string;
  readonly 'to-link-name': string;
  readonly 'to-config-values': WireConfigValues;
  readonly 'driver-config-values': WireConfigValues;
  readonly 'creation-user': string;
  readonly 'creation-date': number;
  readonly 'update-user': string;
  readonly 'update-date': number;
  readonly enabled: boolean;
  readonly group_name: string;
  readonly is_incre_job: boolean;
  readonly is_incrementing: boolean;
  readonly is_use_sql: boolean;
  readonly status: JobStatus;
  readonly external_id?: string;
  readonly execute_create_date?: number;
  readonly execute_start_date?: number;
  readonly execute_update_date?: number;
  readonly rows_read?: number;
  readonly rows_written?: number;
  readonly write_rows?: number;
  readonly update_rows?: number;
  readonly delete_rows?: number;
}

/** The words of the job object are fewer than those of the run object. */
export type JobStatus = 'NEW' | 'BOOTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** @returns the status of the last run in the job object's words; `NEW` when there was none. */
export function jobStatusOf(run: RunRecord | null): JobStatus {
  const status = statusOf(run?.state ?? null);
  switch (status) {
    case 'NEVER_EXECUTED':
      return 'NEW';
    case 'FAILURE_ON_SUBMIT':
      return 'FAILED';
    case 'UNKNOWN':
      // An outside engine holds it and has not ended it.
      return 'RUNNING';
    default:
      return status;
  }
}

const jobTypes: readonly JobType[] = ['NORMAL_JOB', 'BATCH_JOB', 'SCENARIO_JOB'];

/** @throws Cdm.0055 when there is no such type. */
export function jobTypeOf(text: string): JobType {
  const found = jobTypes.find((type) => type === text.trim().toUpperCase());
  if (found !== undefined) return found;
  throw new SluiceError('Cdm.0055', {
    type: text,
    ...explained({
      en: `"${text}" is none of ${jobTypes.join(', ')}.`,
      zh: `“${text}”不属于 ${jobTypes.join('、')}。`,
    }),
  });
}

/** Reads the body of job create and update calls. @throws Cdm.0018, Cdm.0238, Cdm.0004, Cdm.0055 for its shape. */
export function readJob(body: unknown): JobDraft {
  return readJobDocument(onlyDocument(body, 'jobs'));
}

/** Reads one job. @throws as `readJob`. */
export function readJobDocument(job: Document): JobDraft {
  return {
    name: requiredText(job, 'name'),
    type: jobTypeOf(textMember(job, 'job_type') ?? 'NORMAL_JOB'),
    fromConnector: textMember(job, 'from-connector-name'),
    fromLink: requiredText(job, 'from-link-name'),
    toConnector: textMember(job, 'to-connector-name'),
    toLink: requiredText(job, 'to-link-name'),
    from: readConfigValues(job['from-config-values'], 'from-config-values'),
    to: readConfigValues(job['to-config-values'], 'to-config-values'),
    driver: readConfigValues(job['driver-config-values'], 'driver-config-values'),
  };
}

export function writeJob({ job, run }: JobView): WireJob {
  return {
    name: job.name,
    id: int32(job.id),
    job_type: job.type,
    'from-connector-name': job.fromConnector,
    'from-link-name': job.fromLink,
    'from-config-values': writeConfigValues(job.fromOptions, ['fromJobConfig'], job.fromConnector),
    'to-connector-name': job.toConnector,
    'to-link-name': job.toLink,
    'to-config-values': writeConfigValues(job.toOptions, ['toJobConfig'], job.toConnector),
    'driver-config-values': writeConfigValues(job.driverOptions, ['throttlingConfig'], null),
    'creation-user': job.createdBy,
    'creation-date': job.createdAt,
    'update-user': job.updatedBy,
    'update-date': job.updatedAt,
    enabled: true,
    group_name: groupOf(job.driverOptions),
    is_incre_job: false,
    is_incrementing: false,
    is_use_sql: job.fromOptions['fromJobConfig.useSql'] === 'true',
    status: jobStatusOf(run),
    ...(run === null ? {} : lastRunMembers(run)),
  };
}

function lastRunMembers(run: RunRecord): Partial<WireJob> {
  const counts =
    run.state === 'succeeded'
      ? {
          rows_read: run.counts.rowsRead,
          // 32 bits wide for typed clients, although rows_read beside it has 64.
          rows_written: int32(run.counts.rowsWritten),
          write_rows: int32(run.counts.rowsWritten),
          update_rows: 0,
          delete_rows: 0,
        }
      : {};
  return {
    external_id: externalIdOf(run),
    execute_create_date: run.createdAt,
    execute_start_date: run.startedAt ?? run.createdAt,
    execute_update_date: run.updatedAt,
    ...counts,
  };
}
