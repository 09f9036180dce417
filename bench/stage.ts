import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import type { RunningServer } from '../tools/servers/running-server.ts';
import { type BenchTable, createTableSql, fillTableSql, proofSql } from './tables/bench-table.ts';
import { type Dialect, dialectOf } from './tables/dialect.ts';

export type ServerKind = RunningServer['kind'];

/** One table of one server, with all that a client needs to reach it. */
export interface Endpoint {
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `public` in PostgreSQL; the database in MariaDB. */
  readonly schema: string;
  readonly table: string;
}

/** What a database itself says of a table. */
export interface TableProof {
  readonly rows: number;
  /** A whole number of any size, as text. Equal tables have equal ones, in both databases. */
  readonly checksum: string;
}

/**
 * Both servers keep their durability; they get memory and log space for tables of this size, and nothing of their
 * own runs beside a measured copy.
 */
export const SERVER_SETTINGS: Readonly<Record<ServerKind, Readonly<Record<string, string>>>> = {
  postgres: {
    shared_buffers: '1GB',
    max_wal_size: '8GB',
    checkpoint_timeout: '30min',
    // Vacuum would start at a time of its own choosing; the runner analyzes the source tables itself.
    autovacuum: 'off',
  },
  mariadb: {
    'innodb-buffer-pool-size': '2G',
    'innodb-log-file-size': '1G',
    'local-infile': 'ON',
  },
};

/** So many pages of 16 KiB are nothing to write. */
const DIRTY_PAGES_LEFT = 64;
/** Written in a second while the runner waits. */
const DIRTY_PAGES_RATE = 20_000;
const DIRTY_PAGES_STEADY_MS = 1_500;
const DIRTY_PAGES_LIMIT_MS = 60_000;
const DIRTY_PAGES_PAUSE_MS = 50;

const SOURCE_DATABASE = 'bench_source';
const TARGET_DATABASE = 'bench_target';

/** Runs one statement. @returns its first row; null when it has none */
type Query = (sql: string) => Promise<Readonly<Record<string, unknown>> | null>;

/** The servers of a benchmark, their source tables, and the target table that each run finds new and empty. */
export class Stage {
  readonly servers: readonly RunningServer[];
  readonly #clients = new Map<string, { readonly query: Query; readonly close: () => Promise<void> }>();

  private constructor(servers: readonly RunningServer[]) {
    this.servers = servers;
  }

