import mysql from 'mysql2/promise';
import pg from 'pg';
import { startMariadb } from '../../tools/servers/mariadb.ts';
import { startMysql } from '../../tools/servers/mysql.ts';
import { startPostgres } from '../../tools/servers/postgres.ts';
import type { RunningServer, ServerKind } from '../../tools/servers/running-server.ts';
import type { ServerTls } from '../../tools/servers/server-tls.ts';

/** Of the accounts that the tests make. */
export const PASSWORD = "a pass\"word\\ with 'quotes' é";
/** May sign in over TLS alone. */
export const LOCKED_USER = 'locked';
/** The same table on every server. */
export const TABLE = 'secured';
export const ROWS = 4_000;

export interface SecuredServer {
  readonly server: RunningServer<ServerKind>;
  /** Where `TABLE` is: a schema of PostgreSQL, a database of the others. */
  readonly schema: string;
  readonly database: string;
  /** Runs one statement as administrator, without TLS and beside the product. */
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** All rows of a table of `schema`, each as one text. */
  read(table: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Two addresses, of which a certificate may name one. */
export const BOTH_ADDRESSES = '127.0.0.1,127.0.0.2';

/** PostgreSQL's access list: one method for each account, and only the administrator without TLS. */
const ACCESS = [
  'hostnossl all postgres all scram-sha-256',
  'hostssl all clear all password',
  'hostssl all digest all md5',
  'hostssl all all all scram-sha-256',
];

/** Starts a server that shows this certificate, with `TABLE` in it, and an account that needs TLS. */
export async function startSecured(kind: ServerKind, tls: ServerTls): Promise<SecuredServer> {
  const secured = kind === 'postgres' ? await securedPostgres(tls) : await securedMysql(kind, tls);
  try {
    const { query, schema } = secured;
    const text = kind === 'postgres' ? 'text' : 'varchar(200)';
    await query(`CREATE TABLE ${schema}.${TABLE} (id bigint PRIMARY KEY, label ${text}, amount int)`);
    const rows = Array.from({ length: ROWS }, (_, id) => {
      const amount = id % 3 === 0 ? 'NULL' : String(id * 7);
      return `(${id}, 'row ${id} é 中 😀 ${'='.repeat(150)}', ${amount})`;
    });
    await query(`INSERT INTO ${schema}.${TABLE} VALUES ${rows.join(', ')}`);
    return secured;
  } catch (error) {
    await secured.stop();
    throw error;
  }
}

async function securedPostgres(tls: ServerTls): Promise<SecuredServer> {
  const settings = { listen_addresses: BOTH_ADDRESSES };
  const server = await startPostgres({ tls, settings, access: ACCESS });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const query = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows;
  const password = pg.escapeLiteral(PASSWORD);
  for (const [user, encryption] of [
    [LOCKED_USER, 'scram-sha-256'],
    ['clear', 'scram-sha-256'],
    ['digest', 'md5'],
  ]) {
    await query(`SET password_encryption = '${encryption}'`);
    await query(`CREATE USER ${user} SUPERUSER PASSWORD ${password}`);
  }
  return {
    server,
    schema: 'public',
    database: 'postgres',
    query,
    read: async (table) =>
      (await query(`SELECT concat_ws('|', id, label, amount) FROM public.${table} ORDER BY id`)).map(String),
    async stop() {
      await client.end().catch(() => undefined);
      await server.stop();
    },
  };
}

async function securedMysql(kind: 'mariadb' | 'mysql', tls: ServerTls): Promise<SecuredServer> {
  const settings = { 'bind-address': BOTH_ADDRESSES };
  const server = await (kind === 'mariadb' ? startMariadb : startMysql)({ tls, settings });
  const client = await mysql.createConnection({ uri: server.url, rowsAsArray: true, charset: 'utf8mb4' });
  const query = async (sql: string) => {
    const [rows] = await client.query(sql);
    return Array.isArray(rows) ? (rows as unknown[][]) : [];
  };
  const schema = 'secured_links';
  await query(`CREATE DATABASE ${schema}`);
  await query(`CREATE USER ${LOCKED_USER}@'%' IDENTIFIED BY ${mysql.escape(PASSWORD)} REQUIRE SSL`);
  await query(`GRANT ALL ON *.* TO ${LOCKED_USER}@'%'`);
  return {
    server,
    schema,
    database: schema,
    query,
    read: async (table) =>
      (await query(`SELECT concat_ws('|', id, label, amount) FROM ${schema}.${table} ORDER BY id`)).map(
        String,
      ),
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}
