import { fromCountColumns, fromJson, fromJsonOrNull, toCountColumns, toFlag } from './columns.ts';
import type { RunRecord, RunState } from './model.ts';
import type { RunRow } from './schema.ts';

/** A run as the table has it. */
export function rowOf(run: RunRecord): RunRow {
  return {
    id: run.id,
    project_id: run.projectId,
    cluster_id: run.clusterId,
    job_id: run.jobId,
    job_name: run.jobName,
    submission_id: run.submissionId,
    state: run.state,
    job: JSON.stringify(run.job),
    variables: JSON.stringify(run.variables),
    is_auto: toFlag(run.isAuto),
    is_delete_job: toFlag(run.isDeleteJob),
    created_by: run.createdBy,
    created_at: run.createdAt,
    started_at: run.startedAt,
    updated_at: run.updatedAt,
    updated_by: run.updatedBy,
    ended_at: run.endedAt,
    stop_requested_by: run.stopRequestedBy,
    plan: run.plan === null ? null : JSON.stringify(run.plan),
    is_prepared: toFlag(run.isPrepared),
    failure: run.failure === null ? null : JSON.stringify(run.failure),
    lease_owner: run.leaseOwner,
    lease_until: run.leaseUntil,
    fence: run.fence,
    resumes_run_id: run.resumesRunId,
    attempt: run.attempt,
    not_before: run.notBefore,
    clock_at: run.clockAt,
    resolved: run.resolved === null ? null : JSON.stringify(run.resolved),
    parent_run_id: run.parentRunId,
    batch: run.batch === null ? null : JSON.stringify(run.batch),
    ...toCountColumns(run.counts),
  };
}

/** A row of the table as a run. */
export function runOf(row: RunRow): RunRecord {
  return {
    id: row.id,
    projectId: row.project_id,
    clusterId: row.cluster_id,
    jobId: row.job_id,
    jobName: row.job_name,
    submissionId: row.submission_id,
    state: row.state as RunState,
    job: fromJson(row.job),
    variables: fromJson(row.variables),
    isAuto: row.is_auto === 1,
    isDeleteJob: row.is_delete_job === 1,
    createdBy: row.created_by,
    createdAt: row.created_at,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    endedAt: row.ended_at,
    stopRequestedBy: row.stop_requested_by,
    plan: fromJsonOrNull(row.plan),
    isPrepared: row.is_prepared === 1,
    counts: fromCountColumns(row),
    failure: fromJsonOrNull(row.failure),
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    fence: row.fence,
    resumesRunId: row.resumes_run_id,
    attempt: row.attempt,
    notBefore: row.not_before,
    clockAt: row.clock_at,
    resolved: fromJsonOrNull(row.resolved),
    parentRunId: row.parent_run_id,
    batch: fromJsonOrNull(row.batch),
  };
}
