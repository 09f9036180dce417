import { randomBytes } from 'node:crypto';
import type { OptionValues } from '@sluice/core/options/option';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect } from 'vitest';

/** One database of a test's own on a real server, with the options of a link to it. */
export interface Side {
  readonly kind: 'postgres' | 'mysql';
  /** What a job calls the schema. */
  readonly schema: string;
  readonly link: OptionValues;
  readonly password: string;
  /** Runs statements over the test's own connection; rows of the last one as objects. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  /** A connection of its own, to hold locks with. */
  holder(): Promise<Holder>;
  /** Sessions of ours that wait for a lock. */
  waiting(): Promise<number>;
  drop(): Promise<void>;
}

export interface Holder {
  sql(text: string): Promise<void>;
  /** Ends the connection and with it every lock. Safe to repeat. */
  release(): Promise<void>;
}

export const postgresUrl = process.env.SLUICE_TEST_POSTGRES;
export const mysqlUrl = process.env.SLUICE_TEST_MYSQL;

/** False without servers, which is said once. */
export const hasServers = postgresUrl !== undefined && mysqlUrl !== undefined;
if (!hasServers) console.warn('Skipped: SLUICE_TEST_POSTGRES and SLUICE_TEST_MYSQL must both name a server');

export async function createPostgresSide(): Promise<Side> {
  const url = new URL(postgresUrl ?? '');
  const database = `sluice_runs_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  const inside = new URL(url);
  inside.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: inside.href });
  await client.connect();
  return {
    kind: 'postgres',
    schema: 'public',
    link: linkTo(url, 'POSTGRESQL', database),
    password: decodeURIComponent(url.password),
    async sql(text) {
      const result = (await client.query(text)) as pg.QueryResult | pg.QueryResult[];
      return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
    },
    async holder() {
      const held = new pg.Client({ connectionString: inside.href });
      held.on('error', () => undefined);
      await held.connect();
      return { sql: async (text) => void (await held.query(text)), release: () => held.end() };
    },
    async waiting() {
      const { rows } = await client.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`,
      );
      return Number(rows[0]?.n);
    },
    async drop() {
      await client.end();
      await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.end();
    },
  };
}

export async function createMysqlSide(): Promise<Side> {
  const url = new URL(mysqlUrl ?? '');
  const database = `sluice_runs_${randomBytes(6).toString('hex')}`;
  const connect = (name?: string) =>
    mysql.createConnection({
      host: url.hostname,
      port: Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      multipleStatements: true,
      ...(name === undefined ? {} : { database: name }),
    });
  const admin = await connect();
  await admin.query(`CREATE DATABASE ${database} DEFAULT CHARACTER SET utf8mb4`);
  await admin.query(`USE ${database}`);
  return {
    kind: 'mysql',
    schema: database,
    link: linkTo(url, 'MYSQL', database),
    password: decodeURIComponent(url.password),
    async sql(text) {
      const [rows] = await admin.query(text);
      if (!Array.isArray(rows)) return [];
      const last: unknown = rows.at(-1);
      return (Array.isArray(last) ? last : rows) as Record<string, unknown>[];
    },
    async holder() {
      const held = await connect(database);
      return {
        sql: async (text) => void (await held.query(text)),
        release: async () => held.destroy(),
      };
    },
    async waiting() {
      const [rows] = await admin.query(
        `SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE '%${database}%'
           AND ID <> CONNECTION_ID() AND STATE LIKE '%lock%'`,
      );
      return Number((rows as { n: number }[])[0]?.n);
    },
    async drop() {
      await admin.query(`DROP DATABASE ${database}`);
      await admin.end();
    },
  };
}

function linkTo(url: URL, databaseType: string, database: string): OptionValues {
  return {
    'linkConfig.databaseType': databaseType,
    'linkConfig.host': url.hostname,
    'linkConfig.port': url.port,
    'linkConfig.database': database,
    'linkConfig.username': decodeURIComponent(url.username),
    'linkConfig.password': decodeURIComponent(url.password),
  };
}

/** A table `id, name, amount` with ids 1..rows, analysed so that its size is known. */
export async function createNumbers(side: Side, table: string, rows: number): Promise<void> {
  const columns = 'id integer PRIMARY KEY, name varchar(40), amount decimal(12,2)';
  if (side.kind === 'postgres') {
    await side.sql(
      `CREATE TABLE ${table} (${columns});
       INSERT INTO ${table} SELECT i, 'name ' || i, i * 1.25 FROM generate_series(1, ${rows}) AS i; ANALYZE ${table}`,
    );
    return;
  }
  const filling = `INSERT INTO ${table} SELECT seq, concat('name ', seq), seq * 1.25 FROM seq_1_to_${rows}; ANALYZE TABLE ${table}`;
  await side.sql(`CREATE TABLE ${table} (${columns}) ENGINE=InnoDB; ${rows === 0 ? 'DO 0' : filling}`);
}

/** The same columns without rows. */
export async function createTarget(side: Side, table: string): Promise<void> {
  await createNumbers(side, table, 0);
}

/** What the table holds, as the database's own arithmetic sees it: count, distinct ids, sum of ids and of amounts. */
export async function fingerprint(side: Side, table: string): Promise<string> {
  const [row] = await side.sql(
    `SELECT count(*) AS n, count(DISTINCT id) AS d, coalesce(sum(id), 0) AS i, coalesce(sum(amount), 0) AS a FROM ${table}`,
  );
  return [row?.n, row?.d, row?.i, Number(row?.a)].map(String).join('/');
}

export function fingerprintOf(rows: number): string {
  const sum = (rows * (rows + 1)) / 2;
  return [rows, rows, sum, sum * 1.25].join('/');
}

/**
 * No end of a run leaves anything of ours at the destination.
 * @param mayStay checkpoint tables that are kept for a resume, or not, as the moment of the stop had it.
 */
export async function expectNoTraces(side: Side, mayStay: ReadonlySet<string> = new Set()): Promise<void> {
  const where = side.kind === 'postgres' ? `table_schema = 'public'` : `table_schema = '${side.schema}'`;
  const rows = await side.sql(
    `SELECT table_name AS name FROM information_schema.tables WHERE ${where} AND table_name LIKE '%sluice%'`,
  );
  expect(rows.filter(({ name }) => !mayStay.has(String(name)))).toEqual([]);
}

/** Keeps everybody else from reading and writing the table until the holder is released. */
export async function lockTable(holder: Holder, side: Side, table: string): Promise<void> {
  await holder.sql(
    side.kind === 'postgres'
      ? `BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`
      : `LOCK TABLES ${table} WRITE`,
  );
}
