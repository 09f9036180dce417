import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runLimits } from '../runs/limits.ts';
import { isActiveState, type JobRecord, type RunRecord } from '../store/model.ts';
import { eventually, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

describe.skipIf(!hasServers)('runs of entire-database jobs', () => {
  const sides: Side[] = [];
  const rigs: RunRig[] = [];
  const pg = () => sides[0] as Side;
  const my = () => sides[1] as Side;

  beforeAll(async () => {
    sides.push(await createPostgresSide(), await createMysqlSide());
  });
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
  });
  afterAll(async () => {
    for (const side of sides) await side.drop();
  });

  async function openRig(settings: Parameters<typeof RunRig.open>[0] = {}): Promise<RunRig> {
    const rig = await RunRig.open(settings);
    rigs.push(rig);
    return rig;
  }

  async function batchJob(
    rig: RunRig,
    from: Side,
    to: Side,
    more: { readonly from?: OptionValues; readonly to?: OptionValues; readonly driver?: OptionValues } = {},
  ): Promise<JobRecord> {
    const job = await rig.job({ from, to, toTable: '' });
    const { 'fromJobConfig.tableName': _from, ...fromOptions } = job.fromOptions;
    const { 'toJobConfig.tableName': _to, ...toOptions } = job.toOptions;
    const changed: JobRecord = {
      ...job,
      type: 'BATCH_JOB',
      fromOptions: { ...fromOptions, ...more.from },
      toOptions: { ...toOptions, 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST', ...more.to },
      driverOptions: { ...job.driverOptions, ...more.driver },
    };
    await rig.store.jobs.update(changed);
    return changed;
  }

  const tablesOf = async (rig: RunRig, run: RunRecord) => {
    const { tables } = await rig.store.batches.tables(run.id, { states: [], limit: 100, offset: 0 });
    return tables;
  };
  const countOf = async (side: Side, table: string) =>
    Number((await side.sql(`SELECT count(*) AS n FROM ${table}`))[0]?.n);

  it('moves every table of a schema, and neither views nor partitions nor tables of ours', async () => {
    const rig = await openRig();
    for (const [name, rows] of [
      ['b_one', 300],
      ['a_two', 20],
      ['c_none', 0],
    ] as const)
      await createNumbers(pg(), name, rows);
    await pg().sql(`CREATE VIEW v_all AS SELECT * FROM b_one;
      CREATE TABLE _sluice_run_0123456789ab (id integer);
      CREATE TABLE b_one_0123456789ab_cdm_stage (id integer);
      CREATE TABLE "Odd name/ü" (id integer PRIMARY KEY);
      INSERT INTO "Odd name/ü" VALUES (1), (2);
      CREATE TABLE parted (id integer, k integer) PARTITION BY RANGE (k);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
      INSERT INTO parted VALUES (1, 1), (2, 2), (3, 3)`);
    const job = await batchJob(rig, pg(), my());
    const run = await rig.ended(await rig.start(job));
    expect(run.failure?.details.en ?? '').toBe('');
    expect(run).toMatchObject({ state: 'succeeded', plan: null, leaseOwner: null });
    expect(run.counts).toMatchObject({ rowsRead: 325, rowsWritten: 325 });
    expect(run.batch).toMatchObject({ tables: 5, done: 5, failed: 0 });
    const tables = await tablesOf(rig, run);
    expect(tables.map(({ table }) => table.name)).toEqual([
      'Odd name/ü',
      'a_two',
      'b_one',
      'c_none',
      'parted',
    ]);
    expect(tables.map(({ run: child }) => [child?.jobName, child?.state, child?.parentRunId])).toEqual(
      tables.map(({ table }) => [`${job.name}_${table.name}`, 'succeeded', run.id]),
    );
    for (const [table, rows] of [
      ['`Odd name/ü`', 2],
      ['a_two', 20],
      ['b_one', 300],
      ['c_none', 0],
      ['parted', 3],
    ] as const)
      expect(await countOf(my(), table)).toBe(rows);
    // The name of a table finds its run, and none of the job's own questions does.
    expect(await rig.store.batches.latestChild(rig.cluster.id, `${job.name}_Odd name/ü`)).toMatchObject({
      state: 'succeeded',
    });
    expect(await rig.store.runs.latest(rig.cluster.id, `${job.name}_a_two`)).toBeNull();
    expect((await rig.store.runs.history(rig.cluster.id, job.name, 9, 0)).total).toBe(1);
    await pg().sql(
      `DROP VIEW v_all; DROP TABLE b_one, a_two, c_none, "Odd name/ü", parted, _sluice_run_0123456789ab, b_one_0123456789ab_cdm_stage`,
    );
    await my().sql('DROP TABLE b_one, a_two, c_none, `Odd name/ü`, parted');
  });

  it('goes on past a table that fails, tells which it was, and moves only that one again', async () => {
    const rig = await openRig();
    const names = ['t1', 't2', 't3', 't4'];
    for (const name of names) await createNumbers(my(), name, 40);
    await createNumbers(my(), 'unchosen', 5);
    await pg().sql('CREATE TABLE t2 (id integer PRIMARY KEY, name varchar(6), amount decimal(12,2))');
    const job = await batchJob(rig, my(), pg(), {
      from: { 'fromJobConfig.tableList': 't4&t3&t2&t1&absent', 'fromJobConfig.whereClause': 'id > 10' },
      driver: { 'throttlingConfig.concurrentSubJobs': '2' },
    });
    const failed = await rig.ended(await rig.start(job));
    expect(failed).toMatchObject({ state: 'failed', batch: { tables: 5, done: 5, failed: 2 } });
    expect(failed.failure?.summary.en).toContain('2 of 5 tables failed: absent, t2.');
    expect(failed.failure?.details.en).toContain('t2: Cdm.');
    expect(failed.counts).toMatchObject({ rowsWritten: 90 });
    const before = await tablesOf(rig, failed);
    expect(before.map(({ run }) => run?.state)).toEqual([
      'failed',
      'succeeded',
      'failed',
      'succeeded',
      'succeeded',
    ]);

    // What was moved is not looked at again: a row that is taken away stays away.
    await pg().sql('ALTER TABLE t2 ALTER COLUMN name TYPE varchar(40); DELETE FROM t1 WHERE id = 40');
    await createNumbers(my(), 'absent', 12);
    const again = await rig.desk.retryTables({
      projectId: rig.cluster.projectId,
      job,
      run: failed,
      user: 'ada',
      keepsCommitted: true,
    });
    const ended = await rig.ended(again);
    expect(ended.failure?.details.en ?? '').toBe('');
    expect(ended).toMatchObject({ state: 'succeeded', resumesRunId: failed.id });
    // Sums of all tables, those taken over included.
    expect(ended.counts).toMatchObject({ rowsRead: 122, rowsWritten: 122 });
    const after = await tablesOf(rig, ended);
    expect(after.map(({ run }) => run?.parentRunId === ended.id)).toEqual([true, false, true, false, false]);
    expect(await countOf(pg(), 't1')).toBe(29);
    expect(await countOf(pg(), 't2')).toBe(30);
    await my().sql('DROP TABLE t1, t2, t3, t4, absent, unchosen');
    await pg().sql('DROP TABLE t1, t2, t3, t4, absent');
  });

  it('moves no more tables at once than it may, in the order of their names, and holds no place itself', async () => {
    const rig = await openRig();
    for (let no = 0; no < 6; no += 1) await createNumbers(pg(), `o${no}`, 10);
    const job = await batchJob(rig, pg(), my(), { driver: { 'throttlingConfig.concurrentSubJobs': '2' } });
    let most = 0;
    const run = await rig.start(job);
    await eventually('the run ends', async () => {
      const active = (await rig.store.batches.standing(run.id)).active;
      most = Math.max(most, active);
      const seen = await rig.find(run);
      if (seen.state === 'running') {
        expect(seen.leaseOwner).toBeNull();
        expect(rig.desk.progress(seen)).toBeGreaterThanOrEqual(1);
        expect(rig.desk.progress(seen)).toBeLessThan(100);
      }
      return !isActiveState(seen.state);
    });
    expect(most).toBe(2);
    const begun = (await tablesOf(rig, run)).map(({ run: child }) => child?.submissionId ?? 0);
    expect(begun).toEqual([...begun].sort((a, b) => a - b));
    await pg().sql('DROP TABLE o0, o1, o2, o3, o4, o5');
    await my().sql('DROP TABLE o0, o1, o2, o3, o4, o5');
  });

  it('is stopped with all its tables, within five seconds, and begins no more', async () => {
    const rig = await openRig();
    for (let no = 0; no < 4; no += 1) await createNumbers(pg(), `s${no}`, 50);
    await my().sql('CREATE TABLE s0 (id integer PRIMARY KEY, name varchar(40), amount decimal(12,2))');
    const holder = await my().holder();
    await holder.sql('LOCK TABLES s0 WRITE');
    const job = await batchJob(rig, pg(), my(), { driver: { 'throttlingConfig.concurrentSubJobs': '1' } });
    const run = await rig.start(job);
    await rig.until(run, ({ state }) => state === 'running');
    await eventually('its first table waits', async () => {
      const [first] = await tablesOf(rig, run);
      return first?.run?.state === 'planning' || first?.run?.state === 'running';
    });
    // A stop answers after five seconds, whatever came of it by then.
    await rig.stop(run);
    const ended = await rig.find(run);
    expect(ended).toMatchObject({ state: 'stopped', stopRequestedBy: 'grace' });
    await holder.release();
    expect((await tablesOf(rig, run)).map(({ run: child }) => child?.state ?? 'pending')).toEqual([
      'stopped',
      'pending',
      'pending',
      'pending',
    ]);
    const resumed = await rig.ended(
      await rig.desk.retryTables({
        projectId: rig.cluster.projectId,
        job,
        run: ended,
        user: 'ada',
        keepsCommitted: true,
      }),
    );
    expect(resumed).toMatchObject({ state: 'succeeded', counts: { rowsWritten: 200 } });
    await pg().sql('DROP TABLE s0, s1, s2, s3');
    await my().sql('DROP TABLE s0, s1, s2, s3');
  });

  it('retries by itself the tables that failed, and goes on after its server was closed', async () => {
    const first = await openRig();
    for (let no = 0; no < 4; no += 1) await createNumbers(my(), `r${no}`, 30);
    await pg().sql('CREATE TABLE r1 (id integer PRIMARY KEY, name varchar(3), amount decimal(12,2))');
    const job = await batchJob(first, my(), pg(), {
      driver: {
        'retryJobConfig.retryJobType': 'RETRY_TRIPLE',
        'throttlingConfig.concurrentSubJobs': '1',
        'schedulerConfig.disposableType': 'DELETE',
      },
    });
    const run = await first.start(job);
    await eventually('a table is done', async () => (await first.store.batches.standing(run.id)).done > 0);
    const { dataFolder, cluster } = first;
    await first.close(true);
    let aheadMs = 0;
    const now = () => Date.now() + aheadMs;
    const rig = await RunRig.open({ dataFolder: dataFolder ?? '', now }, cluster);
    rigs.push(rig);
    const failed = await rig.ended(run);
    expect(failed).toMatchObject({ state: 'failed', batch: { failed: 1 } });
    const next = await rig.store.runs.latest(cluster.id, job.name);
    expect(next).toMatchObject({ attempt: 1, resumesRunId: run.id, state: 'queued' });
    expect(await rig.store.jobs.find(cluster.id, job.name)).not.toBeNull();
    await pg().sql('ALTER TABLE r1 ALTER COLUMN name TYPE varchar(40)');
    // The pause before it is over.
    aheadMs = runLimits.retryPauseMs;
    const ended = await rig.ended(next as RunRecord);
    expect(ended).toMatchObject({ state: 'succeeded', counts: { rowsWritten: 120 } });
    // It waited for its last attempt.
    expect(await rig.store.jobs.find(cluster.id, job.name)).toBeNull();
    await my().sql('DROP TABLE r0, r1, r2, r3');
    await pg().sql('DROP TABLE r0, r1, r2, r3');
  });

  it('fails at once when there is nothing to move, or nobody to ask', async () => {
    const rig = await openRig();
    const empty = await rig.ended(
      await rig.start(await batchJob(rig, pg(), my(), { from: { 'fromJobConfig.schemaName': 'absent' } })),
    );
    expect(empty).toMatchObject({ state: 'failed', batch: null, failure: { code: 'Cdm.0900' } });
    const system = await rig.ended(
      await rig.start(
        await batchJob(rig, pg(), my(), { from: { 'fromJobConfig.schemaName': 'pg_catalog' } }),
      ),
    );
    expect(system.failure?.code).toBe('Cdm.0900');
    const wrong = await rig.link('wrong', { ...pg().link, 'linkConfig.password': 'wrong' });
    const job = await batchJob(rig, pg(), my());
    await rig.store.jobs.update({ ...job, fromLink: wrong });
    const refused = await rig.ended(await rig.start({ ...job, fromLink: wrong }));
    expect(refused).toMatchObject({ state: 'failed', batch: null });
  });
});
