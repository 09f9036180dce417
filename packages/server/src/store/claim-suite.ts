import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterRecord, RunRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { sampleCluster, sampleJob, sampleRun, sampleTime } from './sample-records.ts';
import type { Claimable } from './store.ts';
import { leaseMs, now, type StoreFixture } from './store-fixture.ts';

/** The part of the store's suite that is about whose run is claimed: by cluster, and what is only to be stopped. */
export function claimSuite(fixtureOf: () => StoreFixture): void {
  describe('claims by cluster', () => {
    let fixture: StoreFixture;
    let store: OpenedStore;
    let projectId: string;

    beforeAll(() => {
      fixture = fixtureOf();
      ({
        store,
        cluster: { projectId },
      } = fixture);
    });
    beforeEach(() => fixture.drain());

    async function newCluster(): Promise<ClusterRecord> {
      const cluster = sampleCluster(projectId);
      await store.clusters.create(cluster);
      return cluster;
    }

    async function queue(cluster: ClusterRecord, change: Partial<RunRecord> = {}): Promise<RunRecord> {
      const job = await store.jobs.create(sampleJob(cluster.id, `job-${++jobs}`));
      return await store.runs.create({ ...sampleRun(job, projectId), ...change });
    }
    let jobs = 0;

    const of = (cluster: ClusterRecord, isStopping = false): Claimable => ({
      projectId,
      clusterId: cluster.id,
      isStopping,
    });
    const claimable = async (at = now, limit = 100) => new Set(await store.runs.claimable(at, limit));

    it('names each cluster that has a run to claim once, and no other', async () => {
      const [busy, two, late] = [await newCluster(), await newCluster(), await newCluster()];
      expect(await claimable()).toEqual(new Set());
      await queue(busy);
      for (let i = 0; i < 3; i += 1) await queue(two);
      await queue(late, { notBefore: now + 5 });
      expect(await claimable()).toEqual(new Set([of(busy), of(two)]));
      await store.runs.claim('a', now, leaseMs, of(busy));
      expect(await claimable()).toEqual(new Set([of(two)]));
      expect(await claimable(now + 5)).toEqual(new Set([of(two), of(late)]));
      // A lease that is over leaves its run to be claimed again.
      expect(await claimable(now + leaseMs + 1)).toEqual(new Set([of(busy), of(two), of(late)]));
      expect((await claimable(now, 1)).size).toBe(1);
    });

    it('takes the oldest of the cluster that is asked for', async () => {
      const [one, other] = [await newCluster(), await newCluster()];
      await queue(other, { createdAt: sampleTime - 9 });
      const young = await queue(one, { createdAt: sampleTime + 1 });
      const old = await queue(one, { createdAt: sampleTime });
      expect((await store.runs.claim('a', now, leaseMs, of(one)))?.id).toBe(old.id);
      expect((await store.runs.claim('a', now, leaseMs, of(one)))?.id).toBe(young.id);
      expect(await store.runs.claim('a', now, leaseMs, of(one))).toBeNull();
      expect(await claimable()).toEqual(new Set([of(other)]));
    });

    it('gives each run of a cluster to one of many claims at once', async () => {
      const cluster = await newCluster();
      for (let i = 0; i < 10; i += 1) await queue(cluster);
      const claims = await Promise.all(
        Array.from({ length: 25 }, (_, i) => store.runs.claim(`o${i % 3}`, now, leaseMs, of(cluster))),
      );
      const won = claims.filter((run) => run !== null);
      expect(won).toHaveLength(10);
      expect(new Set(won.map((run) => run.id)).size).toBe(10);
    });

    it('tells runs that are only to be stopped apart, also in a cluster with others', async () => {
      const cluster = await newCluster();
      await queue(cluster, { createdAt: sampleTime - 1 });
      const doomed = await queue(cluster);
      await store.runs.requestStop(cluster.id, doomed.jobName, 'ada', now);
      expect(await claimable()).toEqual(new Set([of(cluster), of(cluster, true)]));
      expect((await store.runs.claim('a', now, leaseMs, of(cluster, true)))?.id).toBe(doomed.id);
      expect(await store.runs.claim('a', now, leaseMs, of(cluster, true))).toBeNull();
      expect(await claimable()).toEqual(new Set([of(cluster)]));
    });

    it('does not let a run wait for its time that is to be stopped', async () => {
      const cluster = await newCluster();
      const paused = await queue(cluster, { notBefore: now + 10_000 });
      expect(await claimable()).toEqual(new Set());
      await store.runs.requestStop(cluster.id, paused.jobName, 'ada', now);
      expect(await claimable()).toEqual(new Set([of(cluster), of(cluster, true)]));
      expect((await store.runs.claim('a', now, leaseMs, of(cluster)))?.id).toBe(paused.id);
    });
  });
}
