import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobRecord, RunRecord, TraceState } from '../store/model.ts';
import { openStore } from '../store/open-store.ts';
import {
  createSampleCluster,
  newId,
  sampleCounts,
  sampleJob,
  samplePlan,
  sampleRun,
  sampleTime,
} from '../store/sample-records.ts';
import { leaseMs, StoreFixture } from '../store/store-fixture.ts';
import { type EndState, endRun } from './end-run.ts';
import { stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';

let fixture: StoreFixture;
let folder: string;
let at = sampleTime;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-retry-'));
  const store = await openStore({ dataFolder: folder });
  fixture = new StoreFixture(store, await createSampleCluster(store));
});
afterAll(async () => {
  await fixture.store.close();
  rmSync(folder, { recursive: true });
});

const failure = stoppedBy('nobody');

async function retriedJob(driver: Record<string, string> = {}): Promise<JobRecord> {
  const driverOptions = { 'retryJobConfig.retryJobType': 'RETRY_TRIPLE', ...driver };
  const job = { ...sampleJob(fixture.cluster.id, `job-${newId()}`), driverOptions };
  return await fixture.store.jobs.create(job);
}

async function start(job: JobRecord): Promise<RunRecord> {
  const run = { ...sampleRun(job, fixture.cluster.projectId), isAuto: true };
  return await fixture.store.runs.create(run);
}

/** Ends the job's newest run as a driver would. */
async function end(
  job: JobRecord,
  state: EndState,
  leaves: TraceState | null = null,
): Promise<RunRecord | null> {
  const { store } = fixture;
  at += 60_000;
  const run = await store.runs.latest(job.clusterId, job.name);
  const { fence } = await fixture.claimRun(run?.id ?? '', 'a', at);
  return await endRun(store, { runId: run?.id ?? '', fence }, state, failure, at, leaves);
}

const attemptsOf = async (job: JobRecord) => {
  const { runs } = await fixture.store.runs.history(job.clusterId, job.name, 10, 0);
  return runs.map(({ attempt, state }) => `${attempt} ${state}`);
};

test('a job that fails is run three times more, each time as a submission of its own, after a pause', async () => {
  const job = await retriedJob();
  const first = await start(job);
  await end(job, 'failed');
  const second = await fixture.store.runs.latest(job.clusterId, job.name);
  const { submissionId, variables, createdBy } = first;
  expect(second).toMatchObject({ attempt: 1, state: 'queued', isAuto: true, variables, createdBy });
  expect(second?.submissionId).toBe(submissionId + 1);
  expect(second?.notBefore).toBe(at + runLimits.retryPauseMs);
  expect(await fixture.store.runs.claim('a', at + runLimits.retryPauseMs - 1, leaseMs)).toBeNull();
  for (let i = 0; i < 3; i += 1) await end(job, 'failed');
  expect(await attemptsOf(job)).toEqual(['3 failed', '2 failed', '1 failed', '0 failed']);
});

test.each(['succeeded', 'stopped', 'rejected'] as const)(
  'a run that ends %s is not retried',
  async (state) => {
    const job = await retriedJob();
    await start(job);
    await end(job, state);
    expect(await attemptsOf(job)).toEqual([`0 ${state}`]);
  },
);

test('a run whose stop was asked for is not retried when it fails meanwhile', async () => {
  const job = await retriedJob();
  await start(job);
  await fixture.store.runs.requestStop(job.clusterId, job.name, 'u', at);
  await end(job, 'failed');
  expect(await attemptsOf(job)).toEqual(['0 failed']);
});

test('a job without the setting is not retried', async () => {
  const job = await retriedJob({ 'retryJobConfig.retryJobType': 'NONE' });
  await start(job);
  await end(job, 'failed');
  expect(await attemptsOf(job)).toEqual(['0 failed']);
});

