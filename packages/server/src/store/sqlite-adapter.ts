import type { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { StoreAdapter } from './adapter.ts';
import { SqliteDialect } from './sqlite-dialect.ts';

/** Extended result codes: SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY. */
const uniqueCodes: readonly unknown[] = [2067, 1555];

/** The embedded store: one file, one process, one connection. */
export function sqliteAdapter(database: DatabaseSync): StoreAdapter {
  return {
    dialect: new SqliteDialect(database),
    nameType: sql`text`,
    placeOf: 'instr',
    hasRowLocks: false,
    async lockForMigration() {
      // Every transaction begins IMMEDIATE, so it holds the file's one write lock already.
    },
    connections: () => 1,
    isUniqueViolation: (error) =>
      error instanceof Error && 'errcode' in error && uniqueCodes.includes(error.errcode),
  };
}
