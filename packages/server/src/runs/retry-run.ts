import type { RunRecord, RunState, TraceState } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { runLimits } from './limits.ts';
import { createFreshRun, queuedRun } from './queued-run.ts';

/**
 * Whether another attempt follows this end of the run. Only what failed on its way is tried again: a run that was stopped,
 * or could not be submitted, would end the same way.
 */
export function isToBeRetried(run: RunRecord, state: RunState): boolean {
  return (
    state === 'failed' &&
    run.stopRequestedBy === null &&
    // As many rows would be bad the next time.
    run.failure?.code !== 'Cdm.0936' &&
    run.job.driverOptions['retryJobConfig.retryJobType'] === 'RETRY_TRIPLE' &&
    run.attempt < runLimits.retriesMax
  );
}

/**
 * Queues the next attempt of a run that failed; to be called in the transaction that ends it, so that nobody sees the job
 * between the two. The attempt is a run of its own, which begins after a pause. Where rows are committed it carries them on,
 * as a resume does: nothing is written twice.
 * @param leaves what the failed run left at its destination; `kept` once its trace is stored.
 */
export async function queueRetry(
  tx: Pick<Store, 'runs' | 'batches' | 'traces' | 'clusters'>,
  failed: RunRecord,
  leaves: TraceState | null,
  at: number,
): Promise<RunRecord> {
  const { projectId, job, createdBy: user, variables, isAuto, clockAt } = failed;
  const attempt = failed.attempt + 1;
  const notBefore = at + runLimits.retryPauseMs;
  // A job that is retried behind midnight still reads the day for which it was started.
  const next = { ...queuedRun({ projectId, job, user, variables, isAuto, clockAt }, at), attempt, notBefore };
  if (failed.batch !== null) return await createTablesAgain(tx, next, failed, true);
  if (leaves !== 'kept') return await createFreshRun(tx, next);
  const { plan, counts, resolved } = failed;
  const resumed = { ...next, plan, counts, resolved, isPrepared: true, resumesRunId: failed.id };
  return await tx.runs.createResumed(resumed, at);
}

/**
 * Stores a run of an entire-database job that moves the tables of an earlier one which did not succeed, and no others; to be
 * called in a transaction.
 * @param next the run as it stands in the queue.
 * @param keepsCommitted tables of which rows are committed are carried on behind these; false: they are moved from their beginning.
 * @throws Conflict when the job has an active run.
 */
export async function createTablesAgain(
  tx: Pick<Store, 'runs' | 'batches'>,
  next: Omit<RunRecord, 'submissionId'>,
  before: RunRecord,
  keepsCommitted: boolean,
): Promise<RunRecord> {
  const { counts } = before;
  // What did not succeed is open again.
  const batch = before.batch && { ...before.batch, done: before.batch.done - before.batch.failed, failed: 0 };
  const created = await tx.runs.create({ ...next, batch, counts, resumesRunId: before.id });
  await tx.batches.copyTables(before.id, created.id, keepsCommitted);
  return created;
}
