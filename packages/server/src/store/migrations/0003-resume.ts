import type { Migration } from '../migrate.ts';

/** Runs that carry on another, and what ended runs left at their destinations. */
export const resume: Migration = {
  number: 3,
  name: 'resume',
  async up(db) {
    await db.schema.alterTable('runs').addColumn('resumes_run_id', 'text').execute();

    // No reference to links or jobs: a trace outlives both, for as long as its table may be there.
    await db.schema
      .createTable('traces')
      .addColumn('run_id', 'text', (column) =>
        column.primaryKey().notNull().references('runs.id').onDelete('cascade'),
      )
      .addColumn('cluster_id', 'text', (column) => column.notNull())
      .addColumn('job_id', 'bigint', (column) => column.notNull())
      .addColumn('from_link', 'text')
      .addColumn('to_link', 'text')
      .addColumn('to_link_id', 'bigint')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('due_at', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('traces_due').on('traces').column('due_at').execute();
    await db.schema.createIndex('traces_job').on('traces').column('job_id').execute();
    await db.schema
      .createIndex('traces_cluster')
      .on('traces')
      .columns(['cluster_id', 'to_link_id'])
      .execute();
  },
};
