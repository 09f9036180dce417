import { Fenced } from '@sluice/core/errors/sluice-error';
import type { DestinationWork, RunPlan } from '@sluice/engine/work';
import type { RunRecord, TraceState } from '../store/model.ts';
import type { Store, TraceScope } from '../store/store.ts';
import type { TaskPool } from './worker-pool.ts';

export interface TraceTools {
  readonly store: Store;
  readonly pool: TaskPool;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What earlier runs of the same job, or of the same table of it, left behind. */
export function earlierTraces({ clusterId, jobId, jobName, parentRunId }: RunRecord): TraceScope {
  return parentRunId === null ? { jobId } : { clusterId, childName: jobName, ofJobId: jobId };
}

/**
 * Decides what a run that failed or was stopped leaves at its destination, and removes the rest. Committed rows stay, so
 * the checkpoints that tell of them stay too, for a resume. A run that committed nothing leaves nothing: where we know of
 * no commit the destination is asked, for the report of one may have been lost.
 * @param work null: the destination cannot be reached by any link.
 * @param isResumable false when nobody can ask for a resume, because the job goes with the run.
 * @returns what is, or may be, still there; null: nothing.
 */
export async function settleTraces(
  run: RunRecord,
  work: DestinationWork | null,
  isResumable: boolean,
  withinMs: number,
  tools: TraceTools,
): Promise<TraceState | null> {
  if (run.plan === null) return null;
  const { store, log } = tools;
  const plan = { ...run.plan, slices: [] };
  const until = performance.now() + withinMs;
  // Before `prepare` was acknowledged no writer was opened, so there is nothing to carry on.
  if (run.isPrepared && isResumable) {
    const isCommitted = (await store.runs.slices(run.id)).some((record) => record.checkpoint !== null);
    if (isCommitted || work === null) return 'kept';
    const held = await heldBy(work, plan, withinMs, tools);
    if (held !== 'nothing') return 'kept';
  }
  if (work === null) return 'removing';
  try {
    await removeTraces(work, plan, until - performance.now(), tools);
    return null;
  } catch (error) {
    log('run.discard-failed', { run: run.id, error });
    return 'removing';
  }
}

/** What is durable of a run that we know no commit of. */
async function heldBy(
  work: DestinationWork,
  plan: RunPlan,
  withinMs: number,
  tools: TraceTools,
): Promise<'something' | 'nothing' | 'unknown'> {
  const { pool, log } = tools;
  try {
    const task = { kind: 'checkpoints', work, plan } as const;
    const listener = silentListener(work.runId, log);
    const held = await within(withinMs, (signal) => pool.run(task, listener, signal));
    return held.length > 0 ? 'something' : 'nothing';
  } catch (error) {
    if (error instanceof Fenced) return 'nothing';
    log('run.checkpoints-unknown', { run: work.runId, error });
    return 'unknown';
  }
}

/** Removes a run's checkpoint table. @throws when it was not removed in time: it may be there still. */
export async function removeTraces(
  work: DestinationWork,
  plan: RunPlan,
  withinMs: number,
  tools: Pick<TraceTools, 'pool' | 'log'>,
  signal?: AbortSignal,
): Promise<void> {
  const task = { kind: 'finish', work, plan, outcome: 'discard' } as const;
  const listener = silentListener(work.runId, tools.log);
  await within(withinMs, (ending) => tools.pool.run(task, listener, ending), signal);
}

/** For tasks that move no rows. */
export function silentListener(runId: string, log: TraceTools['log']) {
  return {
    begun: () => undefined,
    progress: () => undefined,
    checkpoint: () => Promise.resolve(false),
    log: (line: string) => log('run.line', { run: runId, line }),
  };
}

/** Ends the wait at the time itself, or with the signal: the worker's own grace time comes on top of both. */
export async function within<T>(
  ms: number,
  action: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  const ending = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  let onEnding: () => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    onEnding = () => reject(ending.reason);
    ending.addEventListener('abort', onEnding, { once: true });
  });
  const working = action(ending);
  working.catch(() => undefined);
  try {
    return await Promise.race([working, ended]);
  } finally {
    ending.removeEventListener('abort', onEnding);
  }
}
