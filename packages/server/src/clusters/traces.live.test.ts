import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { JobService } from '../jobs/job-service.ts';
import { LinkService } from '../jobs/link-service.ts';
import { Egress } from '../runs/egress.ts';
import { runLimits } from '../runs/limits.ts';
import { eventually, RunRig } from '../scheduler/test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  type Holder,
  hasServers,
  lockTable,
  type Side,
} from '../scheduler/test-sides-suite.ts';
import { ZoneClock } from '../scheduler/zone-clock.ts';
import type { JobRecord, RunRecord, TraceRecord } from '../store/model.ts';
import { ClusterService } from './cluster-service.ts';

const kinds = ['postgres', 'mysql'] as const;

describe.skipIf(!hasServers)('what ended runs leave', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;
  let holder: Holder | null = null;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', 180_000);
  });

  afterAll(async () => {
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  beforeEach(async () => {
    rig = await RunRig.open();
  });

  afterEach(async () => {
    await holder?.release();
    holder = null;
    await rig.desk.traces.close();
    await rig.close();
  });

  /** A server that dies and starts again on its store. */
  async function restart(): Promise<void> {
    const { cluster, dataFolder } = rig;
    await rig.desk.traces.close();
    await rig.close(true);
    rig = await RunRig.open({ dataFolder: dataFolder ?? '' }, cluster);
  }

  /** A run that failed, or was stopped, when the first of its slices were committed. */
  async function endedRun(
    to: Side['kind'],
    way: 'fail' | 'stop',
    driver = {},
  ): Promise<{ job: JobRecord; run: RunRecord }> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    const from = to === 'postgres' ? 'mysql' : 'postgres';
    const job = await rig.job({ from: sides[from], to: sides[to], toTable, extractors: 4, driver });
    let run: RunRecord | null = null;
    let seen = 0;
    rig.pool.before = async (kind) => {
      if (kind !== 'slice' || ++seen <= 2) return;
      await eventually('a slice is committed', async () => {
        return run !== null && (await rig.find(run)).counts.rowsWritten > 0;
      });
      // Held now, so that whoever removes the table has to wait.
      if (run !== null) await lockIfWanted(sides[to], run);
      if (run !== null && way === 'stop') await rig.stop(run);
      throw new SluiceError('Cdm.0232', { cause: 'planned by the test' });
    };
    run = await rig.start(job);
    const ended = await rig.ended(run);
    rig.pool.before = () => undefined;
    expect(ended.state).toBe(way === 'fail' ? 'failed' : 'stopped');
    return { job, run: ended };
  }

  const failedRun = (to: Side['kind']) => endedRun(to, 'fail');

  let isLockWanted = false;
  async function lockIfWanted(side: Side, run: RunRecord): Promise<void> {
    if (!isLockWanted) return;
    isLockWanted = false;
    holder = await side.holder();
    const plan = (await rig.find(run)).plan;
    await lockTable(holder, side, `_sluice_run_${plan?.target.runKey}`);
  }

  async function traceOf(run: RunRecord): Promise<TraceRecord> {
    const trace = await rig.store.traces.find(run.id);
    if (trace === null) throw new Error('the run has no trace');
    return trace;
  }

  async function makeDue(run: RunRecord): Promise<void> {
    await rig.store.traces.put({ ...(await traceOf(run)), dueAt: 0 });
  }

  const isGone = (run: RunRecord) => async () => (await rig.store.traces.find(run.id)) === null;

  test.each(kinds)(
    '%s: the table stays for the time of a resume, over a restart, and is removed then',
    async (to) => {
      const { run } = await failedRun(to);
      const trace = await traceOf(run);
      expect(trace).toMatchObject({ state: 'kept', attempts: 0 });
      expect(trace.dueAt - (run.endedAt ?? 0)).toBe(runLimits.resumeWindowMs);
      rig.desk.traces.open();
      await restart();
      expect(await traceOf(run)).toEqual(trace);
      await makeDue(run);
      rig.desk.traces.open();
      await eventually('the trace is gone', isGone(run));
      await expectNoTraces(sides[to]);
      expect(rig.events).toContainEqual({
        event: 'trace.removed',
        fields: { run: run.id, job: run.jobName },
      });
    },
  );

  test.each(kinds)(
    '%s: a table that was locked at the end of a run that cannot be resumed',
    async (to) => {
      isLockWanted = true;
      // The job goes with its run, so nobody could resume it. Where somebody waits for a stop the lock is not waited for long.
      const { job, run } = await endedRun(to, 'stop', { 'schedulerConfig.disposableType': 'DELETE' });
      expect(await rig.store.jobs.find(job.clusterId, job.name)).toBeNull();
      expect(await traceOf(run)).toMatchObject({ state: 'removing', attempts: 0 });
      await restart();
      await holder?.release();
      rig.desk.traces.open();
      expect((await traceOf(run)).dueAt).toBeGreaterThan(Date.now());
      await makeDue(run);
      await restart();
      rig.desk.traces.open();
      await eventually('the trace is gone', isGone(run));
      await expectNoTraces(sides[to]);
    },
    60_000,
  );

  test('a destination that is out of reach is tried again after a pause, and given up at last', async () => {
    const { job, run } = await failedRun('postgres');
    const link = await rig.store.links.find(job.clusterId, job.toLink);
    if (link === null) throw new Error('no link');
    await rig.store.links.update({ ...link, options: { ...link.options, 'linkConfig.username': 'nobody' } });
    await makeDue(run);
    rig.desk.traces.poke();
    await eventually('it was tried', async () =>
      rig.events.some(({ event }) => event === 'trace.not-removed'),
    );
    const tried = await traceOf(run);
    expect(tried).toMatchObject({ state: 'removing', attempts: 1 });
    expect(tried.dueAt - Date.now()).toBeGreaterThan(runLimits.traceFirstPauseMs / 2);
    expect(JSON.stringify(rig.events)).not.toContain(sides.postgres.password);

    await restart();
    await rig.store.traces.put({ ...tried, dueAt: 0, attempts: runLimits.traceAttemptsMax - 1 });
    rig.desk.traces.open();
    await eventually('it is given up', isGone(run));
    expect(rig.events).toContainEqual({
      event: 'trace.abandoned',
      fields: expect.objectContaining({ run: run.id, key: run.plan?.target.runKey }),
    });
    await sides.postgres.sql(`DROP TABLE _sluice_run_${run.plan?.target.runKey}`);
  });

  test('a deleted job is not resumed, and what its runs left goes at once', async () => {
    const { job, run } = await failedRun('mysql');
    const jobs = new JobService({
      store: rig.store,
      registry: new ConnectorRegistry([]),
      runs: rig.desk,
      zone: new ZoneClock('UTC'),
      now: Date.now,
    });
    await jobs.delete(job.clusterId, job.name);
    expect(await traceOf(run)).toMatchObject({ state: 'removing', dueAt: 0 });
    rig.desk.traces.poke();
    await eventually('the trace is gone', isGone(run));
    await expectNoTraces(sides.mysql);
  });

  test('a link that is deleted takes what its runs left with it', async () => {
    const { job, run } = await failedRun('postgres');
    const links = new LinkService({
      store: rig.store,
      registry: new ConnectorRegistry([]),
      secrets: { seal: (text) => text, open: (text) => text },
      runs: rig.desk,
      traces: rig.desk.traces,
      egress: new Egress({ allow: [], deny: [] }),
      now: Date.now,
    });
    await expect(links.delete(job.clusterId, job.toLink)).rejects.toMatchObject({ code: 'Cdm.0321' });
    expect(await traceOf(run)).toMatchObject({ state: 'kept' });
    await rig.store.jobs.delete(job.clusterId, job.name);
    await links.delete(job.clusterId, job.toLink);
    await isGone(run)();
    await expectNoTraces(sides.postgres);
    expect(await rig.store.links.find(job.clusterId, job.toLink)).toBeNull();
  });

  test('a cluster that is deleted takes what its runs left with it', async () => {
    const { run } = await failedRun('mysql');
    const clusters = new ClusterService({
      store: rig.store,
      runs: rig.desk,
      traces: rig.desk.traces,
      timers: {
        now: Date.now,
        after(ms, work) {
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
      },
      newId: () => 'task',
      pools: { open: async () => undefined, close: async () => undefined, instances: () => [] },
      log: () => undefined,
    });
    await clusters.actions.delete(rig.cluster.projectId, rig.cluster.id, 'ada');
    await eventually('the cluster is gone', async () => {
      return (await rig.store.clusters.find(rig.cluster.projectId, rig.cluster.id)) === null;
    });
    expect(await rig.store.traces.find(run.id)).toBeNull();
    await expectNoTraces(sides.mysql);
  });

  test('what a deletion could not remove in time is named in the log, for nobody can reach it any more', async () => {
    isLockWanted = true;
    const { job, run } = await failedRun('mysql');
    await rig.store.jobs.delete(job.clusterId, job.name);
    const link = await rig.store.links.find(job.clusterId, job.toLink);
    await rig.desk.traces.removeNow({ clusterId: job.clusterId, linkId: link?.id ?? 0 }, 300);
    expect(await traceOf(run)).toMatchObject({ state: 'removing' });
    await rig.store.links.delete(job.clusterId, job.toLink);
    rig.desk.traces.poke();
    await eventually('it is given up', isGone(run));
    expect(rig.events).toContainEqual({
      event: 'trace.abandoned',
      fields: { run: run.id, job: run.jobName, key: run.plan?.target.runKey, why: 'its link is gone' },
    });
    await holder?.release();
    // The server may still carry out the removal that waited for the lock.
    await sides.mysql.sql(`DROP TABLE IF EXISTS _sluice_run_${run.plan?.target.runKey}`);
  });
});
