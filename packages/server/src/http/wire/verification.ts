import type {
  ComparedTableView,
  VerificationSummary,
  VerificationView,
} from '@sluice/contract/verification-views';
import type { Language, Text } from '@sluice/core/data/text';
import { totalsOf } from '../../runs/verification-totals.ts';
import type { RunRecord } from '../../store/model.ts';
import {
  isActiveVerification,
  type VerificationChunk,
  type VerificationRecord,
} from '../../store/verification-record.ts';

/** One verification of a list. */
export function writeVerificationSummary(
  record: VerificationRecord,
  chunks: readonly VerificationChunk[],
  language: Language,
): VerificationSummary {
  const { failure } = record;
  return {
    id: record.id,
    run_id: record.runId,
    kind: record.kind,
    state: record.state,
    phase: record.phase,
    percent: percentOf(record, chunks),
    removes_extra: record.removesExtra,
    at_run_snapshot: record.isAtSnapshot,
    created_by: record.createdBy,
    created_at: record.createdAt,
    started_at: record.startedAt,
    ended_at: record.endedAt,
    stop_requested_by: record.stopRequestedBy,
    failure:
      failure === null
        ? null
        : { code: failure.code, summary: failure.summary[language], details: failure.details[language] },
  };
}

/** A verification with what it found. */
export function writeVerification(
  run: RunRecord,
  record: VerificationRecord,
  chunks: readonly VerificationChunk[],
  language: Language,
): VerificationView {
  return {
    ...writeVerificationSummary(record, chunks, language),
    tables: [writeTable(run, record, chunks, language)],
  };
}

function writeTable(
  run: RunRecord,
  record: VerificationRecord,
  chunks: readonly VerificationChunk[],
  language: Language,
): ComparedTableView {
  const { plan, notComparable, phase, state } = record;
  const totals = totalsOf(chunks, phase);
  const repaired = totalsOf(chunks, 'repairing');
  const isTold = state === 'equal' || state === 'different' || state === 'not_comparable';
  const { fromOptions, toOptions } = run.job;
  return {
    source: nameOf(fromOptions['fromJobConfig.schemaName'], fromOptions['fromJobConfig.tableName']),
    destination: nameOf(toOptions['toJobConfig.schemaName'], toOptions['toJobConfig.tableName']),
    state: isTold ? state : 'pending',
    reason: notComparable?.[language] ?? null,
    key_columns: (plan?.source.key ?? []).map(({ name }) => name),
    left_out_columns: (plan?.leftOut ?? []).map(({ column, reason }) => ({
      column,
      reason: reason[language],
    })),
    notes: notesOf(record).map((note) => note[language]),
    chunks: plan?.chunks.length ?? 0,
    chunks_done: totals.chunksDone,
    source_rows: totals.sourceRows,
    destination_rows: totals.destinationRows,
    changed: totals.changed,
    missing: totals.missing,
    extra: totals.extra,
    foreign: totals.foreign,
    is_exact: totals.isExact,
    rows_written: repaired.rowsWritten,
    rows_removed: repaired.rowsRemoved,
    differences: totals.differences.map(({ kind, key }) => ({ kind, key: [...key] })),
  };
}

function nameOf(schema: unknown, table: unknown): string {
  return [schema, table].filter((part) => typeof part === 'string' && part !== '').join('.');
}

function notesOf({ plan, isAtSnapshot }: VerificationRecord): readonly Text[] {
  if (plan === null) return [];
  return isAtSnapshot ? plan.notes : [...plan.notes, sourceAsItIs];
}

const sourceAsItIs: Text = {
  en: 'The source was seen as it is now: what was changed there after the run read it counts as a difference.',
  zh: '源端按当前状态比较：运行读取之后源端的改动会计为差异。',
};

/** A repair goes through its chunks twice. */
function percentOf({ state, kind, plan }: VerificationRecord, chunks: readonly VerificationChunk[]): number {
  if (state === 'equal' || state === 'different' || state === 'not_comparable') return 100;
  const all = (plan?.chunks.length ?? 0) * (kind === 'repair' ? 2 : 1);
  const percent = all === 0 ? 0 : Math.floor((100 * chunks.length) / all);
  return isActiveVerification(state) ? Math.min(99, percent) : percent;
}
