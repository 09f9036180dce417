import type { Migration } from '../migrate.ts';

/** The time that a run's macros stand for, what its settings became, and how far incremental jobs have come. */
export const runClockAndWatermarks: Migration = {
  number: 12,
  name: 'run-clock-and-watermarks',
  async up(db) {
    await db.schema.alterTable('runs').addColumn('clock_at', 'bigint').execute();
    await db.schema.alterTable('runs').addColumn('resolved', 'text').execute();

    await db.schema
      .createTable('watermarks')
      .addColumn('job_id', 'bigint', (column) =>
        column.primaryKey().notNull().references('jobs.id').onDelete('cascade'),
      )
      .addColumn('column_name', 'text', (column) => column.notNull())
      .addColumn('place', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('is_included', 'integer', (column) => column.notNull())
      .addColumn('run_id', 'text')
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
