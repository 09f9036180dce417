import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { RunningServer } from '../../tools/servers/running-server.ts';

/** One database of a server that writes down every statement, and that knows whether anything was written to it. */
export interface ObservedServer {
  readonly kind: 'postgres' | 'mysql';
  readonly url: string;
  readonly database: string;
  /** What a job calls the schema. */
  readonly schema: string;
  /** Runs statements over the proof's own connection, which is left out of the log. */
  sql(text: string): Promise<void>;
  /** Forgets what was seen so far. */
  forget(): Promise<void>;
  /** Statements of others since then, in the server's own words. */
  seen(): Promise<readonly string[]>;
  /** A text that changes with every write to the server, whoever makes it, by the server's own bookkeeping. */
  writes(): Promise<string>;
  /** Digest of a table's rows, in the server's own SQL. */
  digest(table: string): Promise<string>;
  /** Keeps everybody from reading the table until released. PostgreSQL only. */
  lock(table: string): Promise<{ release(): Promise<void> }>;
  /** Sessions that wait for a lock. */
  waiting(): Promise<number>;
  /** A user who may only read, and one who may write to tables that are there, but make none. @returns the URL. */
  makeUser(rights: 'read' | 'write rows'): Promise<string>;
  close(): Promise<void>;
}

/** Settings under which PostgreSQL writes down every statement, and gives no transaction a number but for somebody's sake. */
export const postgresSettings = {
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_statement: 'all',
  log_min_error_statement: 'error',
  autovacuum: 'off',
} as const;

/** MariaDB writes every change into its binary log, whose end is then the witness. */
export const mariadbSettings = {
  'log-bin': 'binary',
  'server-id': '1',
  'general-log': 'ON',
  'log-output': 'TABLE',
} as const;

const adminName = 'proof administrator';

export async function observePostgres(server: RunningServer, database: string): Promise<ObservedServer> {
  const first = new pg.Client({ connectionString: server.url, application_name: adminName });
  await first.connect();
  await first.query(`CREATE DATABASE ${database}`);
  await first.end();
  const own = new URL(server.url);
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href, application_name: adminName });
  await client.connect();
  const logEnd = async (): Promise<number> => {
    const { rows } = await client.query(`SELECT size FROM pg_stat_file(pg_current_logfile('jsonlog'))`);
    return Number(rows[0]?.size ?? 0);
  };
  let from = await logEnd();
  return {
    kind: 'postgres',
    url: own.href,
    database,
    schema: 'public',
    sql: async (text) => void (await client.query(text)),
    async forget() {
      from = await logEnd();
    },
    async seen() {
      const to = await logEnd();
      const { rows } = await client.query(
        `SELECT pg_read_file(pg_current_logfile('jsonlog'), $1, $2) AS text`,
        [from, to - from],
      );
      return String(rows[0]?.text ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
        .filter((entry) => entry.dbname === database && entry.application_name !== adminName)
        .flatMap(({ message = '' }) => /^(?:statement|execute [^:]*): ([\s\S]*)$/.exec(message)?.[1] ?? []);
    },
    async writes() {
      // A transaction that writes nothing has no number.
      const { rows } = await client.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
      return String(rows[0]?.next);
    },
    async digest(table) {
      const { rows } = await client.query(
        `SELECT count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS d FROM ${table} AS t`,
      );
      return String(rows[0]?.d);
    },
    async lock(table) {
      await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      return { release: async () => void (await client.query('ROLLBACK')) };
    },
    async waiting() {
      // Within a transaction the server would tell again what it told first.
      await client.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await client.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`,
      );
      return Number(rows[0]?.n);
    },
    async makeUser(rights) {
      const name = `plan_${rights.replace(' ', '_')}_${database}`;
      await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'narrow';
        REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${name};
        GRANT ${rights === 'read' ? 'SELECT' : 'SELECT, INSERT, UPDATE, DELETE'} ON ALL TABLES IN SCHEMA public TO ${name}`);
      return withUser(own, name);
    },
    close: () => client.end(),
  };
}

export async function observeMariadb(server: RunningServer, database: string): Promise<ObservedServer> {
  const url = new URL(server.url);
  const admin = await createConnection({
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    multipleStatements: true,
  });
  await admin.query(`SET SESSION sql_log_off = ON; CREATE DATABASE ${database}; USE ${database}`);
  const rowsOf = async (text: string) => (await admin.query(text))[0] as Readonly<Record<string, unknown>>[];
  return {
    kind: 'mysql',
    url: server.url,
    database,
    schema: database,
    sql: async (text) => void (await admin.query(text)),
    forget: async () => void (await admin.query('TRUNCATE TABLE mysql.general_log')),
    async seen() {
      const rows = await rowsOf(
        `SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log
          WHERE command_type IN ('Query', 'Prepare', 'Execute') ORDER BY event_time`,
      );
      return rows.map(({ text }) => String(text));
    },
    async writes() {
      const [place] = await rowsOf('SHOW MASTER STATUS');
      return `${place?.File}:${place?.Position}`;
    },
    async digest(table) {
      const columns = await rowsOf(`SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`);
      const list = columns.map(({ name }) => `COALESCE(\`${name}\`, '~')`).join(', ');
      const [row] = await rowsOf(
        `SELECT CONCAT(COUNT(*), ':', COALESCE(SUM(CRC32(CONCAT_WS('|', ${list}))), 0)) AS d FROM ${table}`,
      );
      return String(row?.d);
    },
    lock: () => Promise.reject(new Error('not asked of MariaDB')),
    waiting: async () => 0,
    async makeUser(rights) {
      const name = `plan_${rights.replace(' ', '_')}_${database}`;
      const list = rights === 'read' ? 'SELECT' : 'SELECT, INSERT, UPDATE, DELETE';
      await admin.query(
        `CREATE USER '${name}'@'%' IDENTIFIED BY 'narrow'; GRANT ${list} ON ${database}.* TO '${name}'@'%'`,
      );
      return withUser(url, name);
    },
    close: () => admin.end(),
  };
}

function withUser(url: URL, name: string): string {
  const own = new URL(url);
  own.username = name;
  own.password = 'narrow';
  return own.href;
}
