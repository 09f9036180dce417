import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Beside a slice's checkpoint: how often it was begun, and where its time went, as JSON. */
export const sliceTimes: Migration = {
  number: 2,
  name: 'slice-times',
  async up(db) {
    await db.schema
      .alterTable('slices')
      .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(sql`0`))
      .execute();
    await db.schema.alterTable('slices').addColumn('times', 'text').execute();
  },
};
