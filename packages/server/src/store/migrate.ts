import type { Kysely } from 'kysely';
import { Refusal } from '../telemetry/refusal.ts';
import type { StoreAdapter } from './adapter.ts';
import type { Tables } from './schema.ts';

export interface Migration {
  /** Grows from one to the next. */
  readonly number: number;
  readonly name: string;
  up(db: Kysely<Tables>, adapter: StoreAdapter): Promise<void>;
}

/**
 * Applies those of `migrations` that the store has not seen, all in one transaction under a lock: of two starts at once
 * the second waits and finds nothing to do, and a crash half-way leaves the old schema.
 * @returns numbers of the migrations that ran.
 * @throws Refusal when the store was made by a newer program.
 */
export function migrate(
  db: Kysely<Tables>,
  adapter: StoreAdapter,
  migrations: readonly Migration[],
  now: () => number,
): Promise<readonly number[]> {
  const newest = migrations.reduce((last, { number }) => Math.max(last, number), 0);
  return db.transaction().execute(async (transaction) => {
    await adapter.lockForMigration(transaction);
    await transaction.schema
      .createTable('schema_migrations')
      .ifNotExists()
      .addColumn('number', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute();
    const seen = await transaction.selectFrom('schema_migrations').select('number').execute();
    const numbers = new Set(seen.map(({ number }) => number));
    const present = Math.max(0, ...numbers);
    if (present > newest) {
      throw new Refusal({
        en: `The store has schema version ${present}, but this program knows versions up to ${newest}: start it with the newer program that made it, or restore a backup.`,
        zh: `存储的模式版本为 ${present}，而本程序只支持到版本 ${newest}：请使用创建它的较新程序启动，或恢复备份。`,
      });
    }
    const applied: number[] = [];
    for (const migration of migrations) {
      if (numbers.has(migration.number)) continue;
      await migration.up(transaction, adapter);
      await transaction
        .insertInto('schema_migrations')
        .values({ number: migration.number, name: migration.name, applied_at: now() })
        .execute();
      applied.push(migration.number);
    }
    return applied;
  });
}
