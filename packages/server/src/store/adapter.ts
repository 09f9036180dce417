import { type Dialect, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';
import { refuseInsideTransaction } from './transaction-scope.ts';

/** Where statements run: on the store, or inside a transaction of it. */
export type Db = Kysely<Tables>;

/**
 * All that differs between the two databases. Statements ask for a member of this, never for the database's name.
 */
export interface StoreAdapter {
  readonly dialect: Dialect;
  /** Column type for names, so that both databases sort by code point. */
  readonly nameType: RawBuilder<unknown>;
  /** Function that gives the place of the second text in the first, 0 when it is not there. */
  readonly placeOf: 'instr' | 'strpos';
  /** Can two statements of the store run at once? Then a claim must step over rows that another claim holds. */
  readonly hasRowLocks: boolean;
  /** Waits until no other start migrates; held until the transaction ends. */
  lockForMigration(transaction: Transaction<Tables>): Promise<void>;
  /** Open connections to the database. */
  connections(): number;
  isUniqueViolation(error: unknown): boolean;
}

/** Runs `work` in the transaction that `db` is, or in one of its own. */
export function inTransaction<T>(db: Db, work: (transaction: Db) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db);
  refuseInsideTransaction();
  return db.transaction().execute(work);
}

/** The next number under a counter's name: 1, 2, 3 … Must run in the transaction that uses it. */
export async function nextNumber(transaction: Db, name: string): Promise<number> {
  const row = await transaction
    .insertInto('counters')
    .values({ name, last_value: 1 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ last_value: sql<number>`counters.last_value + 1` }),
    )
    .returning('last_value')
    .executeTakeFirstOrThrow();
  return row.last_value;
}
