import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually, RunRig } from '../scheduler/test-rig-suite.ts';
import {
  createNumbers,
  createPostgresSide,
  createTarget,
  fingerprint,
  fingerprintOf,
  type Holder,
  hasServers,
  lockTable,
  type Side,
} from '../scheduler/test-sides-suite.ts';
import type { RunRecord } from '../store/model.ts';
import { atOnce } from './cluster-actions.ts';
import { ClusterService } from './cluster-service.ts';

const rows = 5_000;

/** Real runs in real worker processes, while their cluster is switched. */
describe.skipIf(!hasServers)('the life of a cluster with runs', { timeout: 60_000 }, () => {
  let side: Side;
  let rig: RunRig;
  let clusters: ClusterService;
  let holder: Holder | null = null;
  let tables = 0;
  let target = '';

  beforeAll(async () => {
    side = await createPostgresSide();
    await createNumbers(side, 'source', rows);
  });
  afterAll(() => side?.drop());

  beforeEach(async () => {
    rig = await RunRig.open();
    clusters = serviceOf(rig);
    await clusters.resume();
  });
  afterEach(async () => {
    await holder?.release();
    holder = null;
    await clusters.close();
    await rig.close();
  });

  function serviceOf({ store, desk, pool }: RunRig): ClusterService {
    return new ClusterService({
      store,
      runs: desk,
      traces: desk.traces,
      pools: pool,
      timers: {
        now: Date.now,
        after(ms, work) {
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
      },
      newId: randomUUID,
      log: () => undefined,
    });
  }

  const find = () => clusters.find(rig.cluster.projectId, rig.cluster.id);
  const request = (wish: Parameters<ClusterService['actions']['request']>[2]) =>
    clusters.actions.request(rig.cluster.projectId, rig.cluster.id, wish, 'grace');
  const until = (status: string) =>
    eventually(`the cluster is ${status}`, async () => (await find()).status === status);
  const pids = () => rig.pool.instances(rig.cluster.id).map(({ pid }) => pid);

  /** A run whose slice waits for a lock on its table. */
  async function heldRun(): Promise<RunRecord> {
    target = `target_${++tables}`;
    await createTarget(side, target);
    const own = await side.holder();
    holder = own;
    rig.pool.before = async (kind) => {
      if (kind !== 'slice') return;
      rig.pool.before = () => undefined;
      await lockTable(own, side, target);
    };
    const run = await rig.start(await rig.job({ from: side, to: side, toTable: target }));
    await eventually('a session waits for the lock', async () => (await side.waiting()) > 0);
    return run;
  }

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  test('a restart replaces every worker process, and the run goes on in new ones', async () => {
    const run = await heldRun();
    const before = pids();
    expect(before.length).toBeGreaterThan(0);
    await request(atOnce('restart'));
    expect((await find()).status).toBe('500');
    await until('200');
    expect(before.filter(isAlive)).toEqual([]);
    expect((await rig.find(run)).state).not.toBe('failed');
    await holder?.release();
    expect(await rig.ended(run)).toMatchObject({ state: 'succeeded', counts: { rowsWritten: rows } });
    expect((await rig.find(run)).fence).toBeGreaterThan(1);
    expect(pids().filter((pid) => before.includes(pid))).toEqual([]);
    expect(await fingerprint(side, target)).toBe(fingerprintOf(rows));
  });

  test('a graceful stop waits for the run, and ends the workers after it', async () => {
    const run = await heldRun();
    const before = pids();
    await request({ name: 'stop', patience: 'drain', delaySeconds: null });
    await sleep(1_500);
    expect([(await find()).status, (await rig.find(run)).state]).toEqual(['910', 'running']);
    expect(before.every(isAlive)).toBe(true);
    await holder?.release();
    await until('900');
    expect(await rig.find(run)).toMatchObject({ state: 'succeeded', counts: { rowsWritten: rows } });
    expect([before.filter(isAlive), pids()]).toEqual([[], []]);
    expect(await fingerprint(side, target)).toBe(fingerprintOf(rows));
  });

  test('a graceful stop with a time ends the run after it', async () => {
    const run = await heldRun();
    const askedAt = Date.now();
    await request({ name: 'stop', patience: 'drain', delaySeconds: 1 });
    await until('900');
    expect(Date.now() - askedAt).toBeGreaterThanOrEqual(1_000);
    expect(await rig.find(run)).toMatchObject({ state: 'stopped', stopRequestedBy: 'grace' });
    expect(pids()).toEqual([]);
  });

  test('an immediate stop ends the run; after a start the cluster works again', async () => {
    const run = await heldRun();
    const before = pids();
    await request(atOnce('stop'));
    await until('900');
    expect(await rig.find(run)).toMatchObject({ state: 'stopped' });
    expect(before.filter(isAlive)).toEqual([]);
    await holder?.release();
    await request(atOnce('start'));
    await until('200');
    const again = await rig.run({ from: side, to: side, toTable: target });
    expect(again).toMatchObject({ state: 'succeeded' });
    expect(await fingerprint(side, target)).toBe(fingerprintOf(rows));
  });

  test('a server that dies during a graceful stop goes on with the run and with the wait', async () => {
    const run = await heldRun();
    await request({ name: 'stop', patience: 'drain', delaySeconds: null });
    await clusters.close();
    const { cluster, dataFolder } = rig;
    await rig.close(true);
    rig = await RunRig.open({ dataFolder: dataFolder ?? '' }, cluster);
    clusters = serviceOf(rig);
    await clusters.resume();
    await eventually('the new attempt waits for the lock', async () => (await side.waiting()) > 0);
    expect((await find()).status).toBe('910');
    await holder?.release();
    await until('900');
    expect(await rig.find(run)).toMatchObject({ state: 'succeeded', counts: { rowsWritten: rows } });
    expect(await fingerprint(side, target)).toBe(fingerprintOf(rows));
  });
});