  /** @throws ServerUnavailable when this system cannot have one of them */
  static async start(kinds: ReadonlySet<ServerKind>, say: (line: string) => void): Promise<Stage> {
    const servers: RunningServer[] = [];
    const stage = new Stage(servers);
    try {
      for (const kind of kinds) {
        const settings = SERVER_SETTINGS[kind];
        servers.push(
          await (kind === 'postgres' ? startPostgres({ settings }) : startMariadb({ settings, say })),
        );
        const admin = await connect(stage.server(kind), '');
        for (const database of [SOURCE_DATABASE, TARGET_DATABASE]) {
          await admin.query(
            kind === 'postgres'
              ? `CREATE DATABASE ${database}`
              : `CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
          );
        }
        await admin.close();
      }
    } catch (error) {
      await stage.stop();
      throw error;
    }
    return stage;
  }

  server(kind: ServerKind): RunningServer {
    const server = this.servers.find((one) => one.kind === kind);
    if (!server) throw new Error(`this benchmark has no ${kind}`);
    return server;
  }

  source(kind: ServerKind, table: string): Endpoint {
    return this.#endpoint(kind, SOURCE_DATABASE, table);
  }

  target(kind: ServerKind, table: string): Endpoint {
    return this.#endpoint(kind, TARGET_DATABASE, table);
  }

  /** Makes the source table with its key and fills it inside the server. @returns what the server says of it */
  async makeSource(kind: ServerKind, table: BenchTable, rows: number): Promise<TableProof> {
    const endpoint = this.source(kind, table.name);
    const dialect = dialectOf(kind);
    const query = await this.#query(endpoint);
    await query(createTableSql(table, table.name, dialect, true));
    await query(fillTableSql(table, table.name, rows, dialect));
    // VACUUM: the first reader would otherwise write the hint bits of every page.
    await query(
      kind === 'postgres' ? `VACUUM (ANALYZE, FREEZE) ${table.name}` : `ANALYZE TABLE ${table.name}`,
    );
    return this.proof(endpoint, table);
  }

  /**
   * Before each run, not measured: an empty table without indexes in PostgreSQL, with its primary key in MariaDB,
   * whose rows live in that key. With `isAbsent` the table is only removed, for tools that insist on making theirs.
   */
  async renewTarget(kind: ServerKind, table: BenchTable, isAbsent: boolean): Promise<void> {
    const query = await this.#query(this.target(kind, table.name));
    await query(`DROP TABLE IF EXISTS ${table.name}`);
    if (!isAbsent) await query(createTableSql(table, table.name, dialectOf(kind), kind === 'mariadb'));
    // What the run before has left to be written is written now, not on the next one's time.
    if (kind === 'postgres') await query('CHECKPOINT');
    else await writeDirtyPages(query);
  }

  async rowCount(endpoint: Endpoint): Promise<number> {
    const row = await (await this.#query(endpoint))(`SELECT count(*) AS row_count FROM ${endpoint.table}`);
    return Number(row?.row_count);
  }

  async proof(endpoint: Endpoint, table: BenchTable): Promise<TableProof> {
    const dialect: Dialect = dialectOf(endpoint.kind);
    const row = await (await this.#query(endpoint))(proofSql(table, endpoint.table, dialect));
    return { rows: Number(row?.row_count), checksum: String(row?.checksum) };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) await client.close().catch(() => undefined);
    this.#clients.clear();
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  #endpoint(kind: ServerKind, database: string, table: string): Endpoint {
    const { host, port, user, password } = this.server(kind);
    return {
      kind,
      host,
      port,
      user,
      password,
      database,
      schema: kind === 'postgres' ? 'public' : database,
      table,
    };
  }

  async #query(endpoint: Endpoint): Promise<Query> {
    const name = `${endpoint.kind}/${endpoint.database}`;
    let client = this.#clients.get(name);
    if (!client) {
      client = await connect(this.server(endpoint.kind), endpoint.database);
      this.#clients.set(name, client);
    }
    return client.query;
  }
}

async function connect(
  server: RunningServer,
  database: string,
): Promise<{ readonly query: Query; readonly close: () => Promise<void> }> {
  const url = new URL(server.url);
  if (database !== '') url.pathname = `/${database}`;
  if (server.kind === 'postgres') {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    return {
      query: async (sql) => (await client.query(sql)).rows[0] ?? null,
      close: () => client.end(),
    };
  }
  const client = await createConnection({ uri: url.href, charset: 'utf8mb4' });
  return {
    query: async (sql) => {
      const [rows] = await client.query(sql);
      return Array.isArray(rows)
        ? ((rows[0] as Readonly<Record<string, unknown>> | undefined) ?? null)
        : null;
    },
    close: () => client.end(),
  };
}

/** What CHECKPOINT is to PostgreSQL: MariaDB writes out whatever the run before left in its buffers. */
async function writeDirtyPages(query: Query): Promise<void> {
  const before = await query(
    'SELECT @@innodb_max_dirty_pages_pct AS percent, @@innodb_io_capacity AS rate, @@innodb_io_capacity_max AS rate_max',
  );
  // By itself it writes 200 pages a second.
  await query(`SET GLOBAL innodb_io_capacity_max = ${DIRTY_PAGES_RATE}`);
  await query(`SET GLOBAL innodb_io_capacity = ${DIRTY_PAGES_RATE}`);
  await query('SET GLOBAL innodb_max_dirty_pages_pct = 0');
  try {
    const deadline = Date.now() + DIRTY_PAGES_LIMIT_MS;
    let fewest = Number.POSITIVE_INFINITY;
    let fewestSince = Date.now();
    for (;;) {
      const status = await query(
        "SELECT VARIABLE_VALUE AS pages FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_BUFFER_POOL_PAGES_DIRTY'",
      );
      const pages = Number(status?.pages);
      if (pages < fewest) {
        fewest = pages;
        fewestSince = Date.now();
      }
      // Pages of temporary tables count as dirty and are never written: what does not get less is done.
      if (pages <= DIRTY_PAGES_LEFT || Date.now() - fewestSince > DIRTY_PAGES_STEADY_MS) return;
      if (Date.now() > deadline) throw new Error(`MariaDB still has ${pages} dirty pages to write`);
      await sleep(DIRTY_PAGES_PAUSE_MS);
    }
  } finally {
    await query(`SET GLOBAL innodb_max_dirty_pages_pct = ${Number(before?.percent)}`);
    await query(`SET GLOBAL innodb_io_capacity = ${Number(before?.rate)}`);
    await query(`SET GLOBAL innodb_io_capacity_max = ${Number(before?.rate_max)}`);
  }
}
