import { Kysely, sql } from 'kysely';
import { describe } from 'vitest';
import { migrate } from './migrate.ts';
import { migrationSuite } from './migration-suite.ts';
import { migrations } from './migrations/all.ts';
import { openPostgresPool, postgresAdapter } from './postgres-adapter.ts';
import type { Tables } from './schema.ts';
import { createTestDatabase, postgresForTests } from './test-database.ts';

const server = postgresForTests();

describe.skipIf(server === undefined)('with a PostgreSQL server', () => {
  migrationSuite('migrations on PostgreSQL', async () => {
    const database = await createTestDatabase(server ?? '');
    const connect = async () => {
      const pool = openPostgresPool(database.url, () => {
        // Dropping the database may end a connection that is just closing; statements report their own errors.
      });
      const adapter = postgresAdapter(pool);
      return { adapter, db: new Kysely<Tables>({ dialect: adapter.dialect }) };
    };
    return {
      connect,
      async migrateTwiceAtOnce() {
        const starts = [await connect(), await connect()];
        const applied = await Promise.all(
          starts.map(({ db, adapter }) => migrate(db, adapter, migrations, Date.now)),
        );
        await Promise.all(starts.map(({ db }) => db.destroy()));
        return applied;
      },
      async schema(db) {
        const columns = await sql`select table_name, column_name, data_type, is_nullable, collation_name
          from information_schema.columns where table_schema = 'public' order by 1, 2`.execute(db);
        const constraints =
          await sql`select conrelid::regclass::text as on_table, conname, pg_get_constraintdef(oid) as definition
          from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`.execute(db);
        const indexes =
          await sql`select indexdef from pg_indexes where schemaname = 'public' order by 1`.execute(db);
        return [columns.rows, constraints.rows, indexes.rows];
      },
      drop: database.drop,
    };
  });
});
