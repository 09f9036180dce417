import type { Connection } from '@sluice/core/connector/contract';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { batchOfRows, numbersColumns, numbersOffer } from '@sluice/core/contract-suite/numbers-batch';
import { registerWritingSuite } from '@sluice/core/contract-suite/writing-suite';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from './live-database.ts';
import { quoteName } from './quote.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('Ways of writing to PostgreSQL skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(url === '')('writing to PostgreSQL', () => {
  let database: LiveDatabase | null = null;
  const fixture = () => {
    if (database === null) throw new Error('no database');
    return database;
  };
  const open: Connection[] = [];
  beforeAll(async () => {
    database = await makeLiveDatabase(url);
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await database?.drop();
  });

  registerWritingSuite('PostgreSQL', fixture, 'rows');
  registerWritingSuite('PostgreSQL', fixture, 'pgcopy-binary');

  async function sinkOf(table: string, more: OptionValues) {
    const connection = await fixture().open(testHost().host);
    open.push(connection);
    return connection.sink(fixture().sinkOptions(table, more));
  }

  async function planOf(table: string, more: OptionValues, runKey: string) {
    const sink = await sinkOf(table, more);
    const { columnNames, projection } = await sink.agree(numbersOffer('pgcopy-binary'), null);
    const plan = {
      runKey,
      sourceColumns: numbersColumns,
      sourcePrimaryKey: ['id'],
      columnNames,
      form: projection.form,
    };
    return { sink, plan, projection };
  }

  const quoted = (table: string) => `${quoteName(SCHEMA)}.${quoteName(table)}`;

  it.each(['UPDATE', 'REPLACE'])('says at planning that %s needs a key', async (onConflict) => {
    const table = freshName('keyless');
    await fixture().makeNumbers(table, 1);
    await fixture().query(`ALTER TABLE ${quoted(table)} DROP CONSTRAINT ${quoteName(`${table}_pkey`)}`);
    await fixture().query(`CREATE UNIQUE INDEX ON ${quoted(table)} (id) WHERE amount > 0`);
    await fixture().query(`CREATE UNIQUE INDEX ON ${quoted(table)} ((id + 1))`);
    const sink = await sinkOf(table, { 'toJobConfig.onConflict': onConflict });
    await expect(sink.agree(numbersOffer('rows'), null)).rejects.toMatchObject({
      code: 'Cdm.0014',
      facts: { name: 'toJobConfig.onConflict', explanationEn: expect.stringContaining('key') },
    });
  });

  it('compares keys as the key itself does, whatever its type', async () => {
    const table = freshName('coll');
    await fixture().query(
      `CREATE COLLATION IF NOT EXISTS public.sluice_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    await fixture().query(
      `CREATE TABLE ${quoted(table)} (id bigint GENERATED ALWAYS AS IDENTITY, label text COLLATE public.sluice_ci UNIQUE, amount integer)`,
    );
    await fixture().query(`INSERT INTO ${quoted(table)} (label, amount) VALUES ('Alpha', 1), ('beta', 2)`);
    const { sink, plan, projection } = await planOf(
      table,
      { 'toJobConfig.onConflict': 'REPLACE' },
      'c011a7e00001',
    );
    await sink.prepare(plan);
    const writer = await sink.openWriter(plan, { no: 0, cut: null, label: '', rowsEstimate: null });
    const rows = [
      [70, 'ALPHA', 10],
      [71, 'Gamma', 30],
      [72, 'gamma', 31],
    ];
    await writer.write(batchOfRows(rows, projection));
    const counts = { rowsRead: 3, rowsWritten: 3, rowsSkipped: 0, bytesRead: 1, bytesWritten: 1 };
    await writer.commit(counts, null, true);
    await writer.close();
    await sink.finish(plan, 'publish');
    expect(
      (await fixture().query(`SELECT id::int, label, amount FROM ${quoted(table)} ORDER BY 3`)).rows,
    ).toEqual([
      [2, 'beta', 2],
      [70, 'ALPHA', 10],
      [72, 'gamma', 31],
    ]);
  });

  it('runs statements that no transaction can hold, as the user would', async () => {
    const table = freshName('vacuum');
    await fixture().makeNumbers(table, 3);
    const options = {
      'toJobConfig.beforeImportType': 'shouldClearTable',
      'toJobConfig.preSql': `VACUUM ${table}`,
      'toJobConfig.postSql': `VACUUM ANALYZE ${table}`,
      ...{ 'toJobConfig.useStageTable': 'true' },
    };
    const { sink, plan } = await planOf(table, options, 'c011a7e00002');
    await sink.prepare(plan);
    expect((await fixture().readBack(table)).length).toBe(0);
    await sink.finish(plan, 'publish');
    expect(await fixture().tablesLike(table)).toEqual([table]);
    expect(await fixture().tablesLike('_sluice_run_c011a7e00002')).toEqual([]);
  });

  it('judges the form of a statement only, for the first one may change what the last one needs', async () => {
    const table = freshName('grows');
    await fixture().makeNumbers(table, 1);
    const options = {
      'toJobConfig.preSql': `ALTER TABLE ${table} ADD COLUMN more integer`,
      'toJobConfig.postSql': `INSERT INTO ${quoted(table)} VALUES (100, 'x', 1, 2)`,
    };
    const { sink, plan } = await planOf(table, options, 'c011a7e00005');
    await sink.prepare(plan);
    await sink.finish(plan, 'publish');
    expect((await fixture().readBack(table)).at(-1)).toEqual(['100', 'x', '1', '2']);
  });

  it('does not let a statement end the transaction that it is run in, nor hang for rows', async () => {
    for (const sql of ['COMMIT', 'ROLLBACK', 'COPY pg_catalog.pg_class FROM STDIN']) {
      const table = freshName('ends');
      await fixture().makeNumbers(table, 1);
      const more = { 'toJobConfig.preSql': sql, 'toJobConfig.beforeImportType': 'shouldClearTable' };
      const { sink, plan } = await planOf(table, more, 'c011a7e00003');
      await expect(sink.prepare(plan), sql).rejects.toMatchObject({ code: 'Cdm.0902' });
      expect((await fixture().readBack(table)).length, sql).toBe(1);
      await sink.finish(plan, 'discard');
    }
  });

  it('leaves nothing of a preparation whose last step fails', async () => {
    const table = freshName('whole');
    const log = freshName('log');
    await fixture().makeNumbers(table, 2);
    await fixture().query(`CREATE TABLE ${quoted(log)} (a integer)`);
    const stage = `${table}_c011a7e00004_cdm_stage`;
    await fixture().makeNumbers(stage, 1);
    const more = {
      'toJobConfig.beforeImportType': 'shouldClearTable',
      'toJobConfig.useStageTable': 'true',
      'toJobConfig.preSql': `INSERT INTO ${log} VALUES (1)`,
    };
    const { sink, plan } = await planOf(table, more, 'c011a7e00004');
    await expect(sink.prepare(plan)).rejects.toMatchObject({ code: 'Cdm.0927' });
    expect((await fixture().readBack(table)).length).toBe(2);
    expect((await fixture().readBack(log)).length).toBe(0);
  });
});
