import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../telemetry/refusal.ts';
import type { StoreAdapter } from './adapter.ts';
import { type Migration, migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import type { Tables } from './schema.ts';

/** An empty database of the test's own. */
export interface EmptyDatabase {
  connect(): Promise<{ readonly db: Kysely<Tables>; readonly adapter: StoreAdapter }>;
  /** Two starts at the same moment. @returns what each of them applied. */
  migrateTwiceAtOnce(): Promise<readonly (readonly number[])[]>;
  /** Every table, column, constraint and index, in one order. */
  schema(db: Kysely<Tables>): Promise<unknown>;
  drop(): Promise<void>;
}

const newest = Math.max(...migrations.map(({ number }) => number));

const later: Migration = {
  number: newest + 1,
  name: 'later',
  async up(db) {
    await db.schema.alterTable('meta').addColumn('note', 'text').execute();
  },
};

const failing: Migration = {
  number: newest + 1,
  name: 'failing',
  async up(db) {
    await later.up(db, {} as StoreAdapter);
    throw new Error('power cut');
  },
};

/** What every database must keep when its schema changes. */
export function migrationSuite(title: string, create: () => Promise<EmptyDatabase>): void {
  describe(title, () => {
    const now = () => 1_800_000_000_000;

    async function onEmpty(work: (database: EmptyDatabase) => Promise<void>): Promise<void> {
      const database = await create();
      try {
        await work(database);
      } finally {
        await database.drop();
      }
    }

    it('gives the same schema in one go and step by step', async () => {
      const schemas: unknown[] = [];
      for (const steps of [
        [[...migrations, later]],
        [...migrations.map((_, i) => migrations.slice(0, i + 1)), [...migrations, later]],
      ]) {
        await onEmpty(async (database) => {
          const { db, adapter } = await database.connect();
          for (const step of steps) await migrate(db, adapter, step, now);
          schemas.push(await database.schema(db));
          await db.destroy();
        });
      }
      expect(schemas[0]).toEqual(schemas[1]);
      expect(JSON.stringify(schemas[0])).toContain('runs_one_active');
    });

    it('does nothing the second time, and refuses a store that is newer', async () => {
      await onEmpty(async (database) => {
        const { db, adapter } = await database.connect();
        expect(await migrate(db, adapter, [...migrations, later], now)).toEqual(
          [...migrations, later].map((each) => each.number),
        );
        expect(await migrate(db, adapter, [...migrations, later], now)).toEqual([]);
        const before = await database.schema(db);
        await expect(migrate(db, adapter, migrations, now)).rejects.toThrow(Refusal);
        await expect(migrate(db, adapter, migrations, now)).rejects.toThrow(
          `schema version ${newest + 1}, but this program knows versions up to ${newest}`,
        );
        expect(await database.schema(db)).toEqual(before);
        await db.destroy();
      });
    });

    it('lets two starts at once migrate once', async () => {
      await onEmpty(async (database) => {
        const applied = await database.migrateTwiceAtOnce();
        expect(applied).toHaveLength(2);
        expect(applied.flat()).toEqual(migrations.map((each) => each.number));
      });
    });

    it('leaves the old schema when a migration fails half-way', async () => {
      await onEmpty(async (database) => {
        const { db, adapter } = await database.connect();
        await migrate(db, adapter, migrations, now);
        const before = await database.schema(db);
        await expect(migrate(db, adapter, [...migrations, failing], now)).rejects.toThrow('power cut');
        expect(await database.schema(db)).toEqual(before);
        const { rows } = await sql<{ number: number }>`select number from schema_migrations`.execute(db);
        expect(rows).toHaveLength(migrations.length);
        await db.destroy();
      });
    });
  });
}
