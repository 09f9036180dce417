import type { Connection, Source } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { readRows } from '@sluice/core/contract-suite/read-rows';
import type { Value } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

describeOnEach('queries as sources', (server) => {
  let fixture: MysqlFixture;
  const open: Connection[] = [];
  const t = freshName('asked');

  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
    await fixture.makeNumbers(t, 5);
    await fixture.sql(
      `CREATE FUNCTION writes() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE FROM ${t}; RETURN 1; END`,
    );
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await fixture.drop();
  });

  async function sourceOf(sql: string, more: OptionValues = {}): Promise<Source> {
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    return connection.source({ 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': sql, ...more });
  }

  async function rowsOf(sql: string, more: OptionValues = {}): Promise<readonly (readonly Value[])[]> {
    const { slices, rowsOf } = await readRows(await sourceOf(sql, more), 4);
    expect(slices.length).toBe(1);
    return rowsOf.flat();
  }

  const fiveRows = async () =>
    expect(await fixture.query(`SELECT COUNT(*) FROM ${fixture.database}.${t}`)).toEqual([['5']]);

  it.each([
    `SELECT id FROM ${t} WHERE id BETWEEN 2 AND 3 ORDER BY id`,
    `SELECT id FROM ${t} WHERE id > 1 ORDER BY id LIMIT 2;`,
    `SELECT a.id FROM ${t} a JOIN ${t} b ON a.id = b.id AND b.label <> ') AS \`query\` ; -- ' WHERE a.id IN (2, 3) -- the end`,
    `/* a ) comment ; */ SELECT id FROM ${t} WHERE id = 2 UNION ALL SELECT 3 # it's the end`,
    `WITH two AS (SELECT id FROM ${t} WHERE id < 4) SELECT id FROM two WHERE id > 1`,
    `(SELECT id FROM ${t} WHERE id = 2) UNION (SELECT id FROM ${t} WHERE id = 3) ORDER BY id`,
  ])('reads the result of %s', async (sql) => {
    expect((await rowsOf(sql)).map((row) => Number(row[0])).sort()).toEqual([2, 3]);
  });

  it('describes what a query returns, as it describes a table of the same columns', async () => {
    const types = freshName('types');
    await fixture.makeTypes(types, true);
    const source = await sourceOf(`SELECT * FROM ${types}`);
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    const table = await connection.source(fixture.sourceOptions(types)).describe();
    const shape = await source.describe();
    // What a result does not tell: the values of an ENUM, MariaDB's checked JSON, a geometry's kind, a character set.
    const untold = ['years', 'pick', 'picks', 'doc', 'shape', 'latin', 'bin'];
    const told = (columns: typeof shape.columns) =>
      columns
        .filter(({ name }) => !untold.includes(name))
        .map(({ name, native, type }) => ({ name, native, type }));
    expect(told(shape.columns)).toEqual(told(table.columns));
    expect(shape.primaryKey).toEqual([]);
    expect(source.snapshots).toBeUndefined();
    const rows = await rowsOf(
      `SELECT id, NULL AS nothing, 'é' AS text_, 1.50 AS d, 1e0 AS f FROM ${t} WHERE id = 1`,
    );
    expect(rows).toEqual([[1, null, 'é', '1.50', 1]]);
  });

  it('takes columns and a condition of the result', async () => {
    const more = {
      'fromJobConfig.columnList': 'twice&id',
      'fromJobConfig.whereClause': 'twice > 6 OR id = 1',
    };
    const rows = await rowsOf(`SELECT id, id * 2 AS twice FROM ${t}`, more);
    expect([...rows].sort((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
      [2, 1],
      [8, 4],
      [10, 5],
    ]);
    await expect(
      rowsOf(`SELECT id FROM ${t}`, { 'fromJobConfig.columnList': 'nosuch' }),
    ).rejects.toMatchObject({
      code: 'Cdm.0926',
    });
    await expect(
      rowsOf(`SELECT id FROM ${t}`, { 'fromJobConfig.whereClause': '1=1) UNION SELECT (1' }),
    ).rejects.toMatchObject({ code: 'Cdm.0902' });
  });

  it('goes to another table', async () => {
    const into = freshName('into');
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    const creating = fixture.sinkOptions(into, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
    const result = await copyTable(
      await sourceOf(`SELECT id, UPPER(label) AS label, amount FROM ${t} WHERE id < 4`),
      connection.sink(creating),
      { runKey: '5a1000000002' },
    );
    expect(result.plan.form).toBe('pgcopy-binary');
    expect(
      await fixture.query(
        `SELECT COUNT(*) FROM ${fixture.database}.${into} i JOIN ${fixture.database}.${t} s ON s.id = i.id AND UPPER(s.label) = i.label AND i.amount <=> s.amount`,
      ),
    ).toEqual([['3']]);
  });

  it.each([
    ['SELECT 1 AS a, 2 AS a', 'Cdm.0926'],
    ['SELECT 1 AS a, 2 AS A', 'Cdm.0926'],
    ["SELECT ''", 'Cdm.0926'],
    [`SELECT nosuch FROM ${t}`, 'Cdm.0902'],
    ['SELECT 1 AS a; SELECT 2', 'Cdm.0902'],
    [`SELECT 1 AS a; DROP TABLE ${t}`, 'Cdm.0902'],
    [`DELETE FROM ${t}`, 'Cdm.0902'],
    [`INSERT INTO ${t} SELECT * FROM ${t}`, 'Cdm.0902'],
    [`WITH x AS (SELECT 1) DELETE FROM ${t}`, 'Cdm.0902'],
    [`SELECT id FROM ${t} FOR UPDATE`, 'Cdm.0902'],
    [`SELECT id FROM ${t} INTO OUTFILE '/tmp/sluice_never'`, 'Cdm.0902'],
    [`SELECT id INTO OUTFILE '/tmp/sluice_never' FROM ${t}`, 'Cdm.0902'],
    [`SELECT id FROM ${t} LIMIT 1 INTO DUMPFILE '/tmp/sluice_never'`, 'Cdm.0902'],
    [`SELECT id FROM ${t} LIMIT 1 INTO @a`, 'Cdm.0902'],
    ["LOAD DATA INFILE '/etc/passwd' INTO TABLE t", 'Cdm.0902'],
    [`SELECT 1 AS a) AS q; DROP TABLE ${t}; SELECT * FROM (SELECT 1`, 'Cdm.0902'],
    ['SELECT 1 AS a) AS q UNION ALL SELECT * FROM (SELECT 2 AS a', 'Cdm.0902'],
    [`SELECT 1 AS a) AS q INTO OUTFILE '/tmp/sluice_never' -- `, 'Cdm.0902'],
    [`SELECT 1 AS a) AS q INTO OUTFILE '/tmp/sluice_never' /*`, 'Cdm.0902'],
    ['SELECT 1 AS a /*! ) AS q UNION SELECT * FROM (SELECT 2 */', 'Cdm.0902'],
    ['SELECT 1 AS a /*! ', 'Cdm.0902'],
    [`${t} AS a CROSS JOIN ${t} AS b`, 'Cdm.0902'],
    ["SELECT 'open", 'Cdm.0902'],
    ['SELECT 1 AS a /* open', 'Cdm.0902'],
    ['SELECT 1 AS `open', 'Cdm.0902'],
    ['SELECT ? AS a', 'Cdm.0902'],
    ['-- ', 'Cdm.0902'],
    ['SET @a = 1', 'Cdm.0902'],
    ['CALL nosuch()', 'Cdm.0902'],
    [`TRUNCATE ${t}`, 'Cdm.0902'],
    [`LOCK TABLES ${t} WRITE`, 'Cdm.0902'],
    ['SHOW TABLES', 'Cdm.0902'],
  ])('refuses %s before anything is read', async (sql, code) => {
    await expect((await sourceOf(sql)).describe()).rejects.toMatchObject({ code });
    await fiveRows();
  });

  it('does not let a function in it write', async () => {
    await expect(rowsOf('SELECT writes() AS n')).rejects.toMatchObject({
      code: expect.stringMatching(/Cdm\.0233|Cdm\.0902/),
    });
    await fiveRows();
  });
});
