import { type Checkpoint, type SliceCounts, zeroCounts } from '@sluice/core/data/slice';
import { expect, test } from 'vitest';
import type { RunRecord, SliceRecord } from '../store/model.ts';
import { sampleJob, samplePlan, sampleRun } from '../store/sample-records.ts';
import { percentOfRecord, RunProgress } from './run-progress.ts';

const record = (no: number, rowsEstimate: number, checkpoint: Checkpoint | null = null): SliceRecord => ({
  runId: 'r',
  no,
  slice: { no, cut: null, label: '', rowsEstimate },
  checkpoint,
});
const rows = (n: number): SliceCounts => ({ ...zeroCounts, rowsRead: n, rowsWritten: n });
const done = (n: number): Checkpoint => ({ sequence: 1, position: null, counts: rows(n), isComplete: true });

test('percent weighs slices by their estimated rows, and live rows count in part', () => {
  const progress = new RunProgress();
  progress.begin([record(0, 300), record(1, 100)]);
  expect(progress.percent()).toBe(1);
  progress.live(0, rows(150));
  expect(progress.percent()).toBe(37);
  progress.settle(0, done(300));
  expect(progress.percent()).toBe(75);
  expect(progress.counts().rowsWritten).toBe(300);
});

test('percent never falls and stays below 100 until the run has succeeded', () => {
  const progress = new RunProgress();
  progress.begin([record(0, 10), record(1, 10)]);
  progress.live(0, rows(9));
  const before = progress.percent();
  // The worker died: its live rows are gone.
  progress.live(0, rows(0));
  expect(progress.percent()).toBe(before);
  progress.settle(0, done(50));
  progress.settle(1, done(50));
  expect(progress.percent()).toBe(99);
});

test('a resumed run begins with what is durable', () => {
  const progress = new RunProgress();
  progress.begin([record(0, 10, done(10)), record(1, 10)]);
  expect(progress.percent()).toBe(50);
  expect(progress.counts().rowsRead).toBe(10);
});

test('from the record alone: what is durable against the estimates, and never as good as done', () => {
  const job = { ...sampleJob('c', 'j'), id: 1 };
  const run: RunRecord = { ...sampleRun(job, 'p'), submissionId: 1, state: 'running' };
  const plan = samplePlan(2);
  const sized = { ...plan, slices: plan.slices.map((slice) => ({ ...slice, rowsEstimate: 100 })) };
  expect(percentOfRecord(run)).toBe(1);
  expect(percentOfRecord({ ...run, plan, counts: rows(50) })).toBe(1);
  expect(percentOfRecord({ ...run, plan: sized, counts: rows(0) })).toBe(1);
  expect(percentOfRecord({ ...run, plan: sized, counts: rows(50) })).toBe(25);
  expect(percentOfRecord({ ...run, plan: sized, counts: rows(5_000) })).toBe(95);
  expect(percentOfRecord({ ...run, plan: sized, state: 'finishing' })).toBe(99);
});
