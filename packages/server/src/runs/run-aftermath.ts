import type { Json } from '@sluice/core/data/json';
import type { RunRecord, RunState, TraceState } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { isToBeRetried, queueRetry } from './retry-run.ts';

/** Whether the job goes with this end of its run; it waits for further attempts. */
export function isToBeDeleted(run: RunRecord, state: RunState): boolean {
  if (isToBeRetried(run, state)) return false;
  const disposable = run.job.driverOptions['schedulerConfig.disposableType'];
  return disposable === 'DELETE' || (disposable === 'DELETE_AFTER_SUCCEED' && state === 'succeeded');
}

/**
 * Whether what the run has committed may be carried on, so that its tables of ours stay at the destination. The rows of a
 * staged run lie in one of them: that is dropped with the last attempt, unless the job wants it kept.
 */
export function isToBeKept(run: RunRecord, state: RunState): boolean {
  if (isToBeDeleted(run, state)) return false;
  const { toOptions, driverOptions } = run.job;
  return (
    !isTrue(toOptions['toJobConfig.useStageTable']) ||
    isTrue(driverOptions['sluiceConfig.keepStageTable']) ||
    isToBeRetried(run, state)
  );
}

function isTrue(value: Json | undefined): boolean {
  return String(value ?? '').toLowerCase() === 'true';
}

/**
 * What the job asks for behind the end of its run: the next attempt, or to be removed. To be called in the transaction that
 * ends the run.
 * @param leaves what the run left at its destination.
 */
export async function followUp(
  tx: Omit<Store, 'transaction' | 'close'>,
  run: RunRecord,
  leaves: TraceState | null,
  at: number,
): Promise<void> {
  if (isToBeRetried(run, run.state)) await queueRetry(tx, run, leaves, at);
  if (!isToBeDeleted(run, run.state)) return;
  // Another job may have the name by now.
  const job = await tx.jobs.find(run.clusterId, run.jobName);
  if (job?.id === run.jobId) await tx.jobs.delete(run.clusterId, run.jobName);
}
