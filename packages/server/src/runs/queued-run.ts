import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { zeroCounts } from '@sluice/core/data/slice';
import type { ClusterRecord, JobRecord, RunRecord } from '../store/model.ts';
import { Gone, type Store } from '../store/store.ts';
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
    clockAt: request.clockAt ?? null,
    resolved: null,
    parentRunId: null,
    batch: null,
  };
}

/** Throws when a cluster takes no work. */
export type RequireUsable = (cluster: ClusterRecord) => void;

/** The job was changed between the look at it and the start of its run: to be looked at anew. */
export class JobChanged extends Error {
  constructor(name: string) {
    super(`job ${name} was changed meanwhile`);
    this.name = 'JobChanged';
  }
}

/**
 * Stores a run of a job as a caller saw it; to be called in a transaction.
 * @throws as `createFreshRun`; Gone, JobChanged when the job is not there, or another, by now.
 */
export async function createRunOf(
  tx: Pick<Store, 'runs' | 'traces' | 'jobs' | 'clusters'>,
  job: JobRecord,
  run: Omit<RunRecord, 'submissionId'>,
  requireUsable: RequireUsable | null,
): Promise<RunRecord> {
  // From here on nobody changes or deletes it, or its cluster: they lock the cluster too.
  await tx.clusters.lock(job.clusterId);
  const current = await tx.jobs.findById(job.id);
  if (current === null) throw new Gone(`job ${job.name}`);
  if (!isDeepStrictEqual(current, job)) throw new JobChanged(job.name);
  return await createFreshRun(tx, run, requireUsable);
}

/**
 * Stores a fresh run; to be called in a transaction.
 * @throws Conflict when the job has an active run; what `requireUsable` throws.
 */
export async function createFreshRun(
  tx: Pick<Store, 'runs' | 'traces' | 'clusters'>,
  run: Omit<RunRecord, 'submissionId'>,
  requireUsable: RequireUsable | null = null,
): Promise<RunRecord> {
  const created = await tx.runs.create(run);
  await requireCluster(tx, created, requireUsable);
  // A fresh run has no use for what an earlier one committed, so that one cannot be carried on any more.
  await tx.traces.doom({ jobId: run.jobId });
  return created;
}

/**
 * Whether the cluster of a run takes work. To be asked in the transaction that made the run, after that: the run's number
 * comes from the cluster's row, which is locked since, so that a stop comes wholly before or wholly after the start.
 */
export async function requireCluster(
  tx: Pick<Store, 'clusters'>,
  { clusterId }: Pick<RunRecord, 'clusterId'>,
  requireUsable: RequireUsable | null,
): Promise<void> {
  if (requireUsable === null) return;
  const cluster = await tx.clusters.findById(clusterId);
  if (cluster !== null) requireUsable(cluster);
}
