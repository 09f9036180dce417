import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** A database server of the proof: where it listens and how its tables are written and judged in its own SQL. */
export interface Side {
  readonly kind: 'postgres' | 'mysql';
  readonly url: string;
  readonly database: string;
  /** Makes the database, and `source` with `rows` rows; `source` has a key, the targets have none, so that a doubled row shows. */
  prepare(rows: number): Promise<void>;
  /** Makes an empty target table. */
  makeTarget(table: string): Promise<void>;
  /** Whether anything was committed to the table. */
  hasRows(table: string): Promise<boolean>;
  /** All rows in one line, by the database: equal for equal tables of any two sides, a row that is there twice counts twice. */
  digest(table: string): Promise<Digest>;
  /** `id:md5(row)` of every row, ordered, hashed by the database from a canonical text: no code of ours touches a value. */
  rowHashes(table: string): Promise<string[]>;
  dropTarget(table: string): Promise<void>;
  /** Names of checkpoint tables that were left behind. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Digest {
  readonly rows: number;
  /** Count, and two sums over the halves of each row's hash. */
  readonly text: string;
}

const rowCountOf = (rows: number): number => Math.trunc(rows);

/** PostgreSQL side. @param url of a superuser. */
export async function postgresSide(url: string, database: string): Promise<Side> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  const columns = `id bigint NOT NULL, a integer, b numeric(12,2), c varchar(60), d date, e timestamp(6), f double precision, g boolean, h bytea`;
  const line = `id || ':' || md5(concat_ws('|', coalesce(a::text, '~'), coalesce(b::text, '~'),
    coalesce(encode(convert_to(c, 'UTF8'), 'hex'), '~'), coalesce(to_char(d, 'YYYY-MM-DD'), '~'),
    coalesce(to_char(e, 'YYYY-MM-DD HH24:MI:SS.US'), '~'), coalesce((f * 1024)::bigint::text, '~'),
    coalesce(g::int::text, '~'), coalesce(encode(h, 'hex'), '~')))`;
  return {
    kind: 'postgres',
    url,
    database,
    async prepare(rows) {
      await client.query(`CREATE TABLE source (${columns}, PRIMARY KEY (id))`);
      await client.query(`
        INSERT INTO source
        SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE (n * 7919) % 1000003 - 500000 END,
               ((n * 104729) % 100000000) / 100.0 - 300000,
               CASE WHEN n % 11 = 0 THEN NULL WHEN n % 13 = 0 THEN '' ELSE E'row\\t' || n || E'\\n"quote" \\\\ 数据 ' || md5(n::text) END,
               date '2000-01-01' + (n % 9000)::int,
               timestamp '2001-02-03 04:05:06.789012' + n * interval '1234567 microseconds',
               ((n * 31) % 65536) / 1024.0, n % 3 = 0,
               CASE WHEN n % 5 = 0 THEN NULL ELSE decode(md5(n::text), 'hex') END
        FROM generate_series(1::bigint, ${rowCountOf(rows)}) AS n`);
      await client.query('ANALYZE source');
    },
    async makeTarget(table) {
      await client.query(`CREATE TABLE ${table} (${columns})`);
    },
    async hasRows(table) {
      return (await client.query(`SELECT 1 FROM ${table} LIMIT 1`)).rows.length > 0;
    },
    async digest(table) {
      const half = (from: number) => `coalesce(sum(('x' || substr(h, ${from}, 15))::bit(60)::bigint), 0)`;
      const result = await client.query<{ n: string; text: string }>(
        `SELECT count(*) AS n, concat_ws('/', count(*), ${half(1)}, ${half(17)}) AS text
           FROM (SELECT md5(${line}) AS h FROM ${table}) AS hashes`,
      );
      return { rows: Number(result.rows[0]?.n), text: String(result.rows[0]?.text) };
    },
    async rowHashes(table) {
      const result = await client.query<[string]>({
        rowMode: 'array',
        text: `SELECT ${line} FROM ${table} ORDER BY id, 1`,
      });
      return result.rows.map((row) => row[0]);
    },
    async dropTarget(table) {
      await client.query(`DROP TABLE IF EXISTS ${table}`);
    },
    async leftovers() {
      const result = await client.query<{ name: string }>(
        `SELECT tablename AS name FROM pg_tables WHERE tablename LIKE '\\_sluice%'`,
      );
      return result.rows.map((row) => row.name);
    },
    async close() {
      await client.end();
      const last = new pg.Client({ connectionString: url });
      await last.connect();
      await last.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await last.end();
    },
  };
}

