import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startMariadb } from './mariadb.ts';
import { mariadbPrograms } from './mariadb-programs.ts';
import { startMysql } from './mysql.ts';
import { mysqlPrograms } from './mysql-programs.ts';
import { startPostgres } from './postgres.ts';
import { postgresFolder } from './postgres-binaries.ts';
import { type RunningServer, type ServerKind, ServerUnavailable } from './running-server.ts';

/** One row per statement: what both databases' clients have in common. */
type Query = (url: string, sql: string) => Promise<Record<string, unknown> | undefined>;

const queryPostgres: Query = async (url, sql) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
};

const queryMysqlFamily: Query = async (url, sql) => {
  const client = await mysql.createConnection(url);
  try {
    const [rows] = await client.query(sql);
    return Array.isArray(rows) ? (rows[0] as Record<string, unknown> | undefined) : undefined;
  } finally {
    await client.end();
  }
};

const reasons = {
  postgres: await reasonToSkip(() => postgresFolder()),
  mariadb: await reasonToSkip(() => mariadbPrograms(false, () => undefined)),
  mysql: await reasonToSkip(() => mysqlPrograms(false, () => undefined)),
};
for (const reason of Object.values(reasons)) if (reason) console.warn(`skipped: ${reason}`);

async function reasonToSkip(look: () => Promise<unknown>): Promise<string | null> {
  try {
    await look();
    return null;
  } catch (error) {
    if (error instanceof ServerUnavailable) return error.message;
    throw error;
  }
}

const cases = [
  {
    name: 'postgres',
    start: () => startPostgres({ settings: { work_mem: '7MB' } }),
    query: queryPostgres,
    schema: 'public',
  },
  {
    name: 'mariadb',
    start: () => startMariadb({ settings: { 'sort-buffer-size': '3M' } }),
    query: queryMysqlFamily,
    schema: 'own',
  },
  {
    name: 'mysql',
    start: () => startMysql({ settings: { 'sort-buffer-size': '3M' } }),
    query: queryMysqlFamily,
    schema: 'own',
  },
] as const;

describe.each(cases)('$name', ({ name, start, query, schema }) => {
  describe.skipIf(reasons[name])('started', () => {
    let server: RunningServer<ServerKind>;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());

    it('is what it says it is', async () => {
      const row = await query(server.url, 'SELECT version() AS version');
      expect(row?.version).toContain(server.version);
      expect(new URL(server.url).port).toBe(String(server.port));
    });

    it('wants the password', async () => {
      const wrong = new URL(server.url);
      wrong.password = 'wrong';
      await expect(query(String(wrong), 'SELECT 1')).rejects.toThrow(/password|denied/i);
    });

    it('keeps what was committed before a kill', async () => {
      if (name !== 'postgres') await query(server.url, `CREATE DATABASE ${schema}`);
      await query(server.url, `CREATE TABLE ${schema}.kept (word varchar(20))`);
      await query(server.url, `INSERT INTO ${schema}.kept VALUES ('grüße 水')`);
      const before = server.pid;
      await server.kill();
      await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
      await server.restart();
      expect(server.pid).not.toBe(before);
      expect(await query(server.url, `SELECT word FROM ${schema}.kept`)).toEqual({ word: 'grüße 水' });
    });

    it('runs as somebody without rights', () => {
      const [, uid] = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? [];
      expect(uid).not.toBe('0');
    });
  });

  describe.skipIf(reasons[name])('at the end', () => {
    it('leaves neither process nor folder', async () => {
      const server = await start();
      const folder = folderOf(server.pid);
      expect(existsSync(folder)).toBe(true);
      const { pid } = server;
      await Promise.all([server.stop(), server.stop()]);
      expect(isThere(pid)).toBe(false);
      expect(existsSync(folder)).toBe(false);
    });

    it('ends when its owner is killed with -9', async () => {
      const owner = await startOwner(name);
      const folder = folderOf(owner.serverPid);
      owner.process.kill('SIGKILL');
      await until(() => !isThere(owner.serverPid) && !existsSync(folder));
    });

    // What watches over MySQL is what watches over MariaDB (`mysqld.ts`), which starts in a fraction of its time.
    if (name === 'mysql') return;

    it('lets an owner that forgets it come to its end', async () => {
      const owner = await startOwner(name, 'forget');
      const [code] = await owner.exit;
      expect(code).toBe(0);
      await until(() => !isThere(owner.serverPid));
    });

    it('is swept by the next start when its guard was killed as well', async () => {
      const owner = await startOwner(name);
      const folder = folderOf(owner.serverPid);
      const guardPid = parentOf(owner.serverPid);
      process.kill(guardPid, 'SIGKILL');
      owner.process.kill('SIGKILL');
      await until(() => !isThere(guardPid));
      await (await start()).stop();
      await until(() => !isThere(owner.serverPid));
      expect(existsSync(folder)).toBe(false);
    });
  });
});

it.skipIf(reasons.postgres)('PostgreSQL runs as in production, with the settings asked for', async () => {
  const server = await startPostgres({ settings: { work_mem: '7MB' } });
  try {
    const row = await queryPostgres(
      server.url,
      `SELECT current_setting('fsync') fsync, current_setting('synchronous_commit') AS commits,
              current_setting('server_encoding') AS encoding, current_setting('work_mem') AS work_mem,
              current_setting('password_encryption') AS passwords`,
    );
    expect(row).toEqual({
      fsync: 'on',
      commits: 'on',
      encoding: 'UTF8',
      work_mem: '7MB',
      passwords: 'scram-sha-256',
    });
  } finally {
    await server.stop();
  }
});

it.skipIf(reasons.postgres)('says why PostgreSQL does not start', async () => {
  // A temporary folder of its own: other runs come and go in the shared one.
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-own-'));
  await chmod(folder, 0o711);
  vi.stubEnv('TMPDIR', folder);
  await expect(startPostgres({ settings: { no_such_setting: '1' } })).rejects.toThrow(
    /unrecognized configuration parameter/,
  );
  expect(readdirSync(folder)).toEqual([]);
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** The server's folder, from its own command line. */
function folderOf(pid: number): string {
  const [folder] = /\/[^\0=]*sluice-server-[^\0/]+/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? [];
  if (!folder) throw new Error(`process ${pid} names no folder`);
  return folder;
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** A killed process whose parent has not asked for its end yet is gone for our purpose. */
function isThere(pid: number): boolean {
  const status = existsSync(`/proc/${pid}/status`)
    ? readFileSync(`/proc/${pid}/status`, 'utf8')
    : 'State:\tZ';
  return !/^State:\tZ/m.test(status);
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 20 s');
    await sleep(50);
  }
}

const starters = { postgres: 'startPostgres', mariadb: 'startMariadb', mysql: 'startMysql' } as const;

/** Another process that starts a server and then waits, or reaches its end without stopping it. */
async function startOwner(
  name: keyof typeof starters,
  then: 'wait' | 'forget' = 'wait',
): Promise<{ process: ChildProcess; exit: Promise<unknown[]>; serverPid: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-owner-'));
  const script = path.join(folder, 'owner.ts');
  const module = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const start = starters[name];
  await writeFile(
    script,
    `import { ${start} } from ${JSON.stringify(module)};
     const server = await ${start}();
     console.log(server.pid);
     ${then === 'wait' ? 'setInterval(() => undefined, 1_000);' : ''}`,
  );
  const owner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  // Listened for from the start: it may end before its line has been read.
  const exit = once(owner, 'exit');
  const [line] = await once(owner.stdout, 'data');
  await rm(folder, { recursive: true });
  return { process: owner, exit, serverPid: Number(String(line)) };
}
