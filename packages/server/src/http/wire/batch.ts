import type { ListRunTablesResponse, RunTable } from '@sluice/contract/batch-views';
import { zeroCounts } from '@sluice/core/data/slice';
import type { Language } from '@sluice/core/data/text';
import { childName } from '../../runs/batch-run.ts';
import type { BatchStanding, BatchTableState } from '../../store/batch-store.ts';
import type { RunRecord } from '../../store/model.ts';
import { failureTexts, writeCounts } from './run.ts';
import { int32, statusOf } from './submission.ts';

/**
 * One table of a run.
 * @param percentOf as the run service knows it.
 */
export function writeTable(
  run: RunRecord,
  { table, run: child }: BatchTableState,
  percentOf: (child: RunRecord) => number,
  language: Language,
): RunTable {
  return {
    table: table.name,
    state: child?.state ?? 'pending',
    cdm_status: child === null ? null : statusOf(child.state),
    percent: child === null ? 0 : Math.min(100, Math.max(-1, Math.trunc(percentOf(child)))),
    job_name: child?.jobName ?? childName(run.jobName, table.name),
    run_id: child?.id ?? null,
    submission_id: child === null ? null : int32(child.submissionId),
    is_taken_over: child !== null && child.parentRunId !== run.id,
    rows_estimate: table.rowsEstimate,
    durable: writeCounts(child?.counts ?? zeroCounts),
    started_at: child?.startedAt ?? null,
    ended_at: child?.endedAt ?? null,
    failure: child === null ? null : failureTexts(child, language),
  };
}

export function writeTablesSummary(standing: BatchStanding): ListRunTablesResponse['summary'] {
  const { tables, open, active, done, failed, counts } = standing;
  const durable = writeCounts(counts);
  return { tables, pending: open, active, succeeded: done - failed, failed, durable };
}
