import { CompiledQuery, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { StoreAdapter } from './adapter.ts';

const poolConnectionsMax = 10;
const connectTimeoutMs = 10_000;

/** PostgreSQL's type number of 64-bit integers, which the driver gives as text unless told otherwise. */
const int8Oid = 20;

/** Names the lock under which schemas are changed. Any number will do; it must stay the same in all versions. */
const migrationLockKey = 5_731_648_201;

/** A pool whose 64-bit integers are numbers: times, ids and counts all stay below 2^53. */
export function openPostgresPool(url: string, onIdleError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolConnectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'sluice',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8Oid && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format ?? 'text'),
    },
  });
  // A server that restarts ends idle connections; the pool makes new ones. Unheard, the event would end the process.
  pool.on('error', onIdleError);
  return pool;
}

/** A store on a PostgreSQL server, which several servers may share. */
export function postgresAdapter(pool: pg.Pool): StoreAdapter {
  return {
    dialect: new PostgresDialect({
      pool,
      async onCreateConnection(connection) {
        // The store's promise does not depend on the server's settings: a commit is on disk when it returns
        // (stricter settings stay), and statements see what others committed before them.
        await connection.executeQuery(
          CompiledQuery.raw(
            `select set_config('default_transaction_isolation', 'read committed', false),
              case when current_setting('synchronous_commit') in ('off', 'local')
              then set_config('synchronous_commit', 'on', false) end`,
          ),
        );
      },
    }),
    nameType: sql`text collate "C"`,
    placeOf: 'strpos',
    hasRowLocks: true,
    async lockForMigration(transaction) {
      await sql`select pg_advisory_xact_lock(${sql.lit(migrationLockKey)})`.execute(transaction);
    },
    connections: () => pool.totalCount,
    isUniqueViolation: (error) => error instanceof Error && 'code' in error && error.code === '23505',
  };
}
