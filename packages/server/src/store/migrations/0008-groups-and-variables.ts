import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Groups of jobs, by name; variables of clusters and projects; and an index for the history of a cluster. */
export const groupsAndVariables: Migration = {
  number: 8,
  name: 'groups-and-variables',
  async up(db, { nameType: name }) {
    await db.schema
      .createTable('job_groups')
      .addColumn('cluster_id', 'text', (column) =>
        column.notNull().references('clusters.id').onDelete('cascade'),
      )
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('job_groups_pkey', ['cluster_id', 'name'])
      .execute();

    await db.schema
      .alterTable('jobs')
      .addColumn('group_name', name, (column) => column.notNull().defaultTo(sql`'DEFAULT'`))
      .execute();
    const jobs = await db
      .selectFrom('jobs')
      .select(['id', 'cluster_id', 'driver_options', 'created_by', 'created_at'])
      .execute();
    for (const job of jobs) {
      const named = (JSON.parse(job.driver_options) as Record<string, unknown>)['groupJobConfig.groupName'];
      const group = typeof named === 'string' && named.trim() !== '' ? named : 'DEFAULT';
      if (group === 'DEFAULT') continue;
      await db.updateTable('jobs').set({ group_name: group }).where('id', '=', job.id).execute();
      await db
        .insertInto('job_groups')
        .values({
          cluster_id: job.cluster_id,
          name: group,
          created_by: job.created_by,
          created_at: job.created_at,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    await db.schema
      .createIndex('jobs_group')
      .on('jobs')
      .columns(['cluster_id', 'group_name', 'name'])
      .execute();

    // A scope is a cluster, or a project, whose id then stands in its place.
    await db.schema
      .createTable('variables')
      .addColumn('scope_id', 'text', (column) => column.notNull())
      .addColumn('cluster_id', 'text', (column) => column.references('clusters.id').onDelete('cascade'))
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('value', 'text')
      .addColumn('sealed_value', 'text')
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('variables_pkey', ['scope_id', 'name'])
      .execute();

    await db.schema
      .createIndex('runs_by_state')
      .on('runs')
      .columns(['cluster_id', 'state', 'submission_id'])
      .execute();
    await db.schema
      .createIndex('runs_by_time')
      .on('runs')
      .columns(['cluster_id', 'created_at', 'submission_id'])
      .execute();
  },
};
