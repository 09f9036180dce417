import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BatchSummary, BatchTable, JobRecord, RunRecord, RunState } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { sampleCounts, sampleRun } from './sample-records.ts';
import { Conflict } from './store.ts';
import { leaseMs, now, type StoreFixture } from './store-fixture.ts';

/** The part of the store's suite that is about the tables of entire-database jobs, and the runs that move them. */
export function batchSuite(fixtureOf: () => StoreFixture): void {
  describe('runs of entire-database jobs', () => {
    let fixture: StoreFixture;
    let store: OpenedStore;

    beforeAll(() => {
      fixture = fixtureOf();
      ({ store } = fixture);
    });
    beforeEach(() => fixture.drain());

    const summary: BatchSummary = {
      tables: 3,
      atOnce: 2,
      done: 0,
      failed: 0,
      weight: 3,
      weightDone: 0,
      fromLink: { id: 1, options: { 'linkConfig.host': 'a' } },
      toLink: null,
    };
    const tableOf = (no: number, more: Partial<BatchTable> = {}): BatchTable => ({
      no,
      name: `table ${no}`,
      rowsEstimate: no,
      weight: 10 ** no,
      refusal: null,
      carriesRunId: null,
      ...more,
    });

    /** A run whose three tables are stored, and that holds no lease. */
    async function parentRun(given?: JobRecord): Promise<{ job: JobRecord; run: RunRecord }> {
      const job = given ?? (await fixture.createJob());
      const created = await fixture.createRun(job);
      const { fence } = await fixture.claimRun(created.id);
      const change = { state: 'running', batch: summary, dropsLease: true } as const;
      const run = await store.runs.change({ runId: created.id, fence }, change, now);
      if (run === null) throw new Error('the claim was lost');
      await store.batches.storeTables(run.id, [tableOf(0), tableOf(1), tableOf(2)]);
      return { job, run };
    }

    async function childOf(run: RunRecord, no: number, more: Partial<RunRecord> = {}): Promise<RunRecord> {
      const { cluster } = fixture;
      const child = await store.runs.create({
        ...sampleRun(run.job, cluster.projectId),
        jobName: `${run.jobName}_table ${no}`,
        parentRunId: run.id,
        ...more,
      });
      await store.batches.attach(run.id, no, child.id);
      return child;
    }

    const end = async (run: RunRecord, state: RunState) =>
      await store.runs.change(
        { runId: run.id, fence: (await store.runs.find(run.id))?.fence ?? 0 },
        { state, counts: sampleCounts(10), endedAt: now },
        now,
      );

    it('keep their tables and their summary, page by page', async () => {
      const { run } = await parentRun();
      expect(await store.runs.find(run.id)).toMatchObject({
        batch: summary,
        leaseOwner: null,
        parentRunId: null,
      });
      expect(await store.batches.openTables(run.id, 2)).toEqual([tableOf(0), tableOf(1)]);
      const child = await childOf(run, 0);
      expect((await store.batches.openTables(run.id, 9)).map(({ no }) => no)).toEqual([1, 2]);
      const page = await store.batches.tables(run.id, { states: [], limit: 2, offset: 1 });
      expect([page.total, page.tables.map(({ table }) => table.no)]).toEqual([3, [1, 2]]);
      const queued = await store.batches.tables(run.id, { states: ['queued'], limit: 9, offset: 0 });
      expect(queued.tables.map((each) => [each.table.no, each.run?.id])).toEqual([[0, child.id]]);
      const pending = await store.batches.tables(run.id, {
        states: ['pending', 'failed'],
        limit: 9,
        offset: 0,
      });
      expect(pending.total).toBe(2);
    });

    it('stand as the runs of their tables do', async () => {
      const { run } = await parentRun();
      const [one, two] = [await childOf(run, 0), await childOf(run, 1)];
      expect(await store.batches.standing(run.id)).toMatchObject({ tables: 3, open: 1, active: 2, done: 0 });
      await end(one, 'succeeded');
      await end(two, 'rejected');
      expect(await store.batches.standing(run.id)).toEqual({
        tables: 3,
        open: 1,
        active: 0,
        done: 2,
        failed: 1,
        weight: 111,
        weightDone: 11,
        counts: { rowsRead: 20, rowsWritten: 18, rowsSkipped: 2, bytesRead: 2_000, bytesWritten: 1_800 },
      });
    });

    it('are not claimed while a table is under way, and are when none is', async () => {
      const { run } = await parentRun();
      const child = await childOf(run, 0);
      expect((await store.runs.claim('a', now, leaseMs))?.id).toBe(child.id);
      expect(await store.runs.claim('a', now, leaseMs)).toBeNull();
      await end(child, 'failed');
      expect((await store.runs.claim('a', now, leaseMs))?.id).toBe(run.id);
    });

    it('have one active run for each table, beside the one of the job', async () => {
      const { job, run } = await parentRun();
      const child = await childOf(run, 0);
      await expect(childOf(run, 0)).rejects.toBeInstanceOf(Conflict);
      await expect(fixture.createRun(job)).rejects.toBeInstanceOf(Conflict);
      await end(child, 'failed');
      await end(run, 'failed');
      await fixture.createRun(job);
    });

    it('are asked for by their job alone, and their parts by the names of these', async () => {
      const { job, run } = await parentRun();
      const first = await childOf(run, 0);
      await end(first, 'failed');
      const second = await childOf(run, 0);
      const { id: clusterId } = fixture.cluster;
      const name = second.jobName;
      expect((await store.runs.latest(clusterId, job.name))?.id).toBe(run.id);
      expect(await store.runs.latest(clusterId, name)).toBeNull();
      expect((await store.runs.latestOfMany(clusterId, [job.name, name])).size).toBe(1);
      expect((await store.runs.history(clusterId, job.name, 9, 0)).total).toBe(1);
      expect((await store.runs.history(clusterId, name, 9, 0)).total).toBe(0);
      expect((await store.batches.latestChild(clusterId, name))?.id).toBe(second.id);
      expect(await store.batches.latestChild(clusterId, job.name)).toBeNull();
      const { runs, total } = await store.batches.childHistory(clusterId, name, 1, 0);
      expect([runs.map(({ id }) => id), total]).toEqual([[second.id], 2]);
      const all = { jobName: null, states: [], from: null, until: null, before: null, limit: 99 };
      const listed = await store.history.search(clusterId, all);
      expect(listed.some(({ parentRunId }) => parentRunId !== null)).toBe(false);
      expect(listed.find(({ id }) => id === run.id)?.batch).toEqual(summary);
      expect(await store.history.search(clusterId, { ...all, jobName: name })).toHaveLength(2);
      const place = { projectId: fixture.cluster.projectId, clusterId, jobName: job.name };
      expect((await store.statuses.find(place))?.run).toMatchObject({ id: run.id, batch: summary });
      expect(await store.statuses.find({ ...place, jobName: name })).toBeNull();
    });

    it('of a job that has the name of a table are told apart from that table’s', async () => {
      const other = await parentRun();
      const { run } = await parentRun();
      const child = await childOf(run, 0);
      const job = await store.jobs.create({ ...run.job, name: child.jobName });
      const own = await fixture.createRun(job);
      const newer = await childOf(other.run, 1, { jobName: child.jobName });
      const { id: clusterId } = fixture.cluster;
      expect((await store.runs.latest(clusterId, job.name))?.id).toBe(own.id);
      expect((await store.batches.latestChild(clusterId, job.name))?.id).toBe(newer.id);
      const place = { projectId: fixture.cluster.projectId, clusterId, jobName: job.name };
      expect((await store.statuses.find(place))?.run?.id).toBe(own.id);
      expect((await store.runs.requestStop(clusterId, job.name, 'u', now))?.id).toBe(own.id);
      expect((await store.runs.find(newer.id))?.stopRequestedBy).toBeNull();
    });

    it('are stopped with their parts', async () => {
      const { run } = await parentRun();
      const [done, active] = [await childOf(run, 0), await childOf(run, 1)];
      await end(done, 'succeeded');
      const stopped = await store.batches.stopChildren(run.id, 'u', now + 1);
      expect(stopped.map(({ id, stopRequestedBy }) => [id, stopRequestedBy])).toEqual([[active.id, 'u']]);
      expect((await store.batches.activeChildren(run.id)).map(({ id }) => id)).toEqual([active.id]);
      expect((await store.runs.find(done.id))?.stopRequestedBy).toBeNull();
    });

    it('take over what succeeded, and begin the rest again', async () => {
      const { job, run } = await parentRun();
      const [good, bad] = [await childOf(run, 0), await childOf(run, 1)];
      await end(good, 'succeeded');
      await end(bad, 'failed');
      await end(run, 'failed');
      const again = await fixture.createRun(job);
      await store.batches.copyTables(run.id, again.id, true);
      expect(await store.batches.standing(again.id)).toMatchObject({
        tables: 3,
        open: 2,
        done: 1,
        failed: 0,
      });
      expect(await store.batches.openTables(again.id, 9)).toEqual([
        tableOf(1, { carriesRunId: bad.id }),
        tableOf(2),
      ]);
      await end(again, 'failed');
      // What was not begun a second time still carries on what the first one left.
      const third = await fixture.createRun(job);
      await store.batches.copyTables(again.id, third.id, true);
      expect((await store.batches.openTables(third.id, 9))[0]?.carriesRunId).toBe(bad.id);
      await end(third, 'failed');
      const fresh = await fixture.createRun(job);
      await store.batches.copyTables(third.id, fresh.id, false);
      expect((await store.batches.openTables(fresh.id, 9))[0]?.carriesRunId).toBeNull();
    });

    it('doom what earlier runs of one table left, and of no other', async () => {
      const { job, run } = await parentRun();
      const kept = { fromLink: null, toLink: null, state: 'kept', dueAt: now + 9, attempts: 0 } as const;
      const children = [await childOf(run, 0), await childOf(run, 1)];
      for (const { id, clusterId } of children)
        await store.traces.put({ ...kept, runId: id, clusterId, jobId: job.id });
      const [one, two] = children;
      const scope = { clusterId: fixture.cluster.id, childName: one?.jobName ?? '', ofJobId: job.id };
      await store.traces.doom(scope);
      expect((await store.traces.find(one?.id ?? ''))?.state).toBe('removing');
      expect((await store.traces.find(two?.id ?? ''))?.state).toBe('kept');
      expect((await store.traces.list(scope, 9)).map(({ runId }) => runId)).toEqual([one?.id]);
      await store.traces.doom({ jobId: job.id });
      expect((await store.traces.find(two?.id ?? ''))?.state).toBe('removing');
      for (const { id } of children) await store.traces.remove(id);
    });

    it('keep their parts’ names when their job is renamed', async () => {
      const { job, run } = await parentRun();
      const child = await childOf(run, 0);
      await store.jobs.update({ ...job, name: `${job.name}-renamed` });
      expect((await store.runs.find(child.id))?.jobName).toBe(`${job.name}-renamed_table 0`);
      expect((await store.runs.find(run.id))?.jobName).toBe(`${job.name}-renamed`);
    });

    it('leave the history with their parts, and not before whoever took one over', async () => {
      const { job, run } = await parentRun();
      const child = await childOf(run, 0);
      await end(child, 'succeeded');
      await end(run, 'failed');
      const again = await fixture.createRun(job);
      await store.batches.copyTables(run.id, again.id, true);
      await end(again, 'failed');
      await store.jobs.delete(fixture.cluster.id, job.name);
      const later = now + 1_000;
      // The newer one is there, or goes first.
      while ((await store.maintenance.deleteRunsEndedBefore(later, 1)) > 0) {
        if ((await store.runs.find(again.id)) !== null)
          expect(await store.runs.find(child.id)).not.toBeNull();
      }
      for (const { id } of [run, again, child]) expect(await store.runs.find(id)).toBeNull();
      expect((await store.batches.standing(run.id)).tables).toBe(0);
    });

    it('stay in the history as long as a part left something behind', async () => {
      const { job, run } = await parentRun();
      const child = await childOf(run, 0);
      const trace = {
        runId: child.id,
        clusterId: run.clusterId,
        jobId: job.id,
        fromLink: null,
        toLink: null,
      };
      await store.traces.put({ ...trace, state: 'removing', dueAt: now, attempts: 0 });
      await end(child, 'failed');
      await end(run, 'failed');
      await store.jobs.delete(fixture.cluster.id, job.name);
      await store.maintenance.deleteRunsEndedBefore(now + 1_000, 100);
      expect(await store.runs.find(run.id)).not.toBeNull();
      expect(await store.runs.find(child.id)).not.toBeNull();
      await store.traces.remove(child.id);
      await store.maintenance.deleteRunsEndedBefore(now + 1_000, 100);
      expect(await store.runs.find(child.id)).toBeNull();
    });
  });
}
