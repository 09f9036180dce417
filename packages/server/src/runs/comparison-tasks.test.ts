import type { ChunkOutcome, ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import { compareLimits } from '@sluice/engine/limits';
import type { RunPlan, RunWork, TaskOf } from '@sluice/engine/work';
import { expect, test } from 'vitest';
import type { VerificationChunk } from '../store/verification-record.ts';
import { ComparisonTasks } from './comparison-tasks.ts';
import type { TaskPool } from './worker-pool.ts';

const listed = compareLimits.listedKeysMax;
const chunkCount = compareLimits.keptKeysMax / listed + 3;

const outcome: ChunkOutcome = {
  sourceRows: listed,
  destinationRows: 0,
  isEqual: false,
  changed: 0,
  missing: listed,
  extra: 0,
  foreign: 0,
  isExact: true,
  differences: Array.from({ length: listed }, (_, no) => ({ kind: 'missing', key: [String(no)] }) as const),
  rowsWritten: 0,
  rowsRemoved: 0,
};

/** A stand-in for the worker processes: every chunk has all of its rows missing. */
function poolOf(sliceWorkersMax: number): TaskPool {
  const run = async (task: { readonly kind: string }) => (task.kind === 'compare' ? outcome : null);
  return { sliceWorkersMax, run, forget: () => undefined } as unknown as TaskPool;
}

const plan = {
  source: { columns: [], key: [] },
  destination: { columns: [], key: [] },
  leftOut: [],
  ignoresForeignRows: false,
  chunks: Array.from({ length: chunkCount }, (_, no) => ({
    no,
    region: { range: null, prefixes: null },
    label: `${no}`,
  })),
  notes: [],
} as ComparisonPlan;

async function stored(pool: TaskPool, done: readonly VerificationChunk[]): Promise<readonly ChunkOutcome[]> {
  const outcomes: ChunkOutcome[] = [];
  const tasks = new ComparisonTasks({
    work: { runId: 'r', extractors: 2 } as RunWork,
    runPlan: { slices: [] } as unknown as TaskOf<'compare'>['plan'] satisfies RunPlan,
    pool,
    signal: new AbortController().signal,
    log: () => undefined,
  });
  await tasks.go({
    plan,
    done,
    repair: null,
    lanes: null,
    store: async (_chunk, each) => void outcomes.push(each),
    snapshotLost: async () => undefined,
  });
  return outcomes;
}

const keysOf = (outcomes: readonly ChunkOutcome[]) =>
  outcomes.reduce((sum, { differences }) => sum + differences.length, 0);

test('keeps no more keys than one may have in memory, and counts all (stand-in for the workers)', async () => {
  const outcomes = await stored(poolOf(2), []);
  expect(outcomes).toHaveLength(chunkCount);
  expect(keysOf(outcomes)).toBe(compareLimits.keptKeysMax);
  expect(outcomes.every(({ missing }) => missing === listed)).toBe(true);
});

test('what an earlier driver has stored counts, and is not gone through again (stand-in for the workers)', async () => {
  const done = [0, 1].map((no) => ({ phase: 'comparing', no, outcome }) as const);
  const outcomes = await stored(poolOf(1), done);
  expect(outcomes).toHaveLength(chunkCount - 2);
  expect(keysOf(outcomes)).toBe(compareLimits.keptKeysMax - 2 * listed);
});

test('a pool that names no worker still gets every chunk (stand-in for the workers)', async () => {
  expect(await stored(poolOf(0), [])).toHaveLength(chunkCount);
});
