import type { RunFailure, RunRecord } from '../store/model.ts';
import type { Claim, Store } from '../store/store.ts';

export type EndState = 'succeeded' | 'failed' | 'stopped' | 'rejected';

/**
 * Writes a run's terminal state, once, and in the same transaction removes a job that was made for one run.
 * @returns the ended run, or null when the claim is lost or the run has ended already: then nothing was written.
 */
export async function endRun(
  store: Store,
  claim: Claim,
  state: EndState,
  failure: RunFailure | null,
  at: number,
): Promise<RunRecord | null> {
  return await store.transaction(async (tx) => {
    const change = { state, endedAt: at, ...(failure === null ? {} : { failure }) };
    const run = await tx.runs.change(claim, change, at);
    if (run === null || !isToBeDeleted(run, state)) return run;
    // Another job may have the name by now.
    const job = await tx.jobs.find(run.clusterId, run.jobName);
    if (job?.id === run.jobId) await tx.jobs.delete(run.clusterId, run.jobName);
    return run;
  });
}

function isToBeDeleted(run: RunRecord, state: EndState): boolean {
  const disposable = run.job.driverOptions['schedulerConfig.disposableType'];
  return disposable === 'DELETE' || (disposable === 'DELETE_AFTER_SUCCEED' && state === 'succeeded');
}