test('where rows are committed the next attempt carries them on', async () => {
  const { store } = fixture;
  const job = await retriedJob();
  const run = await start(job);
  at += 60_000;
  const { fence } = await fixture.claimRun(run.id, 'a', at);
  const claim = { runId: run.id, fence };
  await store.runs.storePlan(claim, samplePlan(2), at);
  const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: true };
  await store.runs.checkpoint(claim, 0, checkpoint, at);
  await store.runs.change(claim, { isPrepared: true }, at);
  await endRun(store, claim, 'failed', failure, at, 'kept');
  const next = await store.runs.latest(job.clusterId, job.name);
  expect(next).toMatchObject({ attempt: 1, resumesRunId: run.id, isPrepared: true, plan: samplePlan(2) });
  expect((await store.runs.slices(next?.id ?? '')).map((slice) => slice.checkpoint)).toEqual([
    checkpoint,
    null,
  ]);
  expect(await store.traces.find(run.id)).toBeNull();
});

test.each([
  ['DELETE', 'failed'],
  ['DELETE', 'succeeded'],
  ['DELETE_AFTER_SUCCEED', 'succeeded'],
] as const)('a job with %s waits for its last attempt, which %s', async (disposableType, state) => {
  const job = await retriedJob({ 'schedulerConfig.disposableType': disposableType });
  await start(job);
  for (let i = 0; i < 3; i += 1) {
    await end(job, 'failed');
    expect(await fixture.store.jobs.find(job.clusterId, job.name)).not.toBeNull();
  }
  await end(job, state);
  expect(await fixture.store.jobs.find(job.clusterId, job.name)).toBeNull();
});

test('further attempts keep the time that macros stand for, and what the settings became', async () => {
  const { store } = fixture;
  const job = await retriedJob();
  const first = await start(job);
  const { fence } = await fixture.claimRun(first.id, 'a', at);
  const resolved = [{ name: 'fromJobConfig.whereClause', text: "ds = '2026-01-01'" }];
  const change = { state: 'planning', startedAt: at, clockAt: at - 5, resolved } as const;
  const begun = await store.runs.change({ runId: first.id, fence }, change, at);
  expect([begun?.clockAt, begun?.resolved]).toEqual([at - 5, resolved]);
  await store.runs.storePlan({ runId: first.id, fence }, samplePlan(1), at);
  await store.runs.checkpoint(
    { runId: first.id, fence },
    0,
    { sequence: 1, position: null, counts: sampleCounts(3), isComplete: false },
    at,
  );
  await endRun(store, { runId: first.id, fence }, 'failed', failure, at, 'kept');
  const second = await store.runs.latest(job.clusterId, job.name);
  expect([second?.attempt, second?.clockAt, second?.resolved]).toEqual([1, begun?.clockAt, resolved]);
  await end(job, 'failed');
  const third = await store.runs.latest(job.clusterId, job.name);
  expect([third?.attempt, third?.clockAt]).toEqual([2, begun?.clockAt]);
});

test('how far an incremental job has come is stored with the success of its run, and with no other end', async () => {
  const { store } = fixture;
  const window = {
    column: 'id',
    native: 'integer',
    type: { kind: 'integer', bits: 32, unsigned: false },
    from: null,
    to: { value: '9', isIncluded: true },
    place: '["p"]',
    isNullable: false,
  } as const;
  const job = await store.jobs.create(sampleJob(fixture.cluster.id, `job-${newId()}`));
  for (const state of ['failed', 'stopped', 'succeeded'] as const) {
    const run = await start(job);
    const { fence } = await fixture.claimRun(run.id, 'a', at);
    await store.runs.storePlan({ runId: run.id, fence }, { ...samplePlan(1), window }, at);
    expect(await store.watermarks.find(job.id)).toBeNull();
    await endRun(store, { runId: run.id, fence }, state, state === 'succeeded' ? null : failure, at, null);
  }
  const run = await store.runs.latest(job.clusterId, job.name);
  expect(await store.watermarks.find(job.id)).toMatchObject({
    column: 'id',
    place: '["p"]',
    bound: window.to,
    runId: run?.id,
  });
});
