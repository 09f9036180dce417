// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs name macros.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { variableContext } from '../secrets/sealed-values.ts';
import { RunRig, rigSecretBox } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, type Side } from './test-sides-suite.ts';

/** 2024-03-01 00:00:05 in Shanghai, when a daily job begins. */
const midnight = Date.parse('2024-03-01T00:00:05+08:00');

describe.skipIf(!hasServers)('time macros of a run', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) {
      await side.sql(
        `CREATE TABLE sales (id integer PRIMARY KEY, ds varchar(10), ms bigint);
         INSERT INTO sales VALUES (1, '2024-02-28', 1709049600000), (2, '2024-02-29', 1709136000000),
           (3, '2024-02-29', 1709222399999), (4, '2024-03-01', 1709222400000)`,
      );
    }
    rig = await RunRig.open();
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  const ids = async (side: Side, table: string) =>
    (await side.sql(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => Number(id));

  test.each([
    { from: 'postgres', to: 'mysql' },
    { from: 'mysql', to: 'postgres' },
  ] as const)('a daily job copies the day before, $from to $to', async ({ from, to }) => {
    const job = await rig.job({
      from: sides[from],
      to: sides[to],
      fromTable: 'sales',
      toTable: 'day_${dateformat(yyyyMMdd,-1,DAY)}_of_${tableName}',
      fromOptions: { 'fromJobConfig.whereClause': "ds = '${dateformat(yyyy-MM-dd, -1, DAY)}'" },
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    });
    const run = await rig.ended(await rig.start(job, { planTime: String(midnight) }));
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(await ids(sides[to], 'day_20240229_of_sales')).toEqual([2, 3]);
    expect(run.clockAt).toBe(midnight);
    expect(run.resolved).toEqual([
      { name: 'fromJobConfig.whereClause', text: "ds = '2024-02-29'" },
      { name: 'toJobConfig.tableName', text: 'day_20240229_of_sales' },
    ]);
  });

  test('a numeric time by its milliseconds, and the condition of the clearing', async () => {
    const { postgres, mysql } = sides;
    await mysql.sql(
      `CREATE TABLE kept LIKE sales; INSERT INTO kept VALUES (2, 'old', 1709136000000), (9, 'old', 1)`,
    );
    const between =
      'ms between ${timestamp(dateformat(yyyyMMdd,-1,DAY))} and ${timestamp(dateformat(yyyyMMdd))} - 1';
    const job = await rig.job({
      from: postgres,
      to: mysql,
      fromTable: 'sales',
      toTable: 'kept',
      fromOptions: { 'fromJobConfig.whereClause': between },
      toOptions: {
        'toJobConfig.beforeImportType': 'whereClause',
        'toJobConfig.whereClause': between,
      },
    });
    const run = await rig.ended(await rig.start(job, { planTime: String(midnight) }));
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(await ids(mysql, 'kept')).toEqual([2, 3, 9]);
    const text = 'ms between 1709136000000 and 1709222400000 - 1';
    expect(run.resolved?.map((setting) => setting.text)).toEqual([text, text]);
  });

  test('without a planned time the clock is when the run began', async () => {
    const { postgres } = sides;
    await postgres.sql('CREATE TABLE nothing AS SELECT * FROM sales WHERE false');
    const job = await rig.job({
      from: postgres,
      to: postgres,
      fromTable: 'sales',
      toTable: 'nothing',
      fromOptions: { 'fromJobConfig.whereClause': 'ms > ${timestamp()}' },
    });
    const run = await rig.ended(await rig.start(job));
    expect([run.state, run.counts.rowsRead]).toEqual(['succeeded', 0]);
    expect(run.clockAt).toBe(run.startedAt);
    expect(run.resolved).toEqual([{ name: 'fromJobConfig.whereClause', text: `ms > ${run.startedAt}` }]);
  });

  test.each(['postgres', 'mysql'] as const)('statements before and after, %s', async (kind) => {
    const side = sides[kind];
    await side.sql(
      'CREATE TABLE said (what varchar(40)); CREATE TABLE said_target (id integer, ds varchar(10), ms bigint)',
    );
    const job = await rig.job({
      from: side,
      to: side,
      fromTable: 'sales',
      toTable: 'said_target',
      toOptions: {
        'toJobConfig.preSql': "INSERT INTO said VALUES ('before ${dateformat(yyyyMMdd)}')",
        'toJobConfig.postSql': "INSERT INTO said VALUES ('after ${timestamp()} of ${tableName}')",
      },
    });
    const run = await rig.ended(await rig.start(job, { planTime: String(midnight) }));
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const said = await side.sql('SELECT what FROM said ORDER BY what');
    expect(said.map(({ what }) => what)).toEqual([`after ${midnight} of sales`, 'before 20240301']);
  });

  test('all tables of an entire-database job go by the clock of its run', async () => {
    const { postgres, mysql } = sides;
    await postgres.sql('CREATE TABLE more_sales AS SELECT * FROM sales');
    const job = await rig.job({ from: postgres, to: mysql, toTable: '' });
    const { 'fromJobConfig.tableName': _from, ...fromOptions } = job.fromOptions;
    const { 'toJobConfig.tableName': _to, ...toOptions } = job.toOptions;
    const whole = {
      ...job,
      type: 'BATCH_JOB' as const,
      fromOptions: {
        ...fromOptions,
        'fromJobConfig.tableList': 'more_sales',
        'fromJobConfig.whereClause': "ds = '${dateformat(yyyy-MM-dd, -1, DAY)}'",
      },
      toOptions: { ...toOptions, 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    };
    await rig.store.jobs.update(whole);
    const run = await rig.ended(await rig.start(whole, { planTime: String(midnight) }));
    expect([run.state, run.clockAt]).toEqual(['succeeded', midnight]);
    expect(await ids(mysql, 'more_sales')).toEqual([2, 3]);
    const { tables } = await rig.store.batches.tables(run.id, { states: [], limit: 10, offset: 0 });
    expect(tables.map(({ run: child }) => child?.clockAt)).toEqual([midnight]);
  });

  test('what a setting became shows no secret, and a bad macro ends the run before anything is done', async () => {
    const scope = { kind: 'cluster', id: rig.cluster.id } as const;
    const sealedValue = rigSecretBox.seal('topsecret', variableContext(scope.id, 'word'));
    await rig.store.variables.put({
      scope,
      name: 'word',
      value: null,
      sealedValue,
      updatedBy: 'a',
      updatedAt: 1,
    });
    const wish = { from: sides.mysql, to: sides.mysql, fromTable: 'sales', toTable: 'kept' };
    const whereClause = "ds = '${word}' and ms < ${timestamp(-1, DAY)} and ds <> '${dateformat(yyyy)}'";
    const run = await rig.run({ ...wish, fromOptions: { 'fromJobConfig.whereClause': whereClause } });
    expect(run.state).toBe('succeeded');
    expect(run.resolved?.[0]?.text).toMatch(/^ds = '\*{6}' and ms < \d{13} and ds <> '\d{4}'$/);
    const bad = await rig.run({
      ...wish,
      fromOptions: { 'fromJobConfig.whereClause': 'ms < ${timestamp(1)}' },
    });
    expect([bad.state, bad.failure?.code]).toEqual(['rejected', 'Cdm.0014']);
    expect(bad.failure?.summary.en).toContain('fromJobConfig.whereClause');
  });
});