/** MariaDB side. @param url of a user who may make databases. */
export async function mysqlSide(url: string, database: string): Promise<Side> {
  const client = await createConnection({ uri: url, multipleStatements: false });
  await client.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await client.query(`USE ${database}`);
  await client.query(`SET SESSION time_zone = '+00:00'`);
  const columns = `id bigint NOT NULL, a int, b decimal(12,2), c varchar(60), d date, e datetime(6), f double, g tinyint(1), h varbinary(64)`;
  const line = `concat(id, ':', md5(concat_ws('|', ifnull(a, '~'), ifnull(b, '~'), ifnull(lower(hex(c)), '~'),
    ifnull(date_format(d, '%Y-%m-%d'), '~'), ifnull(date_format(e, '%Y-%m-%d %H:%i:%s.%f'), '~'),
    ifnull(cast(round(f * 1024) AS signed), '~'), ifnull(g, '~'), ifnull(lower(hex(h)), '~'))))`;
  return {
    kind: 'mysql',
    url,
    database,
    async prepare(rows) {
      await client.query(`CREATE TABLE source (${columns}, PRIMARY KEY (id)) ENGINE=InnoDB`);
      await client.query(`
        INSERT INTO source
        SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE (n * 7919) % 1000003 - 500000 END,
               ((n * 104729) % 100000000) / 100 - 300000,
               CASE WHEN n % 11 = 0 THEN NULL WHEN n % 13 = 0 THEN ''
                    ELSE concat('row\\t', n, '\\n"quote" \\\\ 数据 ', md5(n)) END,
               date_add('2000-01-01', INTERVAL (n % 9000) DAY),
               date_add('2001-02-03 04:05:06.789012', INTERVAL n * 1234567 MICROSECOND),
               ((n * 31) % 65536) / 1024, n % 3 = 0,
               CASE WHEN n % 5 = 0 THEN NULL ELSE unhex(md5(n)) END
        FROM (SELECT cast(seq AS signed) AS n FROM seq_1_to_${rowCountOf(rows)}) AS numbers`);
      await client.query('ANALYZE TABLE source');
    },
    async makeTarget(table) {
      await client.query(`CREATE TABLE ${table} (${columns}) ENGINE=InnoDB`);
    },
    async hasRows(table) {
      const [rows] = await client.query(`SELECT 1 FROM ${table} LIMIT 1`);
      return (rows as unknown[]).length > 0;
    },
    async digest(table) {
      const half = (from: number) =>
        `coalesce(sum(cast(conv(substr(h, ${from}, 15), 16, 10) AS unsigned)), 0)`;
      const [rows] = await client.query(
        `SELECT count(*) AS n, concat_ws('/', count(*), ${half(1)}, ${half(17)}) AS text
           FROM (SELECT md5(${line}) AS h FROM ${table}) AS hashes`,
      );
      const [row] = rows as unknown as { n: number; text: string }[];
      return { rows: Number(row?.n), text: String(row?.text) };
    },
    async rowHashes(table) {
      const [rows] = await client.query({
        rowsAsArray: true,
        sql: `SELECT ${line} AS line FROM ${table} ORDER BY id, 1`,
      });
      return (rows as unknown as [string][]).map((row) => row[0]);
    },
    async dropTarget(table) {
      await client.query(`DROP TABLE IF EXISTS ${table}`);
    },
    async leftovers() {
      const [rows] = await client.query({
        rowsAsArray: true,
        sql: `SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_name LIKE '\\_sluice%'`,
        values: [database],
      });
      return (rows as unknown as [string][]).map((row) => row[0]);
    },
    async close() {
      await client.query(`DROP DATABASE IF EXISTS ${database}`);
      await client.end();
    },
  };
}

/** Differences of two ordered lists of row hashes: lines only on one side, repeated lines counted each. */
export function compareRows(
  source: readonly string[],
  target: readonly string[],
): { lost: number; extra: number } {
  let lost = 0;
  let extra = 0;
  const wanted = new Map<string, number>();
  for (const line of source) wanted.set(line, (wanted.get(line) ?? 0) + 1);
  for (const line of target) {
    const count = wanted.get(line) ?? 0;
    if (count === 0) extra++;
    else wanted.set(line, count - 1);
  }
  for (const count of wanted.values()) lost += count;
  return { lost, extra };
}
