import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Endpoint } from '../../bench/stage.ts';
import type { RunningServer } from '../../tools/servers/running-server.ts';

/** What a database says of a table: equal tables have equal ones, in both databases and in any order of rows. */
export interface TableDigest {
  readonly rows: number;
  /** Sum of a 60-bit number from the MD5 of each row, as text. */
  readonly checksum: string;
}

/** One database of the proof, with `source` or `target` in it. */
export interface BigTable {
  /** Where a link finds the table. */
  endpoint(table: string): Endpoint;
  /** Makes and fills `source` inside the server. */
  fill(rows: number): Promise<void>;
  /** Makes an empty `target`. */
  makeTarget(): Promise<void>;
  /** Bytes that the table takes, by the database's own account. */
  bytes(table: string): Promise<number>;
  digest(table: string): Promise<TableDigest>;
  close(): Promise<void>;
}

/** Bytes of values in every row, with the decimal and all framing left out: no less can travel. */
export const rowBytesMin = 8 + 4 + 8 + 200 + 740;

/** The content comes from places in a pool of hashes that the row's number decides. */
const poolHashes = 1_600;
const placesMax = 100_000;

/** @param database made here. */
export async function openBigTable(server: RunningServer, database: string): Promise<BigTable> {
  return server.kind === 'postgres' ? openPostgres(server, database) : openMariadb(server, database);
}

async function openPostgres(server: RunningServer, database: string): Promise<BigTable> {
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  const own = new URL(server.url);
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  await client.query('SET max_parallel_workers_per_gather = 2');
  // Unlogged: what the proof is about is Sluice's memory, not the server's log. Rows below 2 KB are stored as they are.
  const create = (table: string) =>
    client.query(
      `CREATE UNLOGGED TABLE ${table} (id bigint NOT NULL, n integer NOT NULL, amount numeric(12,2) NOT NULL,
       at timestamp(6) NOT NULL, note varchar(200) NOT NULL, body bytea NOT NULL)`,
    );
  return {
    endpoint: (table) => ({ ...addressOf(server), database, schema: 'public', table }),
    async fill(rows) {
      await create('source');
      await client.query(
        `WITH pool AS MATERIALIZED (SELECT string_agg(sha512(i::text::bytea), ''::bytea ORDER BY i) AS bytes
           FROM generate_series(1, ${poolHashes}) AS i)
         INSERT INTO source
         SELECT n, (n * 7919) % 1000003 - 500000, ((n * 104729) % 100000000) / 100.0,
                timestamp '2001-02-03 04:05:06.789012' + n * interval '1234567 microseconds',
                encode(substr((SELECT bytes FROM pool), (1 + n * 7919 % ${placesMax})::integer, 100), 'hex'),
                substr((SELECT bytes FROM pool), (1 + n * 104729 % ${placesMax})::integer, 740)
         FROM (SELECT generate_series(1::bigint, ${Math.trunc(rows)}) AS n) AS numbers`,
      );
      await client.query('ANALYZE source');
    },
    async makeTarget() {
      await create('target');
    },
    async bytes(table) {
      const { rows } = await client.query<{ bytes: string }>(`SELECT pg_table_size('${table}') AS bytes`);
      return Number(rows[0]?.bytes);
    },
    async digest(table) {
      const { rows } = await client.query<{ rows: string; checksum: string }>(
        `SELECT count(*) AS rows, coalesce(sum(('x' || substr(md5(concat_ws('|', id, n, amount,
           to_char(at, 'YYYY-MM-DD HH24:MI:SS.US'), note, md5(body))), 1, 15))::bit(60)::bigint), 0)::text AS checksum
         FROM ${table}`,
      );
      return { rows: Number(rows[0]?.rows), checksum: String(rows[0]?.checksum) };
    },
    async close() {
      await client.end();
    },
  };
}

async function openMariadb(server: RunningServer, database: string): Promise<BigTable> {
  const client = await createConnection({ uri: server.url });
  await client.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await client.query(`USE ${database}`);
  await client.query("SET SESSION time_zone = '+00:00', group_concat_max_len = 1000000");
  const create = (table: string) =>
    client.query(
      `CREATE TABLE ${table} (id bigint NOT NULL PRIMARY KEY, n int NOT NULL, amount decimal(12,2) NOT NULL,
       at datetime(6) NOT NULL, note varchar(200) NOT NULL, body varbinary(740) NOT NULL) ENGINE=InnoDB`,
    );
  const one = async (sql: string): Promise<unknown[]> => {
    const [rows] = await client.query({ sql, rowsAsArray: true });
    return (rows as unknown[][])[0] ?? [];
  };
  return {
    endpoint: (table) => ({ ...addressOf(server), database, schema: database, table }),
    async fill(rows) {
      await create('source');
      await client.query(
        `SET @pool = (SELECT group_concat(unhex(sha2(seq, 512)) ORDER BY seq SEPARATOR '') FROM seq_1_to_${poolHashes})`,
      );
      await client.query(
        `INSERT INTO source
         SELECT n, (n * 7919) % 1000003 - 500000, ((n * 104729) % 100000000) / 100,
                date_add('2001-02-03 04:05:06.789012', INTERVAL n * 1234567 MICROSECOND),
                lower(hex(substr(@pool, 1 + n * 7919 % ${placesMax}, 100))),
                substr(@pool, 1 + n * 104729 % ${placesMax}, 740)
         FROM (SELECT cast(seq AS signed) AS n FROM seq_1_to_${Math.trunc(rows)}) AS numbers`,
      );
      await client.query('ANALYZE TABLE source');
    },
    async makeTarget() {
      await create('target');
    },
    async bytes(table) {
      await client.query(`ANALYZE TABLE ${table}`);
      const [bytes] = await one(
        `SELECT data_length FROM information_schema.tables WHERE table_schema = '${database}' AND table_name = '${table}'`,
      );
      return Number(bytes);
    },
    async digest(table) {
      const [rows, checksum] = await one(
        `SELECT count(*), cast(coalesce(sum(cast(conv(substr(md5(concat_ws('|', id, n, amount,
           date_format(at, '%Y-%m-%d %H:%i:%s.%f'), note, md5(body))), 1, 15), 16, 10) AS unsigned)), 0) AS char)
         FROM ${table}`,
      );
      return { rows: Number(rows), checksum: String(checksum) };
    },
    async close() {
      await client.end();
    },
  };
}

function addressOf({ kind, host, port, user, password }: RunningServer) {
  return { kind, host, port, user, password };
}
