import {
  type Checkpoint,
  type SliceCounts,
  type SliceTimes,
  zeroCounts,
  zeroTimes,
} from '@sluice/core/data/slice';
import { expect, test } from 'vitest';
import type { RunRecord, SliceRecord } from '../store/model.ts';
import { sampleJob, samplePlan, sampleRun } from '../store/sample-records.ts';
import { percentOfRecord, RunProgress, storedProgress } from './run-progress.ts';

const record = (no: number, rowsEstimate: number, checkpoint: Checkpoint | null = null): SliceRecord => ({
  runId: 'r',
  no,
  slice: { no, cut: null, label: '', rowsEstimate },
  checkpoint,
  attempts: 0,
  times: null,
});
const rows = (n: number): SliceCounts => ({ ...zeroCounts, rowsRead: n, rowsWritten: n });
const done = (n: number): Checkpoint => ({ sequence: 1, position: null, counts: rows(n), isComplete: true });

test('percent weighs slices by their estimated rows, and live rows count in part', () => {
  const progress = new RunProgress();
  progress.load([record(0, 300), record(1, 100)]);
  expect(progress.percent()).toBe(1);
  progress.live(0, rows(150), zeroTimes, 0);
  expect(progress.percent()).toBe(37);
  progress.settle(0, done(300), zeroTimes, 0);
  expect(progress.percent()).toBe(75);
  expect(progress.counts().rowsWritten).toBe(300);
});

test('percent never falls and stays below 100 until the run has succeeded', () => {
  const progress = new RunProgress();
  progress.load([record(0, 10), record(1, 10)]);
  progress.live(0, rows(9), zeroTimes, 0);
  const before = progress.percent();
  // The worker died: its live rows are gone.
  progress.live(0, rows(0), zeroTimes, 0);
  expect(progress.percent()).toBe(before);
  progress.settle(0, done(50), zeroTimes, 0);
  progress.settle(1, done(50), zeroTimes, 0);
  expect(progress.percent()).toBe(99);
});

test('a slice without an estimate counts when it is done, and not before', () => {
  const progress = new RunProgress();
  const [query] = [record(0, 1)].map((one) => ({ ...one, slice: { ...one.slice, rowsEstimate: null } }));
  if (query === undefined) throw new Error('no slice');
  progress.load([query]);
  progress.live(0, rows(1_000_000), zeroTimes, 0);
  expect(progress.percent()).toBe(1);
  progress.settle(0, done(1_000_000), zeroTimes, 0);
  expect(progress.percent()).toBe(99);
  // Of several they are worth the same.
  const several = new RunProgress();
  several.load([query, { ...query, no: 1, slice: { ...query.slice, no: 1 } }]);
  several.live(1, rows(5), zeroTimes, 0);
  expect(several.percent()).toBe(1);
  several.settle(0, done(7), zeroTimes, 0);
  expect(several.percent()).toBe(50);
});

test('a resumed run begins with what is durable', () => {
  const progress = new RunProgress();
  progress.load([record(0, 10, done(10)), record(1, 10)]);
  expect(progress.percent()).toBe(50);
  expect(progress.counts().rowsRead).toBe(10);
});

const waited = (sourceMs: number): SliceTimes => ({ ...zeroTimes, sourceMs });

test('a slice shows what is durable and what is under way, who has it in hand, and its speed', () => {
  const progress = new RunProgress();
  progress.load([record(0, 100), record(1, 100)]);
  expect(progress.slices()[0]).toMatchObject({
    state: 'pending',
    liveCounts: null,
    rates: null,
    attempts: 0,
  });
  progress.begin(0, 4711, 1_000);
  progress.live(0, rows(50), waited(400), 1_500);
  expect(progress.slices()[0]).toMatchObject({
    state: 'running',
    counts: rows(0),
    liveCounts: rows(50),
    rates: { rowsPerSecond: 100 },
    workerPid: 4711,
    attempts: 1,
    times: waited(400),
  });
  progress.settle(0, done(100), waited(700), 2_000);
  progress.end(0);
  expect(progress.slices()[0]).toMatchObject({
    state: 'complete',
    counts: rows(100),
    liveCounts: null,
    rates: null,
    workerPid: null,
    attempts: 1,
    times: waited(700),
  });
  expect(progress.slices()[1]).toMatchObject({ state: 'pending', times: null });
});

test('the speed is that of the last seconds, and falls to nothing when nothing comes', () => {
  const progress = new RunProgress();
  progress.load([record(0, 1_000_000)]);
  progress.begin(0, 1, 0);
  for (let at = 250; at <= 10_000; at += 250) progress.live(0, rows(at), zeroTimes, at);
  expect(progress.slices()[0]?.rates?.rowsPerSecond).toBeCloseTo(1_000);
  for (let at = 10_250; at <= 20_000; at += 250) progress.live(0, rows(10_000), zeroTimes, at);
  expect(progress.slices()[0]?.rates?.rowsPerSecond).toBe(0);
});

test('times add up over attempts: an attempt that died counts up to its last checkpoint', () => {
  const progress = new RunProgress();
  const open = { ...done(10), isComplete: false };
  progress.load([{ ...record(0, 100, open), attempts: 2, times: waited(1_000) }]);
  progress.begin(0, 1, 0);
  expect(progress.effortWith(0, waited(50))).toEqual({ attempts: 3, times: waited(1_050) });
  progress.settle(0, { ...open, sequence: 2 }, waited(50), 10);
  progress.live(0, rows(30), waited(500), 20);
  expect(progress.slices()[0]?.times).toEqual(waited(1_500));
  // The worker died: what it did since its last commit is rolled back.
  progress.end(0);
  expect(progress.slices()[0]).toMatchObject({ times: waited(1_050), liveCounts: null, state: 'pending' });
  progress.begin(0, 2, 30);
  expect(progress.effortWith(0, waited(7))).toEqual({ attempts: 4, times: waited(1_057) });
});

test('from the store alone: what is durable, and nothing of what is under way', () => {
  const [first, second] = storedProgress([
    { ...record(0, 10, done(10)), attempts: 1, times: waited(5) },
    record(1, 10),
  ]);
  expect(first).toMatchObject({ state: 'complete', counts: rows(10), times: waited(5), attempts: 1 });
  expect(second).toMatchObject({ state: 'pending', counts: rows(0), liveCounts: null, workerPid: null });
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
