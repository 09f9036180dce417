import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobStatusFacts } from './job-status-reader.ts';
import type { ClusterRecord, JobRecord } from './model.ts';
import { type OpenedStore, openStore, storeFileName } from './open-store.ts';
import { createSampleCluster, sampleJob, samplePlan, sampleRun } from './sample-records.ts';

// What only the embedded store promises; what both do is in quick-status-suite.ts of http.

let dataFolder: string;
let store: OpenedStore;
let cluster: ClusterRecord;
let job: JobRecord;
beforeEach(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'sluice-status-'));
  store = await openStore({ dataFolder });
  cluster = await createSampleCluster(store);
  job = await store.jobs.create(sampleJob(cluster.id, 'job'));
});
afterEach(async () => {
  await store.close();
  rmSync(dataFolder, { recursive: true });
});

function look(jobName = 'job', projectId = cluster.projectId): JobStatusFacts | null {
  const found = store.statuses.find({ projectId, clusterId: cluster.id, jobName });
  if (found instanceof Promise) throw new Error('an embedded store answers at once');
  return found;
}

it('tells the three records as their repositories do', async () => {
  expect(look()).toEqual({ cluster, job, run: null });
  await store.runs.create(sampleRun(job, cluster.projectId));
  const first = await store.runs.claim('a', Date.now(), 1);
  await store.runs.change({ runId: first?.id ?? '', fence: first?.fence ?? 0 }, { state: 'failed' }, 1);
  const second = await store.runs.create(sampleRun(job, cluster.projectId));
  expect(look()).toEqual({ cluster, job, run: second });
  expect(look('none')).toBeNull();
  expect(look('job', 'another project')).toBeNull();
});

it('leaves out the plan of a run that has ended, and of no other', async () => {
  const run = await store.runs.create(sampleRun(job, cluster.projectId));
  const fence = (await store.runs.claim('a', Date.now(), 1))?.fence ?? 0;
  await store.runs.storePlan({ runId: run.id, fence }, samplePlan(3), 1);
  expect(look()?.run?.plan?.slices).toHaveLength(3);
  const ended = await store.runs.change({ runId: run.id, fence }, { state: 'succeeded' }, 2);
  expect(ended?.plan?.slices).toHaveLength(3);
  expect(look()?.run).toEqual({ ...ended, plan: null });
});

it('gives the same object until something is committed, by whomever', async () => {
  const before = look();
  expect(look()).toBe(before);
  const shell = new DatabaseSync(join(dataFolder, storeFileName));
  shell.exec(`update jobs set updated_by = 'a shell'`);
  shell.close();
  expect(look()?.job.updatedBy).toBe('a shell');
  expect(look()).not.toBe(before);
});

it('never sees what a transaction has not committed, and does not wait for it', async () => {
  await store.transaction(async (tx) => {
    await tx.jobs.update({ ...job, updatedBy: 'half done' });
    expect(look()).toEqual({ cluster, job, run: null });
  });
  expect(look()?.job.updatedBy).toBe('half done');
  const undone = store.transaction(async (tx) => {
    await tx.jobs.delete(cluster.id, 'job');
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(look()?.job.updatedBy).toBe('half done');
});
