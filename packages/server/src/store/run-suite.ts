import { beforeAll, describe, expect, it } from 'vitest';
import type { ClusterRecord, JobRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { sampleCounts, samplePlan, sampleRun, sampleTime } from './sample-records.ts';
import { Conflict } from './store.ts';
import { leaseMs, now, type StoreFixture } from './store-fixture.ts';

/** The part of the store's suite that is about runs: their queue, leases, fences, plans and checkpoints. */
export function runSuite(fixtureOf: () => StoreFixture): void {
  describe('runs', () => {
    let fixture: StoreFixture;
    let store: OpenedStore;
    let cluster: ClusterRecord;

    beforeAll(() => {
      fixture = fixtureOf();
      ({ store, cluster } = fixture);
    });

    it('lets one of 50 starts of a job win, and numbers without gaps', async () => {
      const job = await fixture.createJob();
      const before = (await fixture.createRun()).submissionId;
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, () => store.runs.create(sampleRun(job, cluster.projectId))),
      );
      const won = outcomes.filter((each) => each.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const each of outcomes)
        if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(Conflict);
      expect(won[0]?.value.submissionId).toBe(before + 1);
      expect((await fixture.createRun()).submissionId).toBe(before + 2);
    });

    it("carries a renamed job's runs along, and leaves those of another job of the old name", async () => {
      const job = await fixture.createJob();
      const run = await fixture.createRun(job);
      const claimed = await fixture.claimRun(run.id);
      await store.runs.change({ runId: run.id, fence: claimed.fence }, { state: 'succeeded' }, now);
      const renamed = `${job.name}-renamed`;
      await store.jobs.update({ ...job, name: renamed });
      expect((await store.runs.latest(cluster.id, renamed))?.id).toBe(run.id);
      expect(await store.runs.latest(cluster.id, job.name)).toBeNull();
    });

    it('gives each of 50 jobs started at once its own number', async () => {
      const jobs: JobRecord[] = [];
      for (let i = 0; i < 50; i += 1) jobs.push(await fixture.createJob());
      const runs = await Promise.all(jobs.map((job) => fixture.createRun(job)));
      expect(new Set(runs.map((run) => run.submissionId)).size).toBe(50);
    });

    it('allows the next run once the first has ended', async () => {
      const job = await fixture.createJob();
      const first = await fixture.createRun(job);
      const claimed = await fixture.claimRun(first.id);
      await store.runs.change(
        { runId: first.id, fence: claimed.fence },
        { state: 'succeeded', endedAt: now },
        now,
      );
      const second = await fixture.createRun(job);
      expect(second.submissionId).toBeGreaterThan(first.submissionId);
      expect(await store.runs.latest(cluster.id, job.name)).toEqual(second);
      const { runs, total } = await store.runs.history(cluster.id, job.name, 1, 0);
      expect([total, runs.map((run) => run.id)]).toEqual([2, [second.id]]);
      expect((await store.runs.history(cluster.id, job.name, 9, 1)).runs.map((run) => run.id)).toEqual([
        first.id,
      ]);
      const latest = await store.runs.latestOfMany(cluster.id, [
        job.name,
        'absent',
        (await fixture.createJob()).name,
      ]);
      expect([...latest]).toEqual([[job.name, second]]);
      expect((await store.runs.latestOfMany(cluster.id, [])).size).toBe(0);
    });

    it('gives a run to one of many claims, and again when the lease is over, with a higher fence', async () => {
      await fixture.drain();
      const run = await fixture.createRun();
      await fixture.claimRun(run.id, 'first');
      const late = now + leaseMs;
      expect(await store.runs.claim('first', late, leaseMs)).toBeNull();
      expect(await store.runs.claim('second', late, leaseMs)).toBeNull();
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.runs.claim(`o${i}`, late + 1, leaseMs)),
      );
      const won = claims.filter((each) => each !== null);
      expect(won).toHaveLength(1);
      expect(won[0]).toMatchObject({ id: run.id, fence: 2, leaseUntil: late + 1 + leaseMs });
    });

    it('gives a run that another engine holds to nobody', async () => {
      await fixture.drain();
      const run = await fixture.createRun();
      const { fence } = await fixture.claimRun(run.id);
      const claim = { runId: run.id, fence };
      await store.runs.change(claim, { state: 'unknown' }, now);
      const late = now + 10 * leaseMs;
      expect(await store.runs.claim('b', late, leaseMs)).toBeNull();
      await store.runs.releaseLeases('a');
      expect(await store.runs.claim('b', late, leaseMs)).toBeNull();
      expect(await store.runs.find(run.id)).toMatchObject({ state: 'unknown', fence });
      // It still is the job's run: another one may not start beside it.
      await expect(fixture.createRun({ ...run.job, id: run.jobId })).rejects.toThrow(Conflict);
      await store.runs.change(claim, { state: 'stopped' }, now);
    });

    it('drops the leases of one owner, so that its runs are claimable at once', async () => {
      await fixture.drain();
      const mine = await fixture.createRun();
      await fixture.claimRun(mine.id, 'mine');
      const other = await fixture.createRun();
      await fixture.claimRun(other.id, 'other');
      expect(await store.runs.releaseLeases('mine')).toBe(1);
      expect(await store.runs.releaseLeases('mine')).toBe(0);
      expect(await store.runs.claim('mine', now, leaseMs)).toMatchObject({ id: mine.id, fence: 2 });
      expect(await store.runs.claim('mine', now, leaseMs)).toBeNull();
    });

    it('hands out as many runs as there are to as many claims, the oldest first', async () => {
      await fixture.drain();
      const ids: string[] = [];
      for (let i = 0; i < 20; i += 1) {
        const run = sampleRun(await fixture.createJob(), cluster.projectId);
        ids.push((await store.runs.create({ ...run, createdAt: sampleTime + i })).id);
      }
      expect((await store.runs.active(cluster.id)).map((run) => run.id)).toEqual(ids);
      expect((await store.runs.claim('a', now, leaseMs))?.id).toBe(ids[0]);
      const claims = await Promise.all(Array.from({ length: 19 }, () => store.runs.claim('a', now, leaseMs)));
      expect(new Set(claims.map((run) => run?.id))).toEqual(new Set(ids.slice(1)));
      expect(await store.runs.claim('a', now, leaseMs)).toBeNull();
    });

    it('refuses everything to a claim that was overtaken', async () => {
      const run = await fixture.createRun();
      const old = await fixture.claimRun(run.id, 'old');
      const stale = { runId: run.id, fence: old.fence };
      expect(await store.runs.storePlan(stale, samplePlan(2), now)).toBe(true);
      const later = now + leaseMs + 1;
      const fresh = await fixture.claimRun(run.id, 'new', later);
      const before = await store.runs.find(run.id);

      expect(await store.runs.heartbeat(stale, later, leaseMs)).toBe(false);
      expect(await store.runs.change(stale, { state: 'succeeded' }, later)).toBeNull();
      expect(await store.runs.storePlan(stale, samplePlan(1), later)).toBe(false);
      const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: false };
      expect(await store.runs.checkpoint(stale, 0, checkpoint, later)).toBeNull();
      expect(await store.runs.find(run.id)).toEqual(before);
      expect(await store.runs.slices(run.id)).toHaveLength(2);

      const held = { runId: run.id, fence: fresh.fence };
      expect(await store.runs.heartbeat(held, later, leaseMs)).toBe(true);
      expect((await store.runs.change(held, { state: 'running', startedAt: later }, later))?.state).toBe(
        'running',
      );
    });

    it('never changes a run that has ended, not even for its last claim', async () => {
      const run = await fixture.createRun();
      const { fence } = await fixture.claimRun(run.id);
      const claim = { runId: run.id, fence };
      await store.runs.storePlan(claim, samplePlan(1), now);
      const failure = {
        code: 'Cdm.0001',
        summary: { en: 's', zh: '摘' },
        details: { en: 'd', zh: '详' },
      };
      const ended = await store.runs.change(
        claim,
        { state: 'failed', endedAt: now, failure, isPrepared: true },
        now,
      );
      expect(ended).toMatchObject({
        state: 'failed',
        endedAt: now,
        failure,
        isPrepared: true,
        leaseOwner: null,
        leaseUntil: 0,
      });
      expect(await store.runs.change(claim, { state: 'succeeded' }, now + 1)).toBeNull();
      expect(await store.runs.heartbeat(claim, now + 1, leaseMs)).toBe(false);
      expect(await store.runs.storePlan(claim, samplePlan(3), now + 1)).toBe(false);
      const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: true };
      expect(await store.runs.checkpoint(claim, 0, checkpoint, now + 1)).toBeNull();
      expect(await store.runs.requestStop(cluster.id, run.jobName, 'u', now + 1)).toBeNull();
      expect(await store.runs.find(run.id)).toEqual(ended);
    });

    it('sums checkpoints of slices that commit at once, and ignores late ones', async () => {
      const run = await fixture.createRun();
      const { fence } = await fixture.claimRun(run.id);
      const claim = { runId: run.id, fence };
      const plan = samplePlan(1_200);
      await store.runs.storePlan(claim, plan, now);
      expect((await store.runs.find(run.id))?.plan).toEqual(plan);
      const at = (sequence: number, rows: number) => ({
        sequence,
        position: { after: rows },
        counts: sampleCounts(rows),
        isComplete: rows === 20,
      });
      await Promise.all(
        Array.from({ length: 30 }, (_, no) => store.runs.checkpoint(claim, no, at(1, 10), now)),
      );
      const totals = await store.runs.checkpoint(claim, 0, at(2, 20), now);
      expect(totals).toEqual({
        rowsRead: 310,
        rowsWritten: 280,
        rowsSkipped: 30,
        bytesRead: 31_000,
        bytesWritten: 27_900,
      });
      expect(await store.runs.checkpoint(claim, 0, at(1, 10), now)).toEqual(totals);
      expect(await store.runs.checkpoint(claim, 0, at(2, 20), now)).toEqual(totals);
      expect((await store.runs.find(run.id))?.counts).toEqual(totals);
      const slices = await store.runs.slices(run.id);
      expect(slices).toHaveLength(1_200);
      expect(slices[0]).toEqual({
        runId: run.id,
        no: 0,
        slice: plan.slices[0],
        checkpoint: at(2, 20),
        attempts: 0,
        times: null,
      });
      expect(slices[1_199]?.checkpoint).toBeNull();
      await expect(store.runs.checkpoint(claim, 1_200, at(1, 1), now)).rejects.toThrow('no slice 1200');
      await expect(store.runs.storePlan(claim, samplePlan(1), now)).rejects.toThrow('has checkpoints');
      expect(await store.runs.slices(run.id)).toHaveLength(1_200);
    });

    it('keeps beside a checkpoint what the slice has cost, and a report without it leaves it', async () => {
      const run = await fixture.createRun();
      const { fence } = await fixture.claimRun(run.id);
      const claim = { runId: run.id, fence };
      await store.runs.storePlan(claim, samplePlan(2), now);
      const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: false };
      const times = { sourceMs: 1, destinationMs: 2_147_483_648, commitMs: 3, workMs: 4 };
      await store.runs.checkpoint(claim, 0, checkpoint, now, { attempts: 3, times });
      await store.runs.checkpoint(claim, 0, { ...checkpoint, sequence: 2 }, now);
      const late = { attempts: 1, times: null };
      await store.runs.checkpoint(claim, 0, checkpoint, now, late);
      expect((await store.runs.slices(run.id)).map(({ attempts, times }) => ({ attempts, times }))).toEqual([
        { attempts: 3, times },
        { attempts: 0, times: null },
      ]);
    });

    it('replaces a plan that nothing was done under', async () => {
      const run = await fixture.createRun();
      const { fence } = await fixture.claimRun(run.id);
      await store.runs.storePlan({ runId: run.id, fence }, samplePlan(3), now);
      await store.runs.storePlan({ runId: run.id, fence }, samplePlan(2), now);
      expect((await store.runs.slices(run.id)).map((slice) => slice.no)).toEqual([0, 1]);
    });

    it('remembers who asked first for a stop', async () => {
      const run = await fixture.createRun();
      expect((await store.runs.requestStop(cluster.id, run.jobName, 'one', now))?.stopRequestedBy).toBe(
        'one',
      );
      const again = await store.runs.requestStop(cluster.id, run.jobName, 'two', now + 1);
      expect(again).toMatchObject({ id: run.id, stopRequestedBy: 'one', state: 'queued' });
      expect(await store.runs.requestStop(cluster.id, 'absent', 'one', now)).toBeNull();
    });

    it('keeps numbers beyond 32 bits', async () => {
      const run = await fixture.createRun();
      const { fence } = await fixture.claimRun(run.id);
      const counts = { ...sampleCounts(10), bytesRead: 2 ** 53 - 1, rowsRead: 5_000_000_000 };
      const changed = await store.runs.change({ runId: run.id, fence }, { counts }, now);
      expect(changed?.counts).toEqual(counts);
    });
  });
}
