import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kysely, sql } from 'kysely';
import { expect, it } from 'vitest';
import { migrationSuite } from './migration-suite.ts';
import { sqliteAdapter } from './sqlite-adapter.ts';
import { openSqliteFile } from './sqlite-dialect.ts';

const runFile = promisify(execFile);
const childScript = fileURLToPath(new URL('./migrate-child.ts', import.meta.url));

migrationSuite('migrations of the embedded store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-migrate-'));
  return {
    async connect() {
      const adapter = sqliteAdapter(openSqliteFile(join(folder, 'test.db')));
      return { adapter, db: new Kysely({ dialect: adapter.dialect }) };
    },
    async schema(db) {
      return (await sql`select type, name, sql from sqlite_schema order by type, name`.execute(db)).rows;
    },
    async migrateTwiceAtOnce() {
      // In processes of their own: SQLite waits for its lock without letting the event loop go on.
      const starts = [0, 1].map(() => runFile(process.execPath, [childScript, join(folder, 'test.db')]));
      return (await Promise.all(starts)).map(({ stdout }) => JSON.parse(stdout) as number[]);
    },
    async drop() {
      rmSync(folder, { recursive: true });
    },
  };
});

it('syncs each commit, keeps a write-ahead log and holds to foreign keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pragma-'));
  const database = openSqliteFile(join(folder, 'test.db'));
  const read = (pragma: string) => Object.values(database.prepare(`pragma ${pragma}`).get() ?? {})[0];
  expect(['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map(read)).toEqual([
    'wal',
    2,
    1,
    5_000,
  ]);
  database.close();
  rmSync(folder, { recursive: true });
});
