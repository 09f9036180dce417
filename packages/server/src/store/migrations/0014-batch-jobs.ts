import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** SQL list of the active states, as they were when this migration was written. */
const active = sql`('queued', 'planning', 'running', 'finishing', 'unknown')`;

/** Runs of entire-database jobs: the tables of each, and the runs that move one table of it. */
export const batchJobs: Migration = {
  number: 14,
  name: 'batch-jobs',
  async up(db, adapter) {
    await db.schema
      .alterTable('runs')
      .addColumn('parent_run_id', 'text', (column) => column.references('runs.id').onDelete('cascade'))
      .execute();
    await db.schema.alterTable('runs').addColumn('batch', 'text').execute();
    await db.schema.createIndex('runs_children').on('runs').columns(['parent_run_id', 'job_name']).execute();
    // A job has one active run, and that one an active run for each of its tables.
    await db.schema.dropIndex('runs_one_active').execute();
    await sql`create unique index runs_one_active on runs (job_id) where state in ${active} and parent_run_id is null`.execute(
      db,
    );
    await sql`create unique index runs_one_active_child on runs (parent_run_id, job_name) where state in ${active} and parent_run_id is not null`.execute(
      db,
    );

    // No reference to the children: one that succeeded under an earlier run may be taken over by a later one.
    await db.schema
      .createTable('batch_tables')
      .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id').onDelete('cascade'))
      .addColumn('no', 'integer', (column) => column.notNull())
      .addColumn('table_name', adapter.nameType, (column) => column.notNull())
      .addColumn('rows_estimate', 'bigint')
      .addColumn('weight', 'bigint', (column) => column.notNull())
      .addColumn('refusal', 'text')
      .addColumn('child_run_id', 'text')
      .addColumn('carries_run_id', 'text')
      .addPrimaryKeyConstraint('batch_tables_pkey', ['run_id', 'no'])
      .execute();
    await db.schema
      .createIndex('batch_tables_child')
      .on('batch_tables')
      .columns(['child_run_id', 'run_id'])
      .execute();
  },
};
