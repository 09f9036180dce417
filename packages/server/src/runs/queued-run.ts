import { randomUUID } from 'node:crypto';
import { zeroCounts } from '@sluice/core/data/slice';
import type { RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { StartRequest } from './run-service.ts';

/** A fresh run as it stands in the queue. @param at Unix milliseconds. */
export function queuedRun(request: StartRequest, at: number): Omit<RunRecord, 'submissionId'> {
  const { job, user } = request;
  const disposable = job.driverOptions['schedulerConfig.disposableType'];
  return {
    id: randomUUID(),
    projectId: request.projectId,
    clusterId: job.clusterId,
    jobId: job.id,
    jobName: job.name,
    state: 'queued',
    job,
    variables: request.variables,
    isAuto: request.isAuto,
    isDeleteJob: disposable === 'DELETE' || disposable === 'DELETE_AFTER_SUCCEED',
    createdBy: user,
    createdAt: at,
    startedAt: null,
    updatedAt: at,
    updatedBy: user,
    endedAt: null,
    stopRequestedBy: null,
    plan: null,
    isPrepared: false,
    counts: zeroCounts,
    failure: null,
    leaseOwner: null,
    leaseUntil: 0,
    fence: 0,
    resumesRunId: null,
    attempt: 0,
    notBefore: 0,
  };
}

/** Stores a fresh run; to be called in a transaction. @throws Conflict when the job has an active run. */
export async function createFreshRun(
  tx: Pick<Store, 'runs' | 'traces'>,
  run: Omit<RunRecord, 'submissionId'>,
): Promise<RunRecord> {
  const created = await tx.runs.create(run);
  // A fresh run has no use for what an earlier one committed, so that one cannot be carried on any more.
  await tx.traces.doom({ jobId: run.jobId });
  return created;
}
