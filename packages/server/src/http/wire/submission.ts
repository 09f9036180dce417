import type { Language } from '@sluice/core/data/text';
import type { JobRecord, RunRecord, RunState } from '../../store/model.ts';

/**
 * The run object of the API. Its 21 members and their presence follow the published rules to the letter,
 * because clients end their waiting on them:
 *
 * | run state             | status            | progress | counters | error texts |
 * |-----------------------|-------------------|----------|----------|-------------|
 * | none                  | NEVER_EXECUTED    | 0        | -        | -           |
 * | queued, planning      | BOOTING           | 0 to 1   | -        | -           |
 * | running, finishing    | RUNNING           | 1 to 99  | -        | -           |
 * | succeeded             | SUCCEEDED         | 100      | yes      | -           |
 * | failed, stopped       | FAILED            | -1       | -        | yes         |
 * | rejected              | FAILURE_ON_SUBMIT | -1       | -        | -           |
 * | unknown               | UNKNOWN           | 0 to 100 | -        | -           |
 *
 * PENDING occurs in one old sample and breaks pollers: it is never sent. A stopped run has no status of its own,
 * and pollers end on SUCCEEDED and FAILED only, so it reads FAILED and its summary says who stopped it.
 */
export interface Submission extends StartedSubmission {
  readonly 'external-id': string;
  readonly counters?: { readonly [group in typeof counterGroup]: Counters };
  readonly 'error-summary'?: string;
  readonly 'error-details'?: string;
}

/** What a start call answers: the run object without engine id, counters and error texts. */
export interface StartedSubmission {
  readonly 'job-name': string;
  readonly status: SubmissionStatus;
  /** Percent; -1 after a failure. */
  readonly progress: number;
  readonly 'submission-id': number;
  readonly 'creation-user': string;
  readonly 'creation-date': number;
  readonly 'execute-date': number;
  readonly 'last-update-date': number;
  /** The same value under both spellings: clients of either kind are in use. */
  readonly 'last-update-user': string;
  readonly 'last-udpate-user': string;
  readonly 'is-execute-auto': boolean;
  readonly isIncrementing: boolean;
  /** Text by declaration, always empty; a boolean makes typed clients reject the answer. */
  readonly isStopingIncrement: string;
  readonly isDeleteJob: boolean;
  readonly write_rows: number;
  readonly update_rows: number;
  readonly delete_rows: number;
}

export type SubmissionStatus =
  | 'NEVER_EXECUTED'
  | 'BOOTING'
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'FAILURE_ON_SUBMIT'
  | 'UNKNOWN';

const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';

/** -1: does not apply. */
export interface Counters {
  readonly BYTES_WRITTEN: number;
  readonly TOTAL_FILES: number;
  readonly ROWS_READ: number;
  readonly BYTES_READ: number;
  readonly ROWS_WRITTEN: number;
  readonly FILES_WRITTEN: number;
  readonly FILES_READ: number;
  readonly TOTAL_SIZE: number;
  readonly FILES_SKIPPED: number;
  readonly ROWS_WRITTEN_SKIPPED: number;
}

/** Widest value of a member that typed clients read into 32 bits. */
const int32Max = 2_147_483_647;

/** The status that a run's state reads as; null: never run. */
export function statusOf(state: RunState | null): SubmissionStatus {
  switch (state) {
    case null:
      return 'NEVER_EXECUTED';
    case 'queued':
    case 'planning':
      return 'BOOTING';
    case 'running':
    case 'finishing':
      return 'RUNNING';
    case 'succeeded':
      return 'SUCCEEDED';
    case 'failed':
    case 'stopped':
      return 'FAILED';
    case 'rejected':
      return 'FAILURE_ON_SUBMIT';
    case 'unknown':
      return 'UNKNOWN';
  }
}

/**
 * The run object of status and history calls.
 * @param progress percent as the run service knows it; brought into the bounds of the status.
 */
export function submissionOf(run: RunRecord, progress: number, language: Language): Submission {
  return {
    ...startedSubmissionOf(run, progress),
    'external-id': externalIdOf(run),
    ...(run.state === 'succeeded' ? { counters: { [counterGroup]: countersOf(run) } } : {}),
    ...errorTextsOf(run, language),
  };
}

