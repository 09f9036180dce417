import type { Migration } from '../migrate.ts';

/** Rows that runs set aside, and their replays. They go with their run. */
export const quarantine: Migration = {
  number: 11,
  name: 'quarantine',
  async up(db) {
    await db.schema
      .createTable('rejects')
      .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id').onDelete('cascade'))
      .addColumn('slice_no', 'integer', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('attempt', 'text', (column) => column.notNull())
      .addColumn('no', 'integer', (column) => column.notNull())
      .addColumn('stage', 'text', (column) => column.notNull())
      .addColumn('code', 'text', (column) => column.notNull())
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('replay_id', 'text')
      .addColumn('retried', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('edited_by', 'text')
      .addColumn('edited_at', 'bigint')
      .addColumn('size', 'integer', (column) => column.notNull())
      // Last: it is long, and most questions do not ask for it.
      .addColumn('sealed_row', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('rejects_pkey', ['run_id', 'slice_no', 'sequence', 'attempt', 'no'])
      .execute();
    await db.schema.createIndex('rejects_replay').on('rejects').column('replay_id').execute();

    await db.schema
      .createTable('replays')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id').onDelete('cascade'))
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('rows_chosen', 'integer', (column) => column.notNull())
      .addColumn('rows_written', 'integer', (column) => column.notNull())
      .addColumn('rows_refused', 'integer', (column) => column.notNull())
      .addColumn('failure', 'text')
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('due_at', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('replays_due').on('replays').columns(['state', 'due_at']).execute();
    await db.schema.createIndex('replays_run').on('replays').columns(['run_id', 'created_at']).execute();
  },
};
