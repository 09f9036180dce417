import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** One database of the proof, reached by its own client. */
export interface ComparedSide {
  readonly kind: 'postgres' | 'mysql';
  readonly url: string;
  readonly database: string;
  /** What a job calls the schema. */
  readonly schema: string;
  /** Runs one statement; rows as arrays. */
  sql(text: string): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

/** @param url of a superuser. */
export async function postgresComparedSide(url: string, database: string): Promise<ComparedSide> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8'`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  await client.query(`SET TimeZone = 'UTC'`);
  return {
    kind: 'postgres',
    url,
    database,
    schema: 'public',
    sql: async (text) => (await client.query<unknown[]>({ text, rowMode: 'array' })).rows,
    async close() {
      await client.end();
      const last = new pg.Client({ connectionString: url });
      await last.connect();
      await last.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await last.end();
    },
  };
}

/** @param url of a user who may make databases. */
export async function mysqlComparedSide(url: string, database: string): Promise<ComparedSide> {
  const server = new URL(url);
  const client = await createConnection({
    host: server.hostname,
    port: Number(server.port),
    user: decodeURIComponent(server.username),
    password: decodeURIComponent(server.password),
  });
  await client.query(`CREATE DATABASE ${database} DEFAULT CHARACTER SET utf8mb4`);
  await client.query(`USE ${database}`);
  await client.query(`SET time_zone = '+00:00'`);
  return {
    kind: 'mysql',
    url,
    database,
    schema: database,
    async sql(text) {
      const [rows] = await client.query({ sql: text, rowsAsArray: true });
      return Array.isArray(rows) ? (rows as unknown[][]) : [];
    },
    async close() {
      await client.query(`DROP DATABASE IF EXISTS ${database}`);
      await client.end();
    },
  };
}
