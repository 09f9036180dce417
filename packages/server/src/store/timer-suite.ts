import { describe, expect, it } from 'vitest';
import { sampleRun } from './sample-records.ts';
import { leaseMs, now, type StoreFixture } from './store-fixture.ts';

/** What a store promises about the timers of jobs. */
export function timerSuite(fixtureOf: () => StoreFixture): void {
  describe('timers', () => {
    const timing = '{"unit":"day"}';

    it('keeps one a job, and it goes with its job', async () => {
      const { store, cluster } = fixtureOf();
      const job = await fixtureOf().createJob();
      const timer = { jobId: job.id, timing, dueAt: now + 5_000_000_000 };
      expect(await store.timers.find(job.id)).toBeNull();
      await store.timers.put({ ...timer, dueAt: 1 });
      await store.timers.put(timer);
      expect(await store.timers.find(job.id)).toEqual(timer);
      expect(await store.jobs.findById(job.id)).toEqual(job);
      expect(await store.jobs.timedIds()).toContain(job.id);
      await store.jobs.delete(cluster.id, job.name);
      expect(await store.timers.find(job.id)).toBeNull();
      expect(await store.timers.remove(job.id)).toBe(false);
      expect(await store.jobs.findById(job.id)).toBeNull();
    });

    it('tells whether a job of a cluster will be due', async () => {
      const { store, cluster } = fixtureOf();
      const job = await fixtureOf().createJob();
      expect(await store.timers.isAnySet(cluster.id)).toBe(false);
      await store.timers.put({ jobId: job.id, timing, dueAt: null });
      expect(await store.timers.isAnySet(cluster.id)).toBe(false);
      await store.timers.put({ jobId: job.id, timing, dueAt: now + 1 });
      expect(await store.timers.isAnySet(cluster.id)).toBe(true);
      expect(await store.timers.isAnySet('other')).toBe(false);
      await store.timers.remove(job.id);
    });

    it('gives what is due to one of many takers, the oldest first, and nothing that is not', async () => {
      const { store } = fixtureOf();
      const jobs = [];
      for (let i = 0; i < 6; i += 1) jobs.push(await fixtureOf().createJob());
      for (const [i, job] of jobs.entries()) {
        await store.timers.put({ jobId: job.id, timing, dueAt: now - 100 + (i === 5 ? 101 : i) });
      }
      const first = await store.transaction((tx) => tx.timers.lockDue(now));
      expect(first?.jobId).toBe(jobs[0]?.id);
      const take = () =>
        store.transaction(async (tx) => {
          const timer = await tx.timers.lockDue(now);
          if (timer !== null) await tx.timers.remove(timer.jobId);
          return timer?.jobId ?? null;
        });
      const taken: (number | null)[] = [];
      for (let round = 0; round < 4; round += 1) {
        taken.push(...(await Promise.all(Array.from({ length: 4 }, take))));
      }
      const ids = taken.filter((id) => id !== null);
      expect(ids).toHaveLength(5);
      expect(new Set(ids)).toEqual(new Set(jobs.slice(0, 5).map(({ id }) => id)));
      expect(await store.timers.remove(jobs[5]?.id ?? 0)).toBe(true);
    });

    it('leaves a taken moment where it was when its transaction fails', async () => {
      const { store } = fixtureOf();
      const job = await fixtureOf().createJob();
      await store.timers.put({ jobId: job.id, timing, dueAt: now });
      const crash = store.transaction(async (tx) => {
        await tx.timers.lockDue(now);
        await tx.timers.put({ jobId: job.id, timing, dueAt: now + 1 });
        throw new Error('crash');
      });
      await expect(crash).rejects.toThrow('crash');
      expect((await store.timers.find(job.id))?.dueAt).toBe(now);
      await store.timers.remove(job.id);
    });

    it('does not hand out a run before its time', async () => {
      const fixture = fixtureOf();
      const { store, cluster } = fixture;
      await fixture.drain();
      const job = await fixture.createJob();
      const later = { ...sampleRun(job, cluster.projectId), attempt: 2, notBefore: now + 10 };
      const run = await store.runs.create(later);
      expect(run).toMatchObject({ attempt: 2, notBefore: now + 10 });
      expect(await store.runs.claim('a', now + 9, leaseMs)).toBeNull();
      expect(await store.runs.claim('a', now + 10, leaseMs)).toMatchObject({ id: run.id });
      await fixture.drain();
    });
  });
}
