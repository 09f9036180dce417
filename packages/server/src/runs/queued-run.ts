import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { zeroCounts } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
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
  };
}

/** The job was changed between the look at it and the start of its run: to be looked at anew. */
export class JobChanged extends Error {
  constructor(name: string) {
    super(`job ${name} was changed meanwhile`);
    this.name = 'JobChanged';
  }
}

/**
 * Stores a run of a job as a caller saw it; to be called in a transaction.
 * @param isUsable whether a cluster takes work.
 * @throws as `createFreshRun`; JobChanged when the job is another by now; Cdm.0201 the cluster takes no work any more.
 */
export async function createRunOf(
  tx: Pick<Store, 'runs' | 'traces' | 'jobs' | 'clusters'>,
  job: JobRecord,
  run: Omit<RunRecord, 'submissionId'>,
  isUsable: (cluster: ClusterRecord) => boolean,
): Promise<RunRecord> {
  // From here on nobody changes or deletes it, or its cluster: they lock the cluster too.
  await tx.clusters.lock(job.clusterId);
  const cluster = await tx.clusters.findById(job.clusterId);
  if (cluster !== null && !isUsable(cluster)) throw new SluiceError('Cdm.0201', { cluster: cluster.name });
  const current = await tx.jobs.findById(job.id);
  if (current === null) throw new Gone(`job ${job.name}`);
  if (!isDeepStrictEqual(current, job)) throw new JobChanged(job.name);
  return await createFreshRun(tx, run);
}

/** Stores a fresh run; to be called in a transaction. @throws Conflict when the job has an active run; Gone without its cluster. */
export async function createFreshRun(
  tx: Pick<Store, 'runs' | 'traces'>,
  run: Omit<RunRecord, 'submissionId'>,
): Promise<RunRecord> {
  const created = await tx.runs.create(run);
  // A fresh run has no use for what an earlier one committed, so that one cannot be carried on any more.
  await tx.traces.doom({ jobId: run.jobId });
  return created;
}
