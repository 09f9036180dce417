import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import type { WireForm } from '@sluice/core/data/batch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from '../mysql-fixture.ts';

/** Columns of the fixture's types table whose values PostgreSQL's types would not all hold, or hold in another text. */
const leftToRows = new Set(['years', 'clock', 'clock6', 'shape']);

/** Between two of a kind both hot paths meet: binary rows become tuples, and tuples bulk commands, or lines for MySQL. */
describeOnEach('one family to itself in binary', (server) => {
  let fixture: MysqlFixture;
  let connection: Connection;
  let types: string;
  let runs = 0;

  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
    connection = await fixture.open(testHost().host);
    types = freshName('types');
    await fixture.makeTypes(types, true);
  });
  afterAll(async () => {
    await connection.close();
    await fixture.drop();
  });

  async function copy(table: string, into: string, forms: readonly WireForm[]): Promise<WireForm> {
    runs += 1;
    const { plan } = await copyTable(
      connection.source(fixture.sourceOptions(table)),
      connection.sink(fixture.sinkOptions(into)),
      { runKey: `d1d2d3${runs.toString(16).padStart(6, '0')}`, forms },
    );
    return plan.form;
  }

  it('keeps every value of every column that it takes, and leaves the others to rows', async () => {
    const columns = await fixture.query(
      `SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${fixture.database}' AND TABLE_NAME = '${types}' AND COLUMN_NAME <> 'id' ORDER BY ORDINAL_POSITION`,
    );
    expect(columns.length).toBeGreaterThan(30);
    const asRows: string[] = [];
    for (const [name, type, characterSet] of columns) {
      const table = freshName('one');
      const text = characterSet === null ? '' : ` CHARACTER SET ${characterSet}`;
      const ddl = `(id BIGINT UNSIGNED NOT NULL PRIMARY KEY, v ${type}${text} NULL)`;
      await fixture.sql(
        `CREATE TABLE ${table} ${ddl}`,
        `INSERT INTO ${table} SELECT id, ${name} FROM ${types}`,
        `CREATE TABLE ${table}_to ${ddl}`,
      );
      const form = await copy(table, `${table}_to`, ['pgcopy-binary', 'rows']);
      if (form === 'rows') asRows.push(String(name));
      expect(await fixture.readBack(`${table}_to`), String(name)).toEqual(await fixture.readBack(table));
    }
    expect(asRows).toEqual([...leftToRows]);
    // Some forty tables: long on a busy machine.
  }, 120_000);

  it('keeps the character 0 of a text', async () => {
    const table = freshName('nul');
    const ddl = '(id INT PRIMARY KEY, v VARCHAR(20), w LONGTEXT)';
    await fixture.sql(
      `CREATE TABLE ${table} ${ddl}`,
      `INSERT INTO ${table} VALUES (1, 'a\\0b', '\\0')`,
      `CREATE TABLE ${table}_to ${ddl}`,
    );
    expect(await copy(table, `${table}_to`, ['pgcopy-binary', 'rows'])).toBe('pgcopy-binary');
    expect(await fixture.readBack(`${table}_to`)).toEqual([['1', 'a\0b', '\0']]);
  });
});
