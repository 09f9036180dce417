import type { Connection, Source } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { readRows } from '@sluice/core/contract-suite/read-rows';
import type { Value } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from './live-database.ts';
import { quoteName } from './quote.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('PostgreSQL query tests skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(url === '')('queries as sources', () => {
  let database: LiveDatabase;
  const open: Connection[] = [];
  const table = freshName('asked');
  const t = `${quoteName(SCHEMA)}.${quoteName(table)}`;
  const sequence = `${quoteName(SCHEMA)}.${quoteName(`${table}_s`)}`;

  beforeAll(async () => {
    database = await makeLiveDatabase(url);
    await database.makeNumbers(table, 5);
    await database.query(`CREATE SEQUENCE ${sequence}`);
    await database.query(
      `CREATE FUNCTION ${quoteName(SCHEMA)}.writes() RETURNS int LANGUAGE sql AS 'DELETE FROM ${t}; SELECT 1'`,
    );
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await database?.drop();
  });

  async function sourceOf(sql: string, more: OptionValues = {}): Promise<Source> {
    const connection = await database.open(testHost().host);
    open.push(connection);
    return connection.source({ 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': sql, ...more });
  }

  async function rowsOf(sql: string, more: OptionValues = {}): Promise<readonly (readonly Value[])[]> {
    const { slices, rowsOf } = await readRows(await sourceOf(sql, more), 4);
    expect(slices.length).toBe(1);
    return rowsOf.flat();
  }

  it.each([
    `SELECT id FROM ${t} WHERE id BETWEEN 2 AND 3 ORDER BY id`,
    `SELECT id FROM ${t} WHERE id > 1 ORDER BY id LIMIT 2;`,
    `SELECT a.id FROM ${t} a JOIN ${t} b ON a.id = b.id AND b.label <> ') AS "query" ; --' WHERE a.id IN (2, 3) ORDER BY 1 -- the end`,
    `/* a ) comment ; */ SELECT id FROM ${t} WHERE id = 2 UNION ALL SELECT 3`,
    `WITH two AS (SELECT id FROM ${t} WHERE id < 4) SELECT id FROM two WHERE id > $$1$$::int ORDER BY id`,
    `(SELECT id FROM ${t} WHERE id = 2) UNION (SELECT id FROM ${t} WHERE id = 3) ORDER BY id`,
    `VALUES (2::bigint), (3)`,
  ])('reads the result of %s', async (sql) => {
    expect((await rowsOf(sql)).map((row) => Number(row[0]))).toEqual([2, 3]);
  });

  it('describes what a query returns, without a table', async () => {
    const source = await sourceOf(
      `SELECT id AS "a & b", label::varchar(7) AS short, amount * 1.5 AS m, now() AS at, NULL AS nothing, ARRAY[1] AS list FROM ${t}`,
    );
    const shape = await source.describe();
    expect(shape.columns.map(({ name, native }) => [name, native])).toEqual([
      ['a & b', 'bigint'],
      ['short', 'character varying(7)'],
      ['m', 'numeric'],
      ['at', 'timestamp with time zone'],
      ['nothing', 'text'],
      ['list', 'integer[]'],
    ]);
    expect(shape.rowsEstimate).toBeGreaterThan(0);
    expect(source.snapshots).toBeUndefined();
  });

  it('takes columns and a condition of the result', async () => {
    const more = {
      'fromJobConfig.columnList': 'twice&id',
      'fromJobConfig.whereClause': 'twice > 6 OR id = 1',
    };
    expect(await rowsOf(`SELECT id, id * 2 AS twice FROM ${t} ORDER BY id`, more)).toEqual([
      [2, 1],
      [8, 4],
      [10, 5],
    ]);
    await expect(
      rowsOf(`SELECT id FROM ${t}`, { 'fromJobConfig.columnList': 'nosuch' }),
    ).rejects.toMatchObject({ code: 'Cdm.0926' });
    await expect(
      rowsOf(`SELECT id FROM ${t}`, { 'fromJobConfig.whereClause': '1=1) UNION SELECT (1' }),
    ).rejects.toMatchObject({ code: 'Cdm.0902' });
  });

  it('does not count a partition column', async () => {
    const more = { 'fromJobConfig.partitionColumn': 'id', 'fromJobConfig.usePartition': 'true' };
    expect((await rowsOf(`SELECT id FROM ${t}`, more)).length).toBe(5);
  });

  it('goes the way of bytes to another table', async () => {
    const into = freshName('into');
    const connection = await database.open(testHost().host);
    open.push(connection);
    const creating = database.sinkOptions(into, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
    const result = await copyTable(
      await sourceOf(`SELECT id, upper(label) AS label FROM ${t} WHERE id < 4`),
      connection.sink(creating),
      { runKey: '5a1000000001' },
    );
    expect(result.plan.form).toBe('pgcopy-binary');
    expect(result.counts.rowsWritten).toBe(3);
    const { rows } = await database.query(
      `SELECT count(*)::int FROM ${quoteName(SCHEMA)}.${quoteName(into)} i JOIN ${t} s ON s.id = i.id AND upper(s.label) = i.label`,
    );
    expect(rows).toEqual([[3]]);
  });

  it.each([
    ['SELECT 1 AS a, 2 AS a', 'Cdm.0926'],
    ['SELECT 1, 2', 'Cdm.0926'],
    ['SELECT', 'Cdm.0926'],
    [`SELECT nosuch FROM ${t}`, 'Cdm.0902'],
    ['SELECT 1; SELECT 2', 'Cdm.0902'],
    [`SELECT 1; DROP TABLE ${t}`, 'Cdm.0902'],
    [`DELETE FROM ${t}`, 'Cdm.0902'],
    [`DELETE FROM ${t} RETURNING id`, 'Cdm.0902'],
    [`INSERT INTO ${t} SELECT * FROM ${t}`, 'Cdm.0902'],
    [`WITH gone AS (DELETE FROM ${t} RETURNING id) SELECT * FROM gone`, 'Cdm.0902'],
    ['SELECT * INTO stolen FROM pg_class', 'Cdm.0902'],
    [`SELECT id FROM ${t} FOR UPDATE`, 'Cdm.0902'],
    [`SELECT id FROM ${t} FOR SHARE`, 'Cdm.0902'],
    [`COPY ${t} TO STDOUT`, 'Cdm.0902'],
    [`SELECT id FROM ${t}) TO PROGRAM 'touch /tmp/never' --`, 'Cdm.0902'],
    [`SELECT id FROM ${t}) AS q; DROP TABLE ${t}; SELECT * FROM (SELECT 1`, 'Cdm.0902'],
    ['SELECT 1) AS q UNION ALL SELECT * FROM (SELECT 2', 'Cdm.0902'],
    ['SELECT 1) AS q CROSS JOIN (SELECT 2', 'Cdm.0902'],
    [`${t} AS a CROSS JOIN ${t} AS b`, 'Cdm.0902'],
    ["SELECT 'open", 'Cdm.0902'],
    ['SELECT $a$ open', 'Cdm.0902'],
    ['SELECT 1 AS a /* open', 'Cdm.0902'],
    ['SELECT 1 AS "open', 'Cdm.0902'],
    ['SELECT 1 AS a WHERE $1', 'Cdm.0902'],
    ['SELECT $1 AS a', 'Cdm.0902'],
    ['--', 'Cdm.0902'],
    ['BEGIN', 'Cdm.0902'],
    ['SET ROLE postgres', 'Cdm.0902'],
    ['EXPLAIN ANALYZE SELECT 1', 'Cdm.0902'],
    ["DO 'BEGIN END'", 'Cdm.0902'],
    ['CALL nosuch()', 'Cdm.0902'],
  ])('refuses %s before anything is read', async (sql, code) => {
    await expect((await sourceOf(sql)).describe()).rejects.toMatchObject({ code });
    expect((await database.query(`SELECT count(*)::int FROM ${t}`)).rows).toEqual([[5]]);
  });

  it('does not let a function in it write', async () => {
    for (const sql of [
      `SELECT nextval('${sequence}') AS n`,
      `SELECT ${quoteName(SCHEMA)}.writes() AS n`,
      `SELECT set_config('transaction_read_only', 'off', true) AS s, nextval('${sequence}') AS n`,
    ]) {
      await expect(rowsOf(sql), sql).rejects.toMatchObject({
        code: expect.stringMatching(/Cdm\.02?33|Cdm\.0902/),
      });
    }
    expect((await database.query(`SELECT is_called FROM ${sequence}`)).rows).toEqual([[false]]);
    expect((await database.query(`SELECT count(*)::int FROM ${t}`)).rows).toEqual([[5]]);
  });

  it('leaves the session as it was', async () => {
    const connection = await database.open(testHost().host);
    open.push(connection);
    const options = (sql: string) => ({ 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': sql });
    const first = async (sql: string) => {
      const source = connection.source(options(sql));
      const shape = await source.describe();
      const [slice] = await source.split(shape, 1);
      if (slice === undefined) throw new Error('no slice');
      const columns = shape.columns.map(({ name }) => ({ name, cast: null }));
      for await (const batch of source.read(slice, { form: 'rows', columns }, null))
        if (batch.form === 'rows') return batch.rows[0]?.[0];
      return undefined;
    };
    expect(await first("SELECT set_config('TimeZone', 'Asia/Shanghai', false) AS z")).toBe('Asia/Shanghai');
    expect(await first("SELECT current_setting('TimeZone') AS z")).toBe('UTC');
  });
});
