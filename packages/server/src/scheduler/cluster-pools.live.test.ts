import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterRecord, JobRecord, RunRecord } from '../store/model.ts';
import { createSampleCluster, sampleCluster } from '../store/sample-records.ts';
import { eventually, RunRig } from './test-rig-suite.ts';
import {
  createNumbers,
  createPostgresSide,
  createTarget,
  fingerprint,
  fingerprintOf,
  hasServers,
  lockTable,
  type Side,
} from './test-sides-suite.ts';

const rows = 300;

describe.skipIf(!hasServers)('clusters as pools of workers', () => {
  let rig: RunRig;
  let side: Side;
  let tables = 0;

  beforeAll(async () => {
    side = await createPostgresSide();
    await createNumbers(side, 'source', rows);
    await createNumbers(side, 'other_source', rows);
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await side?.drop();
  });

  /** A cluster of the rig's project, opened with so many extractors. */
  async function newCluster(extractorsMax: number): Promise<ClusterRecord> {
    const cluster = sampleCluster(rig.cluster.projectId);
    await rig.store.clusters.create(cluster);
    await rig.pool.open(cluster.id, { extractorsMax, ramGb: extractorsMax });
    return cluster;
  }

  /** Starts a job that copies 300 rows into a table of its own, in a cluster. */
  async function start(cluster: ClusterRecord, fromTable = 'source'): Promise<RunRecord & { table: string }> {
    const toTable = `pooled_${++tables}`;
    await createTarget(side, toTable);
    rig.cluster = cluster;
    const run = await rig.start(await rig.job({ from: side, to: side, fromTable, toTable }));
    return { ...run, table: toTable };
  }

  test('runs of two clusters at once never share a process', async () => {
    const clusters = [await newCluster(2), await newCluster(2)] as const;
    const pids = clusters.map(() => new Set<number>());
    const watch = setInterval(() => {
      for (const [i, { id }] of clusters.entries()) {
        for (const { pid } of rig.pool.instances(id)) pids[i]?.add(pid);
      }
    }, 1);
    for (let round = 0; round < 4; round++) {
      const runs = [await start(clusters[0]), await start(clusters[1])];
      for (const run of runs) {
        expect(await rig.ended(run)).toMatchObject({ state: 'succeeded' });
        expect(await fingerprint(side, run.table)).toBe(fingerprintOf(rows));
      }
    }
    clearInterval(watch);
    const [first, second] = pids as [Set<number>, Set<number>];
    expect(Math.min(first.size, second.size)).toBeGreaterThan(0);
    expect([...first].filter((pid) => second.has(pid))).toEqual([]);
  });

  test('a run beyond what its cluster may drive stays queued, one of another cluster does not wait', async () => {
    const [full, free] = [await newCluster(1), await newCluster(1)];
    const holder = await side.holder();
    await lockTable(holder, side, 'source');
    const held = await start(full);
    await rig.until(held, (run) => run.state !== 'queued');
    const waiting = await start(full, 'other_source');
    expect(await rig.ended(await start(free, 'other_source'))).toMatchObject({ state: 'succeeded' });
    expect(await rig.find(waiting)).toMatchObject({ state: 'queued', leaseOwner: null, fence: 0 });
    await holder.release();
    for (const run of [held, waiting]) expect(await rig.ended(run)).toMatchObject({ state: 'succeeded' });
  });

  test('closing ends what runs with a clear error and leaves what is queued; opening goes on with it', async () => {
    const cluster = await newCluster(1);
    const holder = await side.holder();
    await lockTable(holder, side, 'source');
    const held = await start(cluster);
    await eventually('the run waits for the lock', async () => (await side.waiting()) > 0);
    const queued = await start(cluster, 'other_source');
    const pids = rig.pool.instances(cluster.id).map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(0);
    const closedAt = performance.now();
    await rig.pool.close(cluster.id);
    const ended = await rig.ended(held);
    expect(performance.now() - closedAt).toBeLessThan(5_000);
    expect(ended).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0037' } });
    expect(ended.failure?.summary.en).toContain('stopped, restarted or deleted');
    expect(ended.failure?.summary.zh).toContain('集群');
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await holder.release();

    // The queue looks once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await rig.find(queued)).toMatchObject({ state: 'queued', fence: 0 });
    // A run that nobody drives can be stopped all the same.
    const doomed = await start(cluster);
    await rig.stop(doomed);
    expect(await rig.find(doomed)).toMatchObject({ state: 'stopped' });

    await rig.pool.open(cluster.id, { extractorsMax: 1, ramGb: 1 });
    expect(await rig.ended(queued)).toMatchObject({ state: 'succeeded' });
    expect(await fingerprint(side, queued.table)).toBe(fingerprintOf(rows));
    const again = await rig.start(held.job);
    expect(await rig.ended(again)).toMatchObject({ state: 'succeeded' });
    expect(await fingerprint(side, held.table)).toBe(fingerprintOf(rows));
  });

  test('a lone run of one project does not wait behind 1,000 queued ones of another', {
    timeout: 90_000,
  }, async () => {
    const crowded = await newCluster(4);
    const lone = await createSampleCluster(rig.store);
    await rig.pool.open(lone.id, { extractorsMax: 4, ramGb: 4 });
    await side.sql('CREATE TABLE crowd (id integer, name varchar(40), amount decimal(12,2))');
    rig.cluster = crowded;
    const link = await rig.link('crowd', side.link);
    const wish = { from: side, to: side, toTable: 'crowd', fromLink: link, toLink: link };
    const jobs: JobRecord[] = [];
    for (let i = 0; i < 1_000; i++) jobs.push(await rig.job(wish));
    await Promise.all(jobs.map((job) => rig.start(job)));
    const activeOfCrowd = async () => (await rig.store.runs.active(crowded.id)).length;
    const before = await activeOfCrowd();
    expect(before).toBeGreaterThan(500);

    const begunAt = performance.now();
    const run = await start(lone);
    expect(await rig.ended(run)).toMatchObject({ state: 'succeeded' });
    const ms = performance.now() - begunAt;
    const passed = before - (await activeOfCrowd());
    // Four runs of the crowd were in hand. Behind all of it would be hundreds.
    expect({ ms, passed, isSoon: passed < 60 }).toMatchObject({ isSoon: true });
    await rig.pool.close(crowded.id);
  });
});
