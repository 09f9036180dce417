import type { RunFailure, RunRecord, TraceState } from '../store/model.ts';

/** What the log says of a run that is taken up. */
export function takenFields(run: RunRecord): Readonly<Record<string, unknown>> {
  return {
    run: run.id,
    job: run.jobName,
    state: run.state,
    source: run.job.fromConnector,
    destination: run.job.toConnector,
    user: run.createdBy,
    attempt: run.attempt + 1,
    fence: run.fence,
    resumes: run.resumesRunId,
  };
}

/** What it says of the run's end, and of why. */
export function endedFields(
  run: RunRecord,
  failure: RunFailure | null,
  leaves: TraceState | null,
): Readonly<Record<string, unknown>> {
  return {
    run: run.id,
    job: run.jobName,
    state: run.state,
    code: failure?.code ?? null,
    leaves,
    source: run.job.fromConnector,
    destination: run.job.toConnector,
    why: failure?.summary.en ?? null,
    details: failure?.details.en ?? null,
    ...run.counts,
  };
}
