import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskKind } from '@sluice/engine/work';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runKeyOf } from '../planner/resolve-work.ts';
import type { RunRecord } from '../store/model.ts';
import { eventually, type JobWish, type RigSettings, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  fingerprint,
  fingerprintOf,
  hasServers,
  lockTable,
  type Side,
} from './test-sides-suite.ts';

const rows = 300;

describe.skipIf(!hasServers)('worker processes that die', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function wishTo(to: Side['kind'], more: Partial<JobWish> = {}): Promise<JobWish> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    const toOptions = { 'toJobConfig.shouldClearTable': 'true' };
    return { from: sides.postgres, to: sides[to], toTable, toOptions, ...more };
  }

  /** What a task of this kind waits for when somebody holds it. */
  function tableOf(kind: TaskKind, wish: JobWish, run: RunRecord): { side: Side; table: string } {
    if (kind === 'plan' || kind === 'slice') return { side: wish.from, table: 'source' };
    if (kind === 'prepare') return { side: wish.to, table: wish.toTable };
    return { side: wish.to, table: `_sluice_run_${runKeyOf(run.id)}` };
  }

  const phases = (['plan', 'prepare', 'slice', 'verify', 'finish'] as const).flatMap((kind) =>
    (['postgres', 'mysql'] as const).map((to) => ({ kind, to })),
  );

  test.each(phases)('in $kind, to $to: the run goes on and succeeds', async ({ kind, to }) => {
    const wish = await wishTo(to, { extractors: 2, fromOptions: { 'fromJobConfig.partitionColumn': 'id' } });
    let started: RunRecord | null = null;
    let killed = 0;
    rig.pool.before = async (task) => {
      if (task !== kind) return;
      rig.pool.before = () => undefined;
      await eventually('the start call has answered', async () => started !== null);
      if (started === null) return;
      const { side, table } = tableOf(kind, wish, started);
      const holder = await side.holder();
      await lockTable(holder, side, table);
      void eventually('the task waits for the lock', async () => (await side.waiting()) > 0)
        .then(() => {
          killed = rig.pool.pids().length;
          rig.killWorkers();
        })
        .finally(() => holder.release());
    };
    started = await rig.start(await rig.job(wish));
    const run = await rig.ended(started);
    expect(killed).toBeGreaterThan(0);
    expect(run).toMatchObject({ state: 'succeeded', failure: null, counts: { rowsWritten: rows } });
    expect(rig.events.some(({ event, fields }) => event === 'run.tried-again' && fields.run === run.id)).toBe(
      true,
    );
    expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
    await expectNoTraces(wish.to);
  });

  test.each(['plan', 'slice'] as const)('again and again in %s: the run fails and says so', async (kind) => {
    const wish = await wishTo('postgres');
    rig.pool.before = (task) => {
      // A worker that is told to work and dies of it, every time.
      if (task === kind) setTimeout(() => rig.killWorkers(), 1);
    };
    const holder = await sides.postgres.holder();
    await lockTable(holder, sides.postgres, 'source');
    if (kind === 'slice') {
      // The plan must get through first.
      await holder.release();
    }
    const lock = await sides.postgres.holder();
    const before = rig.pool.before;
    rig.pool.before = async (task) => {
      if (task === 'slice' && kind === 'slice') await lockTable(lock, sides.postgres, 'source');
      await before(task);
    };
    const run = await rig.run(wish);
    rig.pool.before = () => undefined;
    await lock.release();
    if (kind === 'plan') await holder.release();
    expect(run).toMatchObject({
      state: kind === 'plan' ? expect.stringMatching(/failed|rejected/) : 'failed',
      failure: { code: expect.stringMatching(/^Cdm\.(0232|0037)$/) },
    });
    if (run.failure?.code === 'Cdm.0232') {
      expect(run.failure.summary.en).toMatch(/worker process \d+ ended: signal SIGKILL/);
    }
    await expectNoTraces(sides.postgres);
    // The pool is as good as before.
    expect((await rig.run(await wishTo('postgres'))).state).toBe('succeeded');
  });

  async function withRig<T>(settings: RigSettings, work: (own: RunRig) => Promise<T>): Promise<T> {
    const own = await RunRig.open(settings);
    try {
      return await work(own);
    } finally {
      await own.close();
    }
  }

  test('out of memory at once: the run is rejected with a sentence', async () => {
    await withRig({ memoryMb: 2 }, async (own) => {
      const run = await own.run(await wishTo('postgres'));
      expect(run).toMatchObject({ state: 'rejected', failure: { code: 'Cdm.0037' } });
      expect(run.failure?.details.en).toMatch(/out of memory, its limit is 2 MiB/);
      await expect(
        own.desk.checkLink(own.cluster.id, 'generic-jdbc-connector', sides.postgres.link),
      ).rejects.toMatchObject({
        code: 'Cdm.0941',
      });
    });
  });

  test('out of memory while moving rows: the run fails and names the limit, and the desk goes on', async () => {
    // A float has no kernel into a double, so these rows travel as values, in the heap; as bytes they would not need it.
    await sides.mysql.sql(
      `CREATE TABLE wide (id integer PRIMARY KEY, body longtext, y float);
       INSERT INTO wide SELECT seq, repeat('x', 8000000), 2001 FROM seq_1_to_6;
       CREATE TABLE wide_copy (id integer PRIMARY KEY, body longtext, y double)`,
    );
    await withRig({ memoryMb: 14 }, async (own) => {
      const wish = { from: sides.mysql, to: sides.mysql, fromTable: 'wide', toTable: 'wide_copy' };
      const run = await own.run(wish);
      expect(run).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0232' } });
      expect(run.failure?.summary.en).toMatch(/out of memory, its limit is 14 MiB/);
      expect(run.failure?.summary.zh).toMatch(/14 MiB/);
      expect(await sides.mysql.sql('SELECT id FROM wide_copy')).toEqual([]);
      await expectNoTraces(sides.mysql);
      const steps = await own.desk.checkLink(own.cluster.id, 'generic-jdbc-connector', sides.mysql.link);
      expect(steps.every(({ ok }) => ok)).toBe(true);
    });
  });

  test('a worker that cannot be started: rejected, with what went wrong', async () => {
    await withRig({ script: '/nowhere/worker.ts' }, async (own) => {
      const run = await own.run(await wishTo('postgres'));
      expect(run).toMatchObject({ state: 'rejected', failure: { code: 'Cdm.0037' } });
      expect(own.pool.pids()).toEqual([]);
    });
  });

  test('the checkpoint table is dropped under the run: it fails and says so, and does not go round for ever', async () => {
    const wish = await wishTo('mysql');
    let started: RunRecord | null = null;
    rig.pool.before = async (task) => {
      if (task !== 'slice') return;
      rig.pool.before = () => undefined;
      await eventually('the start call has answered', async () => started !== null);
      await sides.mysql.sql(`DROP TABLE _sluice_run_${runKeyOf(started?.id ?? '')}`);
    };
    started = await rig.start(await rig.job(wish));
    const run = await rig.ended(started);
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0232' } });
    expect(run.failure?.summary.en).toMatch(/checkpoint table at the destination was removed/);
    expect(await fingerprint(sides.mysql, wish.toTable)).toBe(fingerprintOf(0));
  });

  test('a table that is dropped under the run', async () => {
    const wish = await wishTo('mysql');
    rig.pool.before = async (task) => {
      if (task !== 'slice') return;
      rig.pool.before = () => undefined;
      await sides.mysql.sql(`DROP TABLE ${wish.toTable}`);
    };
    const run = await rig.run(wish);
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0900' } });
    await sleep(0);
    await expectNoTraces(sides.mysql);
  });
});
