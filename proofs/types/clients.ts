import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { RunningServer, ServerKind } from '../../tools/servers/running-server.ts';
import type { System } from './columns.ts';

/** A database's own client, beside our code: it fills sources and prints both sides. */
export interface SqlClient {
  /** The program, or the driver where the program is not installed. */
  readonly name: string;
  /** Runs statements; each row of their results is a line of tab-separated fields without tabs. */
  run(statements: readonly string[]): Promise<readonly (readonly string[])[]>;
  end(): Promise<void>;
}

/** Name of the database that everything happens in, on every server. */
export const DATABASE = 'torture';
/** Longest work of a client on one script. */
const SCRIPT_LIMIT_MS = 120_000;

/** Opens the client of a server, in the database. */
export async function openClient(system: System, server: RunningServer<ServerKind>): Promise<SqlClient> {
  return system === 'postgres' ? openPsql(server) : openMariadb(server);
}

const postgresSettings = [
  'SET client_min_messages = error',
  "SET TimeZone = 'UTC'",
  "SET DateStyle = 'ISO, YMD'",
];
/** Sources may hold what strict servers refuse: zero dates. */
const mysqlSettings = ["SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''"];

async function openPsql(server: RunningServer<ServerKind>): Promise<SqlClient> {
  const program = find('psql');
  if (program === null) {
    const url = new URL(server.url);
    url.pathname = `/${DATABASE}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    for (const setting of postgresSettings) await client.query(setting);
    const query = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows as string[][];
    return { name: 'pg', run: (statements) => oneByOne(statements, query), end: () => client.end() };
  }
  const address = ['-h', server.host, '-p', String(server.port), '-U', server.user, '-d', DATABASE];
  const args = [...address, '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-f', '-'];
  return {
    name: 'psql',
    run: async (statements) => {
      const script = [...postgresSettings, ...statements].map((text) => `${text};\n`).join('');
      return linesOf(
        await runProgram(program, args, { PGPASSWORD: server.password, PGCLIENTENCODING: 'UTF8' }, script),
      );
    },
    end: async () => undefined,
  };
}

async function openMariadb(server: RunningServer<ServerKind>): Promise<SqlClient> {
  const program = server.kind === 'mariadb' ? find('mariadb') : null;
  if (program === null) {
    const client = await mysql.createConnection({
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      database: DATABASE,
      charset: 'UTF8MB4_GENERAL_CI',
      rowsAsArray: true,
    });
    for (const setting of mysqlSettings) await client.query(setting);
    const query = async (text: string) => {
      const [rows] = await client.query(text);
      return Array.isArray(rows) ? (rows as unknown as unknown[][]).map((row) => row.map(String)) : [];
    };
    return { name: 'mysql2', run: (statements) => oneByOne(statements, query), end: () => client.end() };
  }
  const address = [`--host=${server.host}`, `--port=${server.port}`, `--user=${server.user}`];
  const args = [
    '--no-defaults',
    ...address,
    '--batch',
    '--skip-column-names',
    '--raw',
    '--default-character-set=utf8mb4',
    DATABASE,
  ];
  return {
    name: 'mariadb',
    run: async (statements) => {
      const script = [...mysqlSettings, ...statements].map((text) => `${text};\n`).join('');
      return linesOf(await runProgram(program, args, { MYSQL_PWD: server.password }, script));
    },
    end: async () => undefined,
  };
}

async function oneByOne(
  statements: readonly string[],
  query: (text: string) => Promise<readonly (readonly string[])[]>,
): Promise<readonly (readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for (const text of statements) rows.push(...(await query(text)));
  return rows;
}

function linesOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

function find(program: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder: the next one may have it.
    }
  }
  return null;
}

/** @throws Error with the program's own words. */
function runProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  script: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...environment },
      timeout: SCRIPT_LIMIT_MS,
    });
    const out: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => complaints.push(data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'));
      else
        reject(
          new Error(
            `${path.basename(program)} ended with ${code}: ${Buffer.concat(complaints).toString('utf8').slice(0, 2_000)}`,
          ),
        );
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(script);
  });
}
