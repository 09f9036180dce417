import type { Migration } from '../migrate.ts';

/** Verifications of runs, and what their chunks gave. */
export const verifications: Migration = {
  number: 13,
  name: 'verifications',
  async up(db) {
    await db.schema
      .createTable('verifications')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id').onDelete('cascade'))
      .addColumn('project_id', 'text', (column) => column.notNull())
      .addColumn('cluster_id', 'text', (column) => column.notNull())
      // The run while it is active, and null afterwards: a run has one at a time.
      .addColumn('active_run_id', 'text', (column) => column.unique())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('removes_extra', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('phase', 'text', (column) => column.notNull())
      .addColumn('plan', 'text')
      .addColumn('not_comparable', 'text')
      .addColumn('is_at_snapshot', 'integer', (column) => column.notNull())
      .addColumn('failure', 'text')
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('ended_at', 'bigint')
      .addColumn('stop_requested_by', 'text')
      .addColumn('lease_owner', 'text')
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .addColumn('fence', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('verifications_run')
      .on('verifications')
      .columns(['run_id', 'created_at'])
      .execute();
    await db.schema
      .createTable('verification_chunks')
      .addColumn('verification_id', 'text', (column) =>
        column.notNull().references('verifications.id').onDelete('cascade'),
      )
      .addColumn('phase', 'text', (column) => column.notNull())
      .addColumn('no', 'integer', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('verification_chunks_pkey', ['verification_id', 'phase', 'no'])
      .execute();
  },
};
