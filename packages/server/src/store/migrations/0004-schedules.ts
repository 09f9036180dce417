import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** When jobs are due next, and runs that are further attempts of one that failed. */
export const schedules: Migration = {
  number: 4,
  name: 'schedules',
  async up(db) {
    await db.schema
      .alterTable('runs')
      .addColumn('attempt', 'integer', (column) => column.notNull().defaultTo(sql`0`))
      .execute();
    await db.schema
      .alterTable('runs')
      .addColumn('not_before', 'bigint', (column) => column.notNull().defaultTo(sql`0`))
      .execute();

    await db.schema
      .createTable('timers')
      .addColumn('job_id', 'bigint', (column) =>
        column.primaryKey().notNull().references('jobs.id').onDelete('cascade'),
      )
      .addColumn('timing', 'text', (column) => column.notNull())
      .addColumn('due_at', 'bigint')
      .execute();
    await db.schema.createIndex('timers_due').on('timers').column('due_at').execute();
  },
};
