import type { JobRecord, LinkPlace, RunFailure, RunRecord, TraceState } from '../store/model.ts';
import type { Claim, Store } from '../store/store.ts';
import { advanceBatch } from './batch-run.ts';
import { runLimits } from './limits.ts';
import { isToBeRetried } from './retry-run.ts';
import { followUp } from './run-aftermath.ts';

export type EndState = 'succeeded' | 'failed' | 'stopped' | 'rejected';

/**
 * Writes a run's terminal state, once, and in the same transaction what it leaves at the destination and how far an
 * incremental job has come; queues the next attempt of a job that is retried, or removes a job that was made for one run. The
 * end of a table's run leads on the run that it is a part of.
 * @param leaves the checkpoint table that is, or may be, still there; null: nothing is.
 * @param onParentEnded hears of the run that this one is a part of, when it has ended with it.
 * @returns the ended run, or null when the claim is lost or the run has ended already: then nothing was written.
 */
export async function endRun(
  store: Store,
  claim: Claim,
  state: EndState,
  failure: RunFailure | null,
  at: number,
  leaves: TraceState | null,
  onParentEnded?: (parent: RunRecord) => void,
): Promise<RunRecord | null> {
  let parent: RunRecord | null = null;
  const ended = await store.transaction(async (tx) => {
    const before = await tx.runs.find(claim.runId);
    // The next attempt takes its number from the cluster's row. Whoever starts a job locks that row before the job's run: one
    // order for all, or each waits for the other.
    // The end of a table may end its parent, or begin another table: no two of them at once.
    if (before !== null && (isToBeRetried(before, state) || before.parentRunId !== null))
      await tx.clusters.lock(before.clusterId);
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
    if (run.parentRunId === null) await followUp(tx, run, leaves, at);
    else parent = await advanceBatch(tx, run.parentRunId, at);
    return run;
  });
  heard(parent, onParentEnded);
  return ended;
}

/** Told behind the commit: what was rolled back never was. */
function heard(parent: RunRecord | null, onParentEnded?: (parent: RunRecord) => void): void {
  if (parent !== null && parent.endedAt !== null) onParentEnded?.(parent);
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
