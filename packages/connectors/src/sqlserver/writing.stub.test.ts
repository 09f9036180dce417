import type { Connection, Sink, TargetPlan } from '@sluice/core/connector/contract';
import { freshName, type PrintedRow, testHost } from '@sluice/core/contract-suite/fixture';
import { batchOfRows, numbersColumns, numbersOffer } from '@sluice/core/contract-suite/numbers-batch';
import type { RowBatch, Value } from '@sluice/core/data/batch';
import type { Slice, SliceCounts } from '@sluice/core/data/slice';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqlServerFixture, type SqlServerFixture } from './sqlserver-fixture.ts';

const staged = { 'toJobConfig.useStageTable': 'true' };
const slice: Slice = { no: 0, cut: null, label: 'all', rowsEstimate: null };
const projection = { form: 'rows', columns: [] } as const;
let runs = 0;

describe('ways of writing SQL Server, on a stub', () => {
  let fixture: SqlServerFixture;
  const open: Connection[] = [];
  beforeAll(async () => {
    fixture = await createSqlServerFixture();
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await fixture.close();
  });

  interface Ready {
    readonly table: string;
    readonly sink: Sink;
    readonly plan: TargetPlan;
  }

  async function sinkOf(table: string, more: OptionValues = {}): Promise<Sink> {
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    return connection.sink(fixture.sinkOptions(table, more));
  }

  async function planned(more: OptionValues, rowCount = 3, isTolerant = false): Promise<Ready> {
    const table = freshName('write');
    await fixture.makeNumbers(table, rowCount);
    const sink = await sinkOf(table, more);
    const { columnNames } = await sink.agree(numbersOffer('rows'), null);
    runs += 1;
    const plan: TargetPlan = {
      runKey: runs.toString(16).padStart(12, '0'),
      sourceColumns: numbersColumns,
      sourcePrimaryKey: ['id'],
      columnNames,
      form: 'rows',
      ...(isTolerant ? { isTolerant: true } : {}),
    };
    return { table, sink, plan };
  }

  async function ready(more: OptionValues, rowCount = 3, isTolerant = false): Promise<Ready> {
    const run = await planned(more, rowCount, isTolerant);
    await run.sink.prepare(run.plan);
    return run;
  }

  async function write({ sink, plan }: Ready, rows: readonly (readonly Value[])[]): Promise<void> {
    const writer = await sink.openWriter(plan, slice);
    try {
      await writer.write(batchOfRows(rows, projection));
      await writer.commit(countsOf(rows.length), null, true);
    } finally {
      await writer.close();
    }
  }

  const ids = async (table: string) => (await fixture.readBack(table, ['id'])).map(([id]) => Number(id));
  const stages = async () => (await fixture.tablesLike('')).filter((name) => name.endsWith('_cdm_stage'));
  const rows = [
    [4, 'four', 40],
    [5, 'five', null],
  ] as const;

  it('a staging table holds the rows until the end, and is gone then', async () => {
    const run = await ready(staged);
    expect(await stages()).toEqual([`${run.table}_${run.plan.runKey}_cdm_stage`]);
    await write(run, rows);
    expect(await ids(run.table)).toEqual([1, 2, 3]);
    await run.sink.finish(run.plan, 'publish');
    await run.sink.finish(run.plan, 'publish');
    expect(await ids(run.table)).toEqual([1, 2, 3, 4, 5]);
    expect(await stages()).toEqual([]);
  });

  it('a staging table that is given up leaves the destination as before', async () => {
    const run = await ready(staged);
    await write(run, rows);
    await run.sink.finish(run.plan, 'discard');
    expect(await ids(run.table)).toEqual([1, 2, 3]);
    expect(await stages()).toEqual([]);
  });

  it('a move that clashes moves nothing, and can be repeated', async () => {
    const run = await ready(staged);
    await write(run, [...rows, [3, 'three', 3]]);
    await expect(run.sink.finish(run.plan, 'publish')).rejects.toMatchObject({ code: 'Cdm.0928' });
    expect(await ids(run.table)).toEqual([1, 2, 3]);
    await fixture.write(run.table, 'DELETE FROM {table} WHERE id = 3');
    await run.sink.finish(run.plan, 'publish');
    expect(await ids(run.table)).toEqual([1, 2, 3, 4, 5]);
  });

  it('a staging table has the keys of the destination, and must be empty', async () => {
    const run = await ready(staged);
    await expect(write(run, [...rows, [4, 'again', 1]])).rejects.toMatchObject({ code: 'Cdm.0026' });
    await run.sink.finish(run.plan, 'discard');
    const next = await planned(staged);
    const stage = `${next.table}_${next.plan.runKey}_cdm_stage`;
    await fixture.makeNumbers(stage, 1);
    await expect(next.sink.prepare(next.plan)).rejects.toMatchObject({ code: 'Cdm.0927' });
    expect(await ids(stage)).toEqual([1]);
    await fixture.dropTable(stage);
  });

  it('statements before and after are run once, before the clearing and after the last row', async () => {
    const log = freshName('said');
    await fixture.stub.sql(`CREATE TABLE [dbo].[${log}] ([at] int, [what] nvarchar(40))`);
    const table = freshName('talk');
    await fixture.makeNumbers(table, 3);
    const saying = (what: string) => `INSERT INTO ${log} SELECT COUNT(*), N'${what}' FROM ${table};`;
    const sink = await sinkOf(table, {
      'toJobConfig.preSql': saying('before'),
      'toJobConfig.postSql': saying('after'),
      'toJobConfig.beforeImportType': 'shouldClearTable',
    });
    const { columnNames } = await sink.agree(numbersOffer('rows'), null);
    const plan = { ...(await planned({})).plan, columnNames };
    await sink.prepare(plan);
    await sink.prepare(plan, true);
    await write({ table, sink, plan }, rows);
    await sink.finish(plan, 'publish');
    await sink.finish(plan, 'publish');
    const said = (await fixture.readBack(log)).map((row: PrintedRow) => row.join(' '));
    expect(said.toSorted()).toEqual(['2 after', '3 before']);
  });

  it.each([
    'DELETE FROM a; DELETE FROM b',
    'DELETE FROM a /* ; */; DROP TABLE b; --',
    'DELETE FROM a IF 1 = 1 DELETE FROM b',
    "DELETE FROM a WHERE x = 'open",
    'no statement at all',
  ])('a statement must be one: %s', async (sql) => {
    for (const option of ['toJobConfig.preSql', 'toJobConfig.postSql']) {
      const table = freshName('one');
      await fixture.makeNumbers(table, 1);
      const sink = await sinkOf(table, { [option]: sql });
      await expect(sink.agree(numbersOffer('rows'), null)).rejects.toMatchObject({
        code: 'Cdm.0902',
        facts: { cause: expect.stringContaining(option) },
      });
    }
  });

  it('rows that are refused are set aside one by one, with their reasons', async () => {
    const run = await ready({}, 3, true);
    const writer = await run.sink.openWriter(run.plan, slice);
    const batch = batchOfRows(
      [
        [10, 'ten', 1],
        [2, 'taken', 1],
        [11, null, 1],
        [12, 'x'.repeat(101), 1],
        [13, 'far', 3_000_000_000],
        [14, 'fourteen', null],
      ],
      projection,
    ) as RowBatch;
    const rejects = (await writer.sift?.(batch)) ?? [];
    expect(rejects.map(({ values, code }) => [values[0], code]).toSorted()).toEqual([
      [11, 'Cdm.0234'],
      [12, 'Cdm.0234'],
      [13, 'Cdm.0234'],
      [2, 'Cdm.0026'],
    ]);
    await writer.commit(countsOf(2), null, true);
    await writer.close();
    await run.sink.finish(run.plan, 'publish');
    expect(await ids(run.table)).toEqual([1, 2, 3, 10, 14]);
  });

  it('identities keep the numbers that come; what the server fills is refused at planning', async () => {
    const table = freshName('identity');
    await fixture.stub.sql(
      `CREATE TABLE [dbo].[${table}] ([id] bigint IDENTITY(1,1) NOT NULL PRIMARY KEY, [label] nvarchar(100) NOT NULL, [amount] int)`,
    );
    const sink = await sinkOf(table);
    const { columnNames } = await sink.agree(numbersOffer('rows'), null);
    const plan = { ...(await planned({})).plan, columnNames };
    await sink.prepare(plan);
    await write({ table, sink, plan }, rows);
    await sink.finish(plan, 'publish');
    expect(await ids(table)).toEqual([4, 5]);
    expect(fixture.stub.statements).toContain(`SET IDENTITY_INSERT [dbo].[${table}] ON`);

    const filled = freshName('filled');
    await fixture.stub.sql(
      `CREATE TABLE [dbo].[${filled}] ([id] bigint NOT NULL PRIMARY KEY, [label] nvarchar(100) NOT NULL, [amount] rowversion)`,
    );
    await expect((await sinkOf(filled)).agree(numbersOffer('rows'), null)).rejects.toMatchObject({
      code: 'Cdm.0921',
      facts: { type: expect.stringContaining('amount') },
    });
  });

  it('columns are written in their native types, with nulls, rules and triggers', async () => {
    const run = await ready({});
    await write(run, rows);
    const bulk = fixture.stub.statements.filter((sql) => sql.startsWith('INSERT BULK')).at(-1);
    expect(bulk).toBe(
      `INSERT BULK [dbo].[${run.table}] ([id] bigint, [label] nvarchar(100) COLLATE SQL_Latin1_General_CP1_CI_AS, [amount] int) WITH (KEEP_NULLS, CHECK_CONSTRAINTS, FIRE_TRIGGERS)`,
    );
    await run.sink.finish(run.plan, 'publish');
  });
});

function countsOf(rowCount: number): SliceCounts {
  return { rowsRead: rowCount, rowsWritten: rowCount, rowsSkipped: 0, bytesRead: 1, bytesWritten: 1 };
}