/** The run object of start calls. */
export function startedSubmissionOf(run: RunRecord, progress: number): StartedSubmission {
  const status = statusOf(run.state);
  return {
    'job-name': run.jobName,
    status,
    progress: progressIn(status, progress),
    'submission-id': int32(run.submissionId),
    'creation-user': run.createdBy,
    'creation-date': run.createdAt,
    'execute-date': run.startedAt ?? run.createdAt,
    'last-update-date': run.updatedAt,
    'last-update-user': run.updatedBy,
    'last-udpate-user': run.updatedBy,
    'is-execute-auto': run.isAuto,
    isIncrementing: false,
    isStopingIncrement: '',
    isDeleteJob: run.isDeleteJob,
    write_rows: run.state === 'succeeded' ? int32(run.counts.rowsWritten) : 0,
    update_rows: 0,
    delete_rows: 0,
  };
}

/** The run object of a job that has never run: number 0 and the job's own dates. */
export function neverExecuted(job: JobRecord): Submission {
  return {
    'job-name': job.name,
    status: 'NEVER_EXECUTED',
    progress: 0,
    'submission-id': 0,
    'creation-user': job.createdBy,
    'creation-date': job.createdAt,
    'execute-date': job.createdAt,
    'last-update-date': job.updatedAt,
    'last-update-user': job.updatedBy,
    'last-udpate-user': job.updatedBy,
    'is-execute-auto': false,
    isIncrementing: false,
    isStopingIncrement: '',
    isDeleteJob: isDeletedAfterRun(job),
    write_rows: 0,
    update_rows: 0,
    delete_rows: 0,
    'external-id': '',
  };
}

/** Counters of a finished run between tables: rows apply, files do not, and bytes are not given for tables. */
export function countersOf(run: RunRecord): Counters {
  return {
    BYTES_WRITTEN: -1,
    TOTAL_FILES: -1,
    ROWS_READ: run.counts.rowsRead,
    BYTES_READ: -1,
    ROWS_WRITTEN: run.counts.rowsWritten,
    FILES_WRITTEN: -1,
    FILES_READ: -1,
    TOTAL_SIZE: -1,
    FILES_SKIPPED: -1,
    ROWS_WRITTEN_SKIPPED: run.counts.rowsSkipped,
  };
}

/** Clamps a count to what a 32-bit member holds. */
export function int32(value: number): number {
  return Math.min(int32Max, Math.max(0, Math.trunc(value)));
}

/** `job_local<number>_<sequence>` once the run has started, before that empty. The number stands for the cluster. */
export function externalIdOf(run: RunRecord): string {
  if (run.startedAt === null) return '';
  return `job_local${clusterNumber(run.clusterId)}_${String(run.submissionId).padStart(4, '0')}`;
}

function clusterNumber(clusterId: string): number {
  const digits = clusterId.replace(/[^0-9a-f]/gi, '').slice(0, 8);
  return digits === '' ? 0 : Number.parseInt(digits, 16) % int32Max;
}

function progressIn(status: SubmissionStatus, progress: number): number {
  switch (status) {
    case 'NEVER_EXECUTED':
      return 0;
    case 'BOOTING':
      return clamped(progress, 0, 1);
    case 'RUNNING':
      return clamped(progress, 1, 99);
    case 'SUCCEEDED':
      return 100;
    case 'FAILED':
    case 'FAILURE_ON_SUBMIT':
      return -1;
    case 'UNKNOWN':
      return clamped(progress, 0, 100);
  }
}

function clamped(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : low;
}

function errorTextsOf(
  run: RunRecord,
  language: Language,
): { readonly 'error-summary'?: string; readonly 'error-details'?: string } {
  const { failure } = run;
  if (run.state === 'stopped') {
    // No code in front: nothing went wrong.
    const user = run.stopRequestedBy ?? run.updatedBy;
    const text = language === 'zh' ? `已由 ${user} 停止` : `stopped by ${user}`;
    return {
      'error-summary': failure?.summary[language] ?? text,
      'error-details': failure?.details[language] ?? text,
    };
  }
  if (run.state !== 'failed') return {};
  if (failure === null) {
    const text = language === 'zh' ? '运行失败，原因未记录。' : 'The run failed and left no reason.';
    return { 'error-summary': `Cdm.0000 : ${text}`, 'error-details': `Cdm.0000 : ${text}` };
  }
  return {
    'error-summary': withCode(failure.code, failure.summary[language]),
    'error-details': withCode(failure.code, failure.details[language]),
  };
}

function withCode(code: string, text: string): string {
  return text.startsWith(code) ? text : `${code} : ${text}`;
}

function isDeletedAfterRun(job: JobRecord): boolean {
  const type = job.driverOptions['schedulerConfig.disposableType'];
  return type === 'DELETE' || type === 'DELETE_AFTER_SUCCEED';
}
