import { isActiveState, type RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';

/**
 * The newest run that writes where this one wrote: of the same job, or of the same table of an entire-database job. There, a run of
 * the whole that is active counts as well: it may come to this table. null: there is none any more.
 */
export async function newestRunLike(
  store: Pick<Store, 'runs' | 'batches'>,
  run: RunRecord,
): Promise<RunRecord | null> {
  const { clusterId, jobName, jobId, parentRunId } = run;
  if (parentRunId === null) {
    const newest = await store.runs.latest(clusterId, jobName);
    return newest?.jobId === jobId ? newest : null;
  }
  const parent = await store.runs.find(parentRunId);
  const whole = parent === null ? null : await store.runs.latest(clusterId, parent.jobName);
  if (whole !== null && whole.jobId === jobId && isActiveState(whole.state)) return whole;
  const newest = await store.batches.latestChild(clusterId, jobName);
  return newest?.jobId === jobId ? newest : null;
}
