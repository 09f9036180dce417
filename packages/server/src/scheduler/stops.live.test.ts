import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskKind } from '@sluice/engine/work';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runKeyOf } from '../planner/resolve-work.ts';
import type { RunRecord } from '../store/model.ts';
import { eventually, type JobWish, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  fingerprint,
  fingerprintOf,
  type Holder,
  hasServers,
  lockTable,
  type Side,
} from './test-sides-suite.ts';

const kinds = ['postgres', 'mysql'] as const;
/** What the API promises of a stop. */
const stopWithinMs = 5_000;

describe.skipIf(!hasServers)('stop', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', 100);
    await createNumbers(sides.postgres, 'big', 400_000);
    rig = await RunRig.open({ sliceWorkersMax: 1 });
    // The first worker is up before anything is measured.
    await rig.desk.checkLink(rig.cluster.id, 'generic-jdbc-connector', sides.postgres.link);
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  /** Stops the run and expects the whole promise of a stop: the time, the record, the second stop. */
  async function expectStopped(run: RunRecord): Promise<RunRecord> {
    const askedAt = performance.now();
    await rig.stop(run, 'grace');
    const tookMs = performance.now() - askedAt;
    const ended = await rig.find(run);
    expect(ended).toMatchObject({ state: 'stopped', stopRequestedBy: 'grace', leaseOwner: null });
    expect(tookMs).toBeLessThan(stopWithinMs);
    expect(ended.failure?.summary).toEqual({ en: 'stopped by grace', zh: '已由 grace 停止' });
    await expect(rig.stop(run)).rejects.toMatchObject({ code: 'Cdm.0053' });
    expect(rig.desk.progress(ended)).toBe(-1);
    return ended;
  }

  /** Starts a job whose task of this kind finds the table locked, and waits until it waits. */
  async function startHeld(
    wish: JobWish,
    kind: TaskKind,
    side: Side,
    table: (run: RunRecord) => string,
  ): Promise<{ run: RunRecord; holder: Holder }> {
    const holder = await side.holder();
    let started: RunRecord | null = null;
    rig.pool.before = async (task) => {
      if (task !== kind) return;
      rig.pool.before = () => undefined;
      await eventually('the start call has answered', async () => started !== null);
      if (started !== null) await lockTable(holder, side, table(started));
    };
    started = await rig.start(await rig.job(wish));
    await eventually('a session waits for the lock', async () => (await side.waiting()) > 0);
    return { run: started, holder };
  }

  async function wishTo(
    from: Side['kind'],
    to: Side['kind'],
    more: Partial<JobWish> = {},
  ): Promise<JobWish & { toTable: string }> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    return { from: sides[from], to: sides[to], toTable, ...more };
  }

  test('a queued run that no driver has taken', async () => {
    await rig.queue.close();
    const run = await rig.start(await rig.job(await wishTo('postgres', 'postgres')));
    const ended = await expectStopped(run);
    expect(ended.startedAt).toBeNull();
    // From here on with a rig whose queue is open.
    await rig.close();
    rig = await RunRig.open({ sliceWorkersMax: 1 });
  });

  test('planning: the source is locked', async () => {
    const wish = await wishTo('postgres', 'mysql', { extractors: 2 });
    const { run, holder } = await startHeld(wish, 'plan', sides.postgres, () => 'source');
    expect((await rig.find(run)).state).toBe('planning');
    const ended = await expectStopped(run);
    expect(ended.plan).toBeNull();
    await holder.release();
    await expectNoTraces(sides.mysql);
  });

  test.each(kinds)('preparing: the destination %s is locked', async (to) => {
    const wish = await wishTo('postgres', to, { toOptions: { 'toJobConfig.shouldClearTable': 'true' } });
    const { run, holder } = await startHeld(wish, 'prepare', sides[to], () => wish.toTable);
    expect((await rig.find(run)).isPrepared).toBe(false);
    await expectStopped(run);
    await holder.release();
    await expectNoTraces(sides[to]);
  });

  test.each(kinds)('running: the source %s is locked', async (from) => {
    const to = from === 'postgres' ? 'mysql' : 'postgres';
    const wish = await wishTo(from, to);
    const { run, holder } = await startHeld(wish, 'slice', sides[from], () => 'source');
    expect((await rig.find(run)).state).toBe('running');
    await expectStopped(run);
    await holder.release();
    expect(await fingerprint(sides[to], wish.toTable)).toBe(fingerprintOf(0));
    await expectNoTraces(sides[to]);
  });

  test.each(kinds)('running: the destination %s is locked', async (to) => {
    const from = to === 'postgres' ? 'mysql' : 'postgres';
    const wish = await wishTo(from, to);
    const { run, holder } = await startHeld(wish, 'slice', sides[to], () => wish.toTable);
    await expectStopped(run);
    await holder.release();
    // Nothing that was under way arrives after the end.
    await sleep(300);
    expect(await fingerprint(sides[to], wish.toTable)).toBe(fingerprintOf(0));
    await expectNoTraces(sides[to]);
  });

  test('running: busy moving rows', async () => {
    const wish = await wishTo('postgres', 'mysql', { fromTable: 'big' });
    const run = await rig.start(await rig.job(wish));
    await eventually('rows are under way', async () => rig.desk.progress(await rig.find(run)) > 1);
    await expectStopped(run);
    await expectNoTraces(sides.mysql);
    const [row] = await sides.mysql.sql(`SELECT count(*) AS n FROM ${wish.toTable}`);
    const n = Number(row?.n);
    expect(n).toBeLessThan(400_000);
    await sleep(300);
    expect(await sides.mysql.sql(`SELECT count(*) AS n FROM ${wish.toTable}`)).toEqual([{ n }]);
  });

  test.each(kinds)('finishing: the checkpoint table in %s is locked', async (to) => {
    const wish = await wishTo('postgres', to);
    const { run, holder } = await startHeld(
      wish,
      'finish',
      sides[to],
      (held) => `_sluice_run_${runKeyOf(held.id)}`,
    );
    expect((await rig.find(run)).state).toBe('finishing');
    await expectStopped(run);
    await holder.release();
    // All rows are there, and with them what a resume needs to end the run well.
    expect(await rig.store.traces.find(run.id)).toMatchObject({ state: 'kept' });
    await sides[to].sql(`DROP TABLE IF EXISTS _sluice_run_${runKeyOf(run.id)}`);
  });

  test('waiting for the only slice worker, and the run in front of it goes on', async () => {
    const first = await wishTo('mysql', 'postgres');
    const { run: running, holder } = await startHeld(first, 'slice', sides.mysql, () => 'source');
    const second = await wishTo('postgres', 'mysql');
    const waiting = await rig.start(await rig.job(second));
    await rig.until(waiting, (seen) => seen.state === 'running');
    await expectStopped(waiting);
    await holder.release();
    expect(await rig.ended(running)).toMatchObject({ state: 'succeeded' });
    expect(await fingerprint(sides.postgres, first.toTable)).toBe(fingerprintOf(100));
    await expectNoTraces(sides.mysql);
  });

  test('a link is tested while the slice worker is busy and four steps wait for locks', async () => {
    const wish = await wishTo('mysql', 'postgres');
    const { run, holder } = await startHeld(wish, 'slice', sides.mysql, () => 'source');
    const lock = await sides.postgres.holder();
    const steps: RunRecord[] = [];
    for (let i = 0; i < 4; i++) {
      const held = await wishTo('mysql', 'postgres', {
        toOptions: { 'toJobConfig.shouldClearTable': 'true' },
      });
      await lockTable(lock, sides.postgres, held.toTable);
      const other = { ...held, fromTable: 'free_source' };
      if (i === 0) await createNumbers(sides.mysql, 'free_source', 10);
      steps.push(await rig.start(await rig.job(other)));
    }
    await eventually('four steps wait', async () => (await sides.postgres.waiting()) === 4);
    const checks = await rig.desk.checkLink(rig.cluster.id, 'generic-jdbc-connector', sides.postgres.link);
    expect(checks.every((step) => step.ok)).toBe(true);
    // It had not to wait for any of them.
    expect(await sides.postgres.waiting()).toBe(4);
    await lock.release();
    await holder.release();
    for (const started of [run, ...steps])
      expect(await rig.ended(started)).toMatchObject({ state: 'succeeded' });
  });

  test('against the end: of stop and success one wins, and the record says which', async () => {
    const outcomes = new Set<string>();
    // Stopped behind its commit, a run keeps its checkpoints for a resume.
    const stoppedTables = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const wish = await wishTo('postgres', 'postgres');
      const run = await rig.start(await rig.job(wish));
      await rig.until(run, (seen) => seen.state !== 'queued');
      await sleep(i * 8);
      const stop = await rig.stop(run).then(
        () => 'stopped',
        (error: { code: string }) => error.code,
      );
      const ended = await rig.ended(run);
      outcomes.add(ended.state);
      if (ended.state === 'stopped') {
        expect(stop).toBe('stopped');
        stoppedTables.add(`_sluice_run_${runKeyOf(run.id)}`);
      }
      expect(['stopped', 'succeeded']).toContain(ended.state);
      const isWhole = (await fingerprint(sides.postgres, wish.toTable)) === fingerprintOf(100);
      if (ended.state === 'succeeded') expect(isWhole).toBe(true);
      expect(ended.failure === null).toBe(ended.state === 'succeeded');
      // Nothing changes an ended run.
      await sleep(20);
      expect(await rig.find(run)).toEqual(ended);
    }
    await expectNoTraces(sides.postgres, stoppedTables);
  });
});
