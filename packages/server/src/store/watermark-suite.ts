import { describe, expect, it } from 'vitest';
import type { StoreFixture } from './store-fixture.ts';

/** What a store promises about how far incremental jobs have come. */
export function watermarkSuite(fixtureOf: () => StoreFixture): void {
  describe('watermarks', () => {
    it('keeps one a job, and it goes with its job', async () => {
      const { store, cluster } = fixtureOf();
      const job = await fixtureOf().createJob();
      expect(await store.watermarks.find(job.id)).toBeNull();
      const mark = {
        jobId: job.id,
        column: '时间',
        place: '["p"]',
        bound: { value: '2026-01-01 00:00:00.000001', isIncluded: false },
        runId: null,
        updatedBy: 'ada',
        updatedAt: 5_000_000_000_000,
      };
      await store.watermarks.put(mark);
      expect(await store.watermarks.find(job.id)).toEqual(mark);
      const next = { ...mark, bound: { value: '7', isIncluded: true }, runId: 'r' };
      await store.watermarks.put(next);
      expect(await store.watermarks.find(job.id)).toEqual(next);
      expect(await store.watermarks.delete(job.id)).toBe(true);
      expect(await store.watermarks.delete(job.id)).toBe(false);
      await store.watermarks.put(mark);
      await store.jobs.delete(cluster.id, job.name);
      expect(await store.watermarks.find(job.id)).toBeNull();
    });
  });
}
