import type {
  PlanColumn,
  PlanLoss,
  RunCounts,
  RunEta,
  RunPlanView,
  RunRates,
  RunSummary,
  RunView,
  SliceTimesView,
  SliceView,
  WindowBound,
} from '@sluice/contract/run-views';
import type { Column } from '@sluice/core/data/column';
import { type Loss, lossEffectOf, lossText } from '@sluice/core/data/loss';
import type { ReadWindow, WatermarkBound } from '@sluice/core/data/read-window';
import { addCounts, addTimes, type SliceCounts, type SliceTimes, zeroTimes } from '@sluice/core/data/slice';
import type { Language, Text } from '@sluice/core/data/text';
import type { ShapePlan } from '@sluice/engine/shape/shape-plan';
import type { RunPlan } from '@sluice/engine/work';
import type { Rates, SliceProgress } from '../../runs/run-progress.ts';
import { isActiveState, type RunRecord } from '../../store/model.ts';
import { int32, statusOf } from './submission.ts';

/** An open slice that has read more rows than were estimated has this share of the estimate left: estimates are rough. */
const rowsLeftShareMin = 0.05;

/** One run of a list. @param percent as the run service knows it. */
export function writeRunSummary(run: RunRecord, percent: number, language: Language): RunSummary {
  return {
    id: run.id,
    submission_id: int32(run.submissionId),
    job_name: run.jobName,
    state: run.state,
    cdm_status: statusOf(run.state),
    percent: Math.min(100, Math.max(-1, Math.trunc(percent))),
    is_auto: run.isAuto,
    attempt: run.attempt + 1,
    resumes_run_id: run.resumesRunId,
    created_by: run.createdBy,
    created_at: run.createdAt,
    started_at: run.startedAt,
    updated_at: run.updatedAt,
    ended_at: run.endedAt,
    stop_requested_by: run.stopRequestedBy,
    failure: failureTexts(run, language),
    durable: writeCounts(run.counts),
    parent_run_id: run.parentRunId,
    tables: tablesOf(run),
  };
}

/** A run with all that is known of its slices. @param ignored settings of its job that do nothing here. */
export function writeRun(
  run: RunRecord,
  percent: number,
  slices: readonly SliceProgress[],
  language: Language,
  ignored: readonly Text[] = [],
): RunView {
  const times = sumOf(slices, (slice) => slice.times, addTimes);
  const rates = sumOf(slices, (slice) => slice.rates, addRates);
  const isUnderWay = slices.some((slice) => slice.liveCounts !== null);
  const soFar = sumOf(slices, (slice) => slice.liveCounts ?? slice.counts, addCounts);
  return {
    ...writeRunSummary(run, percent, language),
    workers: new Set(slices.flatMap(({ workerPid }) => workerPid ?? [])).size,
    live: isUnderWay && soFar !== null ? writeCounts(soFar) : null,
    rates: rates === null ? null : writeRates(rates),
    times: times === null ? null : writeTimes(times),
    waits_for: longestOf(times),
    eta: isActiveState(run.state) ? etaOf(slices, rates) : null,
    clock_at: run.clockAt,
    resolved: (run.resolved ?? []).map(({ name, text }) => ({ name, text })),
    plan: run.plan === null ? null : withIgnored(writePlan(run.plan, language), ignored, language),
    slices: slices.map(writeSlice),
  };
}

function writeSlice(known: SliceProgress): SliceView {
  const { slice, state, counts, liveCounts, rates, attempts, workerPid, times } = known;
  return {
    no: slice.no,
    label: slice.label,
    state,
    rows_estimate: slice.rowsEstimate === null ? null : Math.round(slice.rowsEstimate),
    durable: writeCounts(counts),
    live: liveCounts === null ? null : writeCounts(liveCounts),
    rates: rates === null ? null : writeRates(rates),
    attempts,
    worker_pid: workerPid,
    times: times === null ? null : writeTimes(times),
    waits_for: longestOf(times),
  };
}

/** @param sliceCount of the plan, where only some of its slices are at hand. */
export function writePlan(plan: RunPlan, language: Language, sliceCount = plan.slices.length): RunPlanView {
  const { way, projection, reason, warnings, window, consistency } = plan;
  const losses = (plan.losses ?? []).map((loss) => writeLoss(loss, language));
  return {
    way: way ?? null,
    form: projection.form,
    reason,
    warnings: [...warnings, ...losses.map((loss) => loss.text)],
    losses,
    window: window === undefined ? null : writeWindow(window),
    consistency: consistency === undefined ? null : { kind: consistency.kind, reason: consistency.reason },
    columns: plan.shape === undefined ? readColumns(plan) : madeColumns(plan, plan.shape),
    slice_count: sliceCount,
  };
}

/** What the plan cannot know is told with it: it is to be known before the run too. */
function withIgnored(plan: RunPlanView, ignored: readonly Text[], language: Language): RunPlanView {
  return { ...plan, warnings: [...plan.warnings, ...ignored.map((text) => text[language])] };
}

