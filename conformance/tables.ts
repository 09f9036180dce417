import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import type { RunningServer } from '../tools/servers/running-server.ts';
import type { DatabaseAddress } from './program-inputs.ts';
import { tableNames } from './program-inputs.ts';

/** Rows of every source table: enough for a run with counters, little enough that nobody waits. */
export const SOURCE_ROWS = 5_000;
const ROWS_PER_INSERT = 1_000;
/** The copying run takes at least this long, so that a poller can see it open. */
const COPY_PAUSE_S = 0.6;
/** The run that is to be stopped would take this long per row. */
const SLOW_ROW_PAUSE_S = 0.02;

/** What of a server is needed to make a database on it. */
export type ServerAccess = Pick<RunningServer, 'kind' | 'url' | 'host' | 'port' | 'user' | 'password'>;

type SourceRow = {
  readonly id: number;
  readonly name: string;
  readonly amount: string;
  readonly createdAt: string;
};

/** The same rows each time. Names hold what quoting and encoding get wrong: quotes, backslashes, Chinese, emoji. */
function sourceRow(id: number): SourceRow {
  const peculiar = ['plain', "O'Neil", 'back\\slash', '数据迁移', 'tab\there', '🚰 sluice', '"quoted"', ''];
  const minute = String(id % 60).padStart(2, '0');
  return {
    id,
    name: `${peculiar[id % peculiar.length]}`,
    amount: (((id * 7919) % 1_000_000) / 100).toFixed(2),
    createdAt: `2026-01-${String((id % 28) + 1).padStart(2, '0')} 03:${minute}:05`,
  };
}

function sourceRows(): SourceRow[] {
  return Array.from({ length: SOURCE_ROWS }, (_, index) => sourceRow(index + 1));
}

/** Makes a database on a server; gives the address that links use. */
export async function makeDatabase(server: ServerAccess, name: string): Promise<DatabaseAddress> {
  const common = {
    host: server.host,
    port: server.port,
    database: name,
    user: server.user,
    password: server.password,
  };
  if (server.kind === 'mariadb') {
    const connection = await createConnection(server.url);
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    await connection.end();
    return { ...common, type: 'MYSQL', schema: name };
  }
  await onPostgres({ ...common, database: 'postgres' }, (client) => client.query(`CREATE DATABASE ${name}`));
  return { ...common, type: 'POSTGRESQL', schema: 'public' };
}

/** One SDK's source table, filled, on the source server. */
export async function makeSourceTable(address: DatabaseAddress, sdk: string): Promise<void> {
  const { source } = tableNames(sdk);
  const rows = sourceRows();
  if (address.type === 'MYSQL') {
    const connection = await createConnection(mysqlOptions(address));
    await connection.query(
      `CREATE TABLE ${source} (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL, amount DECIMAL(12,2), created_at DATETIME)`,
    );
    for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
      const values = rows
        .slice(at, at + ROWS_PER_INSERT)
        .map((row) => [row.id, row.name, row.amount, row.createdAt]);
      await connection.query(`INSERT INTO ${source} VALUES ?`, [values]);
    }
    await connection.end();
    return;
  }
  await onPostgres(address, async (client) => {
    await client.query(postgresTable(source));
    await client.query(
      `INSERT INTO ${source} SELECT * FROM unnest($1::int[], $2::text[], $3::numeric[], $4::timestamp[])`,
      [
        rows.map((row) => row.id),
        rows.map((row) => row.name),
        rows.map((row) => row.amount),
        rows.map((row) => row.createdAt),
      ],
    );
  });
}

/**
 * One SDK's two target tables. Triggers make them slow in a way that does not depend on how rows are written: one
 * pause per statement where the copy goes, one per row where the run to be stopped goes.
 */
export async function makeTargetTables(address: DatabaseAddress, sdk: string): Promise<void> {
  const { copied, slow } = tableNames(sdk);
  await onPostgres(address, async (client) => {
    await client.query(postgresTable(copied));
    await client.query(postgresTable(slow));
    await client.query(`
      CREATE FUNCTION ${copied}_pause() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(${COPY_PAUSE_S}); RETURN NULL; END $$;
      CREATE TRIGGER pause BEFORE INSERT ON ${copied} FOR EACH STATEMENT EXECUTE FUNCTION ${copied}_pause();
      CREATE FUNCTION ${slow}_pause() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(${SLOW_ROW_PAUSE_S}); RETURN NEW; END $$;
      CREATE TRIGGER pause BEFORE INSERT ON ${slow} FOR EACH ROW EXECUTE FUNCTION ${slow}_pause();
    `);
  });
}

function postgresTable(name: string): string {
  return `CREATE TABLE ${name} (id int PRIMARY KEY, name varchar(60) NOT NULL, amount numeric(12,2), created_at timestamp)`;
}

/** Compares the copied table with the rows that were put into the source; null when they are the same, else what differs. */
export async function differenceInCopy(address: DatabaseAddress, sdk: string): Promise<string | null> {
  const { copied } = tableNames(sdk);
  const found = await onPostgres(address, async (client) => {
    const text = `SELECT id, name, amount::text, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') AS "createdAt"
                  FROM ${copied} ORDER BY id`;
    return (await client.query<SourceRow>(text)).rows;
  });
  const wanted = sourceRows();
  if (found.length !== wanted.length) return `${found.length} rows instead of ${wanted.length}`;
  for (const [index, row] of wanted.entries()) {
    const [expected, actual] = [JSON.stringify(row), JSON.stringify(found[index])];
    if (expected !== actual) return `row ${row.id} is ${actual} instead of ${expected}`;
  }
  return null;
}

/** Rows in a source table as the source server counts them. */
export async function countSourceRows(address: DatabaseAddress, sdk: string): Promise<number> {
  const text = `SELECT count(*) AS n FROM ${tableNames(sdk).source}`;
  if (address.type === 'POSTGRESQL') {
    return await onPostgres(address, async (client) =>
      Number((await client.query<{ n: string }>(text)).rows[0]?.n),
    );
  }
  const connection = await createConnection(mysqlOptions(address));
  const [rows] = await connection.query<RowDataPacket[]>(text);
  await connection.end();
  return Number(rows[0]?.n);
}

function mysqlOptions(address: DatabaseAddress) {
  const { host, port, database, user, password } = address;
  return { host, port, database, user, password, charset: 'utf8mb4' };
}

async function onPostgres<T>(
  address: Pick<DatabaseAddress, 'host' | 'port' | 'database' | 'user' | 'password'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { host, port, database, user, password } = address;
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
