import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** How a table of the destination is made to refuse rows, and how that is mended. */
export const breakages = ['narrow column', 'missing column', 'refused row'] as const;
export type Breakage = (typeof breakages)[number];

/** What the database itself says of one table: its rows, and a hash of all of them in its own SQL. */
export interface TableDigest {
  readonly rows: number;
  readonly hash: string;
}

/** A database with many small tables, filled, damaged, mended and judged in its own SQL. */
export interface TableSet {
  readonly kind: 'postgres' | 'mysql';
  readonly url: string;
  readonly database: string;
  /** Makes the tables `names`, the i-th with `rowsOf(i)` rows, and a view that is no table. */
  fill(names: readonly string[], rowsOf: (no: number) => number): Promise<void>;
  makeEmpty(name: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** Makes a table that a copy cannot be written to. */
  damage(name: string, way: Breakage): Promise<void>;
  /** Takes away what stands in the way. */
  mend(name: string, way: Breakage): Promise<void>;
  /** Takes one row away: whoever moves the table again puts it back. @returns whether there was one. */
  mark(name: string): Promise<boolean>;
  digests(names: readonly string[]): Promise<ReadonlyMap<string, TableDigest>>;
  /** Tables that are there. */
  names(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const columns = 'id integer NOT NULL PRIMARY KEY, name varchar(60), amount decimal(12,2), day date';

/** PostgreSQL side. @param url of a superuser. */
export async function postgresTables(url: string, database: string): Promise<TableSet> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  const own = new URL(url);
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  const hash = `coalesce(sum(('x' || substr(md5(concat_ws('|', id, coalesce(name, '~'), coalesce(amount::text, '~'),
    coalesce(to_char(day, 'YYYY-MM-DD'), '~'))), 1, 12))::bit(48)::bigint), 0)`;
  return {
    ...sharedParts((sql) => client.query(sql).then(() => undefined)),
    kind: 'postgres',
    url,
    database,
    async fill(names, rowsOf) {
      for (const [no, name] of names.entries()) {
        await client.query(`CREATE TABLE ${name} (${columns});
          INSERT INTO ${name} SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE 'name ' || n || ' 数据' END, n * 1.25,
            date '2020-01-01' + n FROM generate_series(1, ${rowsOf(no)}) AS n;
          ANALYZE ${name}`);
      }
      await client.query(`CREATE VIEW a_view AS SELECT * FROM ${names[0]}`);
    },
    async mark(name) {
      return (await client.query(`DELETE FROM ${name} WHERE id = 1`)).rowCount === 1;
    },
    async digests(names) {
      const found = new Map<string, TableDigest>();
      for (const name of names) {
        const { rows } = await client.query(`SELECT count(*)::int AS n, ${hash}::text AS h FROM ${name}`);
        found.set(name, { rows: rows[0].n, hash: rows[0].h });
      }
      return found;
    },
    async names() {
      const { rows } = await client.query(
        `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
      );
      return rows.map(({ name }) => name as string);
    },
    async close() {
      await client.end();
      await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** MariaDB side. @param url of a user who may make databases. */
export async function mysqlTables(url: string, database: string): Promise<TableSet> {
  const client = await createConnection({ uri: url, multipleStatements: true });
  await client.query(
    `CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; USE ${database}`,
  );
  const hash = `coalesce(sum(cast(conv(substr(md5(concat_ws('|', id, ifnull(name, '~'), ifnull(amount, '~'),
    ifnull(date_format(day, '%Y-%m-%d'), '~'))), 1, 12), 16, 10) AS unsigned)), 0)`;
  const rowsOfQuery = async (sql: string) => (await client.query(sql))[0] as Record<string, unknown>[];
  return {
    ...sharedParts((sql) => client.query(sql).then(() => undefined)),
    kind: 'mysql',
    url,
    database,
    async fill(names, rowsOf) {
      for (const [no, name] of names.entries()) {
        const rows = rowsOf(no);
        await client.query(`CREATE TABLE ${name} (${columns}) ENGINE=InnoDB`);
        if (rows > 0)
          await client.query(`INSERT INTO ${name} SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE concat('name ', n, ' 数据') END,
            n * 1.25, date_add('2020-01-01', INTERVAL n DAY) FROM (SELECT cast(seq AS signed) AS n FROM seq_1_to_${rows}) AS numbers`);
        await client.query(`ANALYZE TABLE ${name}`);
      }
      await client.query(`CREATE VIEW a_view AS SELECT * FROM ${names[0]}`);
    },
    async mark(name) {
      const [result] = await client.query(`DELETE FROM ${name} WHERE id = 1`);
      return (result as { affectedRows: number }).affectedRows === 1;
    },
    async digests(names) {
      const found = new Map<string, TableDigest>();
      for (const name of names) {
        const [row] = await rowsOfQuery(`SELECT count(*) AS n, cast(${hash} AS char) AS h FROM ${name}`);
        found.set(name, { rows: Number(row?.n), hash: String(row?.h) });
      }
      return found;
    },
    async names() {
      const rows = await rowsOfQuery(
        `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' AND TABLE_TYPE = 'BASE TABLE'`,
      );
      return rows.map(({ name }) => String(name));
    },
    async close() {
      await client.query(`DROP DATABASE IF EXISTS ${database}`);
      await client.end();
    },
  };
}

/** What both say in the same words. */
function sharedParts(
  sql: (text: string) => Promise<void>,
): Pick<TableSet, 'damage' | 'mend' | 'makeEmpty' | 'drop'> {
  return {
    makeEmpty: (name) => sql(`CREATE TABLE ${name} (${columns})`),
    drop: (name) => sql(`DROP TABLE ${name}`),
    async damage(name, way) {
      if (way === 'narrow column') await sql(`CREATE TABLE ${name} (${columns.replace('60', '3')})`);
      if (way === 'missing column') await sql(`CREATE TABLE ${name} (id integer NOT NULL PRIMARY KEY)`);
      if (way === 'refused row') {
        await sql(`CREATE TABLE ${name} (${columns}, CONSTRAINT few_rows CHECK (id < 3))`);
      }
    },
    async mend(name, way) {
      if (way === 'refused row') await sql(`ALTER TABLE ${name} DROP CONSTRAINT few_rows`);
      else await sql(`DROP TABLE ${name}`);
    },
  };
}
