import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTableSql, fillTableSql, proofSql } from './bench-table.ts';
import { mariadbDialect, postgresDialect } from './dialect.ts';
import { benchTables, tableNamed } from './tables.ts';

const urls = { postgres: process.env.SLUICE_TEST_POSTGRES, mariadb: process.env.SLUICE_TEST_MYSQL };
for (const [name, url] of Object.entries({
  SLUICE_TEST_POSTGRES: urls.postgres,
  SLUICE_TEST_MYSQL: urls.mariadb,
}))
  if (!url) console.warn(`skipped: ${name} is not set`);

const ROWS = 3_000;

describe.skipIf(!urls.postgres || !urls.mariadb)('the tables', async () => {
  const database = `bench_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: urls.postgres });
  const own = new URL(urls.postgres ?? 'postgres://skipped');
  own.pathname = `/${database}`;
  const postgres = new pg.Client({ connectionString: own.href });
  const mariadb = urls.mariadb ? await createConnection({ uri: urls.mariadb, charset: 'utf8mb4' }) : null;
  const inMariadb = async (sql: string) => {
    const [rows] = (await mariadb?.query(sql)) ?? [[]];
    return Array.isArray(rows) ? rows[0] : undefined;
  };
  beforeAll(async () => {
    await admin.connect();
    await admin.query(`CREATE DATABASE ${database}`);
    await postgres.connect();
    await inMariadb(`CREATE DATABASE ${database}`);
    await inMariadb(`USE ${database}`);
    for (const table of Object.values(benchTables)) {
      await postgres.query(createTableSql(table, table.name, postgresDialect, true));
      await postgres.query(fillTableSql(table, table.name, ROWS, postgresDialect));
      await inMariadb(createTableSql(table, table.name, mariadbDialect, true));
      await inMariadb(fillTableSql(table, table.name, ROWS, mariadbDialect));
    }
  });
  afterAll(async () => {
    await postgres.end();
    await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await admin.end();
    await inMariadb(`DROP DATABASE IF EXISTS ${database}`);
    await mariadb?.end();
  });

  const proofs = async (name: string) => ({
    postgres: (await postgres.query(proofSql(tableNamed(name), name, postgresDialect))).rows[0],
    mariadb: await inMariadb(proofSql(tableNamed(name), name, mariadbDialect)),
  });

  it.each(Object.keys(benchTables))('%s is the same in both databases', async (name) => {
    const { postgres: one, mariadb: other } = await proofs(name);
    expect(one).toEqual({ row_count: String(ROWS), checksum: expect.stringMatching(/^\d{15,}$/) });
    expect({ ...other }).toEqual(one);
  });

  it.each([
    ['t1', 'l_tax = l_tax + 0.01 WHERE l_orderkey = 7 AND l_linenumber = 1'],
    ['t2', `x5 = concat(x5, ' ') WHERE id = 17`],
    ['t2', 'f10 = f10 + 0.000244140625 WHERE id = 17'],
    ['t3', `a = '' WHERE a IS NULL`],
    ['t3', `b = replace(b, '\r', '') WHERE b LIKE '%\r%'`],
  ])('a change of %s is seen in both: %s', async (name, change) => {
    const before = await proofs(name);
    await postgres.query(`UPDATE ${name} SET ${change}`);
    const between = await proofs(name);
    expect(between.postgres.checksum).not.toBe(before.postgres.checksum);
    await inMariadb(`UPDATE ${name} SET ${change}`);
    const after = await proofs(name);
    expect(after.mariadb).not.toEqual(before.mariadb);
    expect({ ...after.mariadb }).toEqual(after.postgres);
  });

  it('the text table has what careless copying breaks', async () => {
    const { rows } = await postgres.query(`
      SELECT count(*) FILTER (WHERE c IS NULL) > 100 AS nulls, count(*) FILTER (WHERE c = '') > 50 AS empties,
             bool_or(c LIKE E'%\\t%') AS tabs, bool_or(c LIKE E'%\\n%') AS feeds, bool_or(c LIKE E'%\\r\\n%') AS returns,
             bool_or(c LIKE '%"%') AS quotes, bool_or(c LIKE '%\\\\%') AS backslashes, bool_or(c LIKE '%🚀%') AS wide
      FROM t3`);
    expect(rows[0]).toEqual({
      nulls: true,
      empties: true,
      tabs: true,
      feeds: true,
      returns: true,
      quotes: true,
      backslashes: true,
      wide: true,
    });
  });
});
