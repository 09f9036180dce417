import type { JobRecord, LinkPlace, RunFailure, RunRecord, TraceState } from '../store/model.ts';
import type { Claim, Store } from '../store/store.ts';
import { runLimits } from './limits.ts';
import { isToBeRetried, queueRetry } from './retry-run.ts';

export type EndState = 'succeeded' | 'failed' | 'stopped' | 'rejected';

/**
 * Writes a run's terminal state, once, and in the same transaction what it leaves at the destination and how far an
 * incremental job has come; queues
 * the next attempt of a job that is retried, or removes a job that was made for one run.
 * @param leaves the checkpoint table that is, or may be, still there; null: nothing is.
 * @returns the ended run, or null when the claim is lost or the run has ended already: then nothing was written.
 */
export async function endRun(
  store: Store,
  claim: Claim,
  state: EndState,
  failure: RunFailure | null,
  at: number,
  leaves: TraceState | null,
): Promise<RunRecord | null> {
  return await store.transaction(async (tx) => {
    const before = await tx.runs.find(claim.runId);
    // The next attempt takes its number from the cluster's row. Whoever starts a job locks that row before the job's run: one
    // order for all, or each waits for the other.
    if (before !== null && isToBeRetried(before, state)) await tx.clusters.lock(before.clusterId);
    const change = { state, endedAt: at, ...(failure === null ? {} : { failure }) };
    const run = await tx.runs.change(claim, change, at);
    if (run === null) return null;
    if (leaves !== null) {
      const { job } = run;
      await tx.traces.put({
        runId: run.id,
        clusterId: run.clusterId,
        jobId: run.jobId,
        fromLink: await placeOf(tx, job, job.fromLink),
        toLink: await placeOf(tx, job, job.toLink),
        state: leaves,
        dueAt: at + (leaves === 'kept' ? runLimits.resumeWindowMs : runLimits.traceFirstPauseMs),
        attempts: 0,
      });
    }
    if (state === 'succeeded') await advanceWatermark(tx, run, at);
    if (isToBeRetried(run, state)) await queueRetry(tx, run, leaves, at);
    if (!isToBeDeleted(run, state)) return run;
    // Another job may have the name by now.
    const job = await tx.jobs.find(run.clusterId, run.jobName);
    if (job?.id === run.jobId) await tx.jobs.delete(run.clusterId, run.jobName);
    return run;
  });
}

/** Where the next run of an incremental job begins: known with this run's success, and not before. */
async function advanceWatermark(
  tx: Pick<Store, 'watermarks' | 'jobs'>,
  { id, jobId, createdBy, plan }: RunRecord,
  at: number,
): Promise<void> {
  const window = plan?.window;
  if (window === undefined || window.to === null || (await tx.jobs.findById(jobId)) === null) return;
  const { column, place, to: bound } = window;
  await tx.watermarks.put({ jobId, column, place, bound, runId: id, updatedBy: createdBy, updatedAt: at });
}

async function placeOf(
  tx: Pick<Store, 'links'>,
  job: JobRecord,
  linkName: string,
): Promise<LinkPlace | null> {
  const link = await tx.links.find(job.clusterId, linkName);
  return link === null ? null : { id: link.id, options: link.options };
}

/** Whether the job goes with this end of its run; it waits for further attempts. */
export function isToBeDeleted(run: RunRecord, state: EndState): boolean {
  if (isToBeRetried(run, state)) return false;
  const disposable = run.job.driverOptions['schedulerConfig.disposableType'];
  return disposable === 'DELETE' || (disposable === 'DELETE_AFTER_SUCCEED' && state === 'succeeded');
}
