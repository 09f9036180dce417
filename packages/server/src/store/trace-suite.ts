import { beforeAll, describe, expect, it } from 'vitest';
import type { JobRecord, RunRecord, TraceRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { newId, sampleCounts, sampleLink, samplePlan, sampleRun } from './sample-records.ts';
import { Conflict, NotResumable } from './store.ts';
import { now, type StoreFixture } from './store-fixture.ts';

const retry = { firstPauseMs: 1_000, longestPauseMs: 3_000 };

/** The part of the store's suite that is about what ended runs leave, and about runs that carry on another. */
export function traceSuite(fixtureOf: () => StoreFixture): void {
  describe('traces and resumed runs', () => {
    let fixture: StoreFixture;
    let store: OpenedStore;

    beforeAll(() => {
      fixture = fixtureOf();
      ({ store } = fixture);
    });

    /** A run that failed with one of three slices committed, and its trace. */
    async function failedRun(given?: JobRecord): Promise<{ job: JobRecord; run: RunRecord }> {
      const job = given ?? (await fixture.createJob());
      const created = await fixture.createRun(job);
      const claim = { runId: created.id, fence: (await fixture.claimRun(created.id)).fence };
      await store.runs.storePlan(claim, samplePlan(3), now);
      const checkpoint = { sequence: 2, position: null, counts: sampleCounts(10), isComplete: true };
      await store.runs.checkpoint(claim, 1, checkpoint, now);
      const run = await store.runs.change(claim, { state: 'failed', isPrepared: true }, now);
      if (run === null) throw new Error('the claim was lost');
      await store.traces.put(traceOf(run));
      return { job, run };
    }

    function traceOf(run: RunRecord, more: Partial<TraceRecord> = {}): TraceRecord {
      return {
        runId: run.id,
        clusterId: run.clusterId,
        jobId: run.jobId,
        fromLink: { id: 1, options: { 'linkConfig.host': 'a' } },
        toLink: { id: 2, options: { 'linkConfig.host': 'b', 'linkConfig.properties': { x: '"' } } },
        state: 'kept',
        dueAt: now + 1_000,
        attempts: 0,
        ...more,
      };
    }

    function resumed({ job, run }: { job: JobRecord; run: RunRecord }) {
      const { plan, counts } = run;
      const fresh = sampleRun(job, fixture.cluster.projectId);
      return { ...fresh, plan, counts, isPrepared: true, resumesRunId: run.id };
    }

    /** Takes what other tests left. */
    async function drainDue(at: number): Promise<void> {
      for (let due = await store.traces.takeDue(at, retry); due !== null; ) {
        await store.traces.remove(due.runId);
        due = await store.traces.takeDue(at, retry);
      }
    }

    it('gives back what was put', async () => {
      const { run } = await failedRun();
      expect(await store.traces.find(run.id)).toEqual(traceOf(run));
      const gone = traceOf(run, { fromLink: null, toLink: null, state: 'removing', attempts: 3 });
      await store.traces.put(gone);
      expect(await store.traces.find(run.id)).toEqual(gone);
      await store.traces.remove(run.id);
      expect(await store.traces.find(run.id)).toBeNull();
    });

    it('carries a run on with its plan, slices, checkpoints and counts, in place of its trace', async () => {
      const failed = await failedRun();
      const run = await store.runs.createResumed(resumed(failed), now);
      expect(run.submissionId).toBeGreaterThan(failed.run.submissionId);
      expect(await store.runs.find(run.id)).toEqual(run);
      expect(run).toMatchObject({ resumesRunId: failed.run.id, plan: failed.run.plan });
      expect(run.counts).toEqual(failed.run.counts);
      const slices = await store.runs.slices(run.id);
      expect(slices).toEqual(
        (await store.runs.slices(failed.run.id)).map((slice) => ({ ...slice, runId: run.id })),
      );
      expect(slices.map(({ checkpoint }) => checkpoint?.sequence)).toEqual([undefined, 2, undefined]);
      expect(await store.traces.find(failed.run.id)).toBeNull();
      // Its own checkpoints are summed with those it took over.
      const claim = { runId: run.id, fence: (await fixture.claimRun(run.id)).fence };
      const checkpoint = { sequence: 1, position: null, counts: sampleCounts(7), isComplete: true };
      expect((await store.runs.checkpoint(claim, 0, checkpoint, now))?.rowsRead).toBe(17);
      expect((await store.runs.find(failed.run.id))?.counts.rowsRead).toBe(10);
    });

    it('lets one of 20 resumes win, and leaves no trace of the others', async () => {
      const failed = await failedRun();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => store.runs.createResumed(resumed(failed), now)),
      );
      const won = outcomes.filter((each) => each.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const each of outcomes)
        if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(Conflict);
      expect((await store.runs.history(fixture.cluster.id, failed.job.name, 30, 0)).total).toBe(2);
    });

    it('lets one of a start and a resume at once win', async () => {
      for (let i = 0; i < 5; i++) {
        const failed = await failedRun();
        const start = store.transaction(async (tx) => {
          const run = await tx.runs.create(sampleRun(failed.job, fixture.cluster.projectId));
          await tx.traces.doom({ jobId: failed.job.id });
          return run;
        });
        const outcomes = await Promise.allSettled([start, store.runs.createResumed(resumed(failed), now)]);
        expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
        const trace = await store.traces.find(failed.run.id);
        // Started: the trace is to be removed. Resumed: the run has taken it over.
        expect(trace?.state ?? null).toBe(outcomes[0]?.status === 'fulfilled' ? 'removing' : null);
      }
    });

    it.each([
      ['without a trace', (run: RunRecord) => store.traces.remove(run.id)],
      ['whose trace is being removed', (run: RunRecord) => store.traces.doom({ jobId: run.jobId })],
      ['whose time is over', (run: RunRecord) => store.traces.put(traceOf(run, { dueAt: now }))],
    ])('does not carry on a run %s', async (_, spoil) => {
      const failed = await failedRun();
      await spoil(failed.run);
      const before = await store.traces.find(failed.run.id);
      await expect(store.runs.createResumed(resumed(failed), now)).rejects.toThrow(NotResumable);
      expect(await store.traces.find(failed.run.id)).toEqual(before);
      expect((await store.runs.history(fixture.cluster.id, failed.job.name, 9, 0)).total).toBe(1);
    });

    it('does not carry on a run that is not the newest of its job', async () => {
      const failed = await failedRun();
      await failedRun(failed.job);
      await expect(store.runs.createResumed(resumed(failed), now)).rejects.toThrow(NotResumable);
    });

    it('gives a due trace to one taker, and again after a pause that grows to its limit', async () => {
      await drainDue(now * 2);
      const { run } = await failedRun();
      expect(await store.traces.takeDue(now, retry)).toBeNull();
      const at = now + 1_000;
      const taken = (
        await Promise.all(Array.from({ length: 10 }, () => store.traces.takeDue(at, retry)))
      ).filter((each) => each !== null && each.runId === run.id);
      expect(taken).toEqual([traceOf(run, { state: 'removing', attempts: 1, dueAt: at + 1_000 })]);
      const pauses: number[] = [];
      for (let due = at + 1_000, i = 0; i < 4; i++) {
        const again = await store.traces.takeDue(due, retry);
        expect(again?.runId).toBe(run.id);
        pauses.push((again?.dueAt ?? 0) - due);
        due = again?.dueAt ?? 0;
      }
      expect(pauses).toEqual([2_000, 3_000, 3_000, 3_000]);
      await store.traces.remove(run.id);
    });

    it('dooms and lists by job, by destination link and by cluster', async () => {
      const link = await store.links.create(sampleLink(fixture.cluster.id, `link-${newId()}`));
      expect(await store.links.findById(link.id)).toEqual(link);
      expect(await store.links.findById(link.id + 1_000_000)).toBeNull();
      const one = (await failedRun()).run;
      const other = (await failedRun()).run;
      await store.traces.put(traceOf(one, { toLink: { id: link.id, options: {} } }));
      const clusterId = fixture.cluster.id;
      const listed = async (scope: Parameters<typeof store.traces.list>[0], limit = 1_000) =>
        (await store.traces.list(scope, limit)).map((trace) => trace.runId);
      expect(await listed({ clusterId, linkId: link.id })).toEqual([one.id]);
      expect(await listed({ jobId: other.jobId })).toEqual([other.id]);
      expect(await listed({ clusterId })).toEqual(expect.arrayContaining([one.id, other.id]));
      expect(await listed({ clusterId }, 1)).toHaveLength(1);
      await store.traces.doom({ clusterId, linkId: link.id });
      expect(await store.traces.find(one.id)).toMatchObject({ state: 'removing', dueAt: 0 });
      expect(await store.traces.find(other.id)).toEqual(traceOf(other));
    });

    it('dooms the traces of a job that is deleted', async () => {
      const { job, run } = await failedRun();
      await store.jobs.delete(job.clusterId, job.name);
      expect(await store.traces.find(run.id)).toMatchObject({ state: 'removing', dueAt: 0 });
    });

    it('keeps the history of a run for as long as its trace', async () => {
      const { job, run } = await failedRun();
      await store.jobs.delete(job.clusterId, job.name);
      await store.maintenance.deleteRunsEndedBefore(now * 2, 1_000);
      expect(await store.runs.find(run.id)).not.toBeNull();
      await store.traces.remove(run.id);
      await store.maintenance.deleteRunsEndedBefore(now * 2, 1_000);
      expect(await store.runs.find(run.id)).toBeNull();
    });

    it('finds a run by its number in the cluster', async () => {
      const { run } = await failedRun();
      expect((await store.runs.findBySubmission(run.clusterId, run.submissionId))?.id).toBe(run.id);
      expect(await store.runs.findBySubmission(newId(), run.submissionId)).toBeNull();
    });
  });
}