function writeWindow({ column, from, to }: ReadWindow): NonNullable<RunPlanView['window']> {
  return { column, from: from === null ? null : writeBound(from), to: to === null ? null : writeBound(to) };
}

/** How far an incremental job has come, or a run is to go. */
export function writeBound({ value, isIncluded }: WatermarkBound): WindowBound {
  return { value, is_included: isIncluded };
}

function readColumns(plan: RunPlan): PlanColumn[] {
  const { target, projection } = plan;
  return projection.columns.map((column, at): PlanColumn => {
    const source = target.sourceColumns[at];
    return {
      source: column.name,
      source_type: source?.native ?? '',
      destination: target.columnNames[at] ?? column.name,
      sent_as: sentAs(plan, column.wireType ?? null, source),
      cast: column.cast,
    };
  });
}

/** Where fields are converted or added on the way: their names, what they come from, and what they go as. */
function madeColumns({ target }: RunPlan, shape: ShapePlan): PlanColumn[] {
  return shape.columns.map((column, at): PlanColumn => {
    const sent = target.sourceColumns[at];
    const read = column.kind === 'added' ? undefined : shape.read[column.from];
    const name = read?.name ?? sent?.name ?? '';
    return {
      source: name,
      source_type: read?.native ?? '',
      destination: target.columnNames[at] ?? name,
      sent_as: sent?.type.kind ?? '',
      cast: null,
    };
  });
}

function writeLoss(loss: Loss, language: Language): PlanLoss {
  const { column, kind, from, to } = loss;
  return { column, kind, effect: lossEffectOf(kind), from, to, text: lossText(loss)[language] };
}

/** Bytes are of the type that was agreed on, or of the source's own; values of a neutral kind. */
function sentAs(plan: RunPlan, wireType: string | null, source: Column | undefined): string {
  if (wireType !== null) return wireType;
  return (plan.projection.form === 'rows' ? source?.type.kind : source?.native) ?? '';
}

function tablesOf({ batch }: RunRecord): RunSummary['tables'] {
  return batch === null ? null : { total: batch.tables, done: batch.done, failed: batch.failed };
}

/** Why a run failed or was stopped, in one language; null: it did not, or has not ended. */
export function failureTexts({ state, failure }: RunRecord, language: Language): RunSummary['failure'] {
  if (failure === null || isActiveState(state)) return null;
  return { code: failure.code, summary: failure.summary[language], details: failure.details[language] };
}

function etaOf(slices: readonly SliceProgress[], rates: Rates | null): RunEta | null {
  if (rates === null || rates.rowsPerSecond <= 0) return null;
  let [rows, left] = [0, 0];
  for (const { slice, state, counts, liveCounts } of slices) {
    if (slice.rowsEstimate === null) return null;
    rows += slice.rowsEstimate;
    if (state === 'complete') continue;
    const read = (liveCounts ?? counts).rowsRead;
    left += Math.max(slice.rowsEstimate - read, rowsLeftShareMin * slice.rowsEstimate);
  }
  return {
    basis: 'rows_estimate',
    rows_estimate: Math.round(rows),
    seconds_left: Math.ceil(left / rates.rowsPerSecond),
  };
}

/** Where most of the time went; null: none did, or nothing is known. */
function longestOf(times: SliceTimes | null): SliceView['waits_for'] {
  const { sourceMs, destinationMs, commitMs, workMs, throttleMs = 0 } = times ?? zeroTimes;
  const most = Math.max(sourceMs, destinationMs, commitMs, workMs, throttleMs);
  if (most === 0) return null;
  if (most === workMs) return 'worker';
  if (most === throttleMs) return 'throttle';
  if (most === sourceMs) return 'source';
  return most === destinationMs ? 'destination' : 'commit';
}

/** The sum of what is known of the slices; null: nothing is known of any. */
function sumOf<T>(
  slices: readonly SliceProgress[],
  pick: (slice: SliceProgress) => T | null,
  add: (a: T, b: T) => T,
): T | null {
  let sum: T | null = null;
  for (const slice of slices) {
    const part = pick(slice);
    if (part !== null) sum = sum === null ? part : add(sum, part);
  }
  return sum;
}

function addRates(a: Rates, b: Rates): Rates {
  return {
    rowsPerSecond: a.rowsPerSecond + b.rowsPerSecond,
    bytesPerSecond: a.bytesPerSecond + b.bytesPerSecond,
  };
}

export function writeCounts(counts: SliceCounts): RunCounts {
  return {
    rows_read: counts.rowsRead,
    rows_written: counts.rowsWritten,
    rows_skipped: counts.rowsSkipped,
    bytes_read: counts.bytesRead,
    bytes_written: counts.bytesWritten,
  };
}

function writeRates(rates: Rates): RunRates {
  return {
    rows_per_second: Math.round(rates.rowsPerSecond),
    bytes_per_second: Math.round(rates.bytesPerSecond),
  };
}

function writeTimes(times: SliceTimes): SliceTimesView {
  return {
    source_ms: times.sourceMs,
    destination_ms: times.destinationMs,
    commit_ms: times.commitMs,
    work_ms: times.workMs,
    throttle_ms: times.throttleMs ?? 0,
  };
}
