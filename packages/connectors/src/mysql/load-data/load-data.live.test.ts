import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from '../mysql-fixture.ts';

const MEGABYTES_20 = 20_000_000;

describeOnEach('rows that lines could change', (server) => {
  let fixture: MysqlFixture;
  let connection: Connection;
  let runs = 0;
  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
    connection = await fixture.open(testHost().host);
  });
  afterAll(async () => {
    await connection.close();
    await fixture.drop();
  });

  async function copy(from: string, into: string): Promise<void> {
    runs += 1;
    const { plan } = await copyTable(
      connection.source(fixture.sourceOptions(from)),
      connection.sink(fixture.sinkOptions(into)),
      { runKey: `10ad${runs.toString(16).padStart(8, '0')}` },
    );
    expect(plan.form).toBe('pgcopy-binary');
  }

  const refusesNull =
    'a null for a TIMESTAMP that takes none is refused, and does not become the time of day';
  it(refusesNull, async () => {
    const table = freshName('stamp');
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, odd_value TIMESTAMP NULL)`,
      `INSERT INTO ${table} VALUES (1, '2024-02-29 12:00:00'), (2, NULL)`,
      `CREATE TABLE ${table}_to (id INT PRIMARY KEY, odd_value TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
    );
    await expect(copy(table, `${table}_to`)).rejects.toMatchObject({ code: 'Cdm.0234', retry: false });
    expect(await fixture.readBack(`${table}_to`)).toEqual([]);
  });

  it('rows longer than a packet, in text and in bytes', async () => {
    const table = freshName('long');
    const ddl = '(id INT PRIMARY KEY, v LONGTEXT, b LONGBLOB)';
    await fixture.sql(
      `CREATE TABLE ${table} ${ddl}`,
      `INSERT INTO ${table} VALUES (1, REPEAT('a\\t\\n\\\\', ${MEGABYTES_20 / 4}), NULL), (2, '\\\\N', REPEAT(X'00FF5C09', ${MEGABYTES_20 / 4})), (3, '', X'')`,
      `CREATE TABLE ${table}_to ${ddl}`,
    );
    await copy(table, `${table}_to`);
    const print = (name: string) =>
      fixture.query(
        `SELECT id, LENGTH(v), SHA2(v, 256), LENGTH(b), SHA2(b, 256) FROM ${fixture.database}.${name} ORDER BY id`,
      );
    expect(await print(`${table}_to`)).toEqual(await print(table));
  });
});
