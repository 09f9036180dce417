import { type CreateTableBuilder, sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** SQL list of the active states, as they were when this migration was written; a migration never follows later code. */
const active = sql`('queued', 'planning', 'running', 'finishing', 'unknown')`;

/** The first schema: identity, clusters, links, jobs, runs and their slices. */
export const initial: Migration = {
  number: 1,
  name: 'initial',
  async up(db, adapter) {
    const name = adapter.nameType;

    await db.schema
      .createTable('meta')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('counters')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('last_value', 'bigint', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('domains')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('ordinal', 'bigint', (column) => column.notNull())
      .addColumn('name', name, (column) => column.notNull().unique())
      .execute();

    await db.schema
      .createTable('projects')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('ordinal', 'bigint', (column) => column.notNull())
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('domain_id', 'text', (column) => column.notNull().references('domains.id'))
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addUniqueConstraint('projects_name_unique', ['domain_id', 'name'])
      .execute();

    await db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('ordinal', 'bigint', (column) => column.notNull())
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('domain_id', 'text', (column) => column.notNull().references('domains.id'))
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addUniqueConstraint('users_name_unique', ['domain_id', 'name'])
      .execute();

    await db.schema
      .createTable('access_keys')
      .addColumn('ak', name, (column) => column.primaryKey().notNull())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
      .addColumn('sealed_secret', 'text', (column) => column.notNull())
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('security_token_hash', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('access_keys_expires_at').on('access_keys').column('expires_at').execute();

    await db.schema
      .createTable('tokens')
      .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
      .addColumn('methods', 'text', (column) => column.notNull())
      .addColumn('project_id', 'text')
      .addColumn('domain_id', 'text')
      .addColumn('issued_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addCheckConstraint('tokens_one_scope', sql`(project_id is null) <> (domain_id is null)`)
      .execute();
    await db.schema.createIndex('tokens_expires_at').on('tokens').column('expires_at').execute();

    await db.schema
      .createTable('clusters')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('project_id', 'text', (column) => column.notNull().references('projects.id'))
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('flavor_id', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('last_submission_id', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('clusters_project')
      .on('clusters')
      .columns(['project_id', 'created_at'])
      .execute();

    await db.schema
      .createTable('links')
      .addColumn('id', 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('cluster_id', 'text', (column) =>
        column.notNull().references('clusters.id').onDelete('cascade'),
      )
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('connector', 'text', (column) => column.notNull())
      .addColumn('options', 'text', (column) => column.notNull())
      .addColumn('sealed_secrets', 'text')
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('links_name_unique', ['cluster_id', 'name'])
      .execute();

    await db.schema
      .createTable('jobs')
      .addColumn('id', 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('cluster_id', 'text', (column) =>
        column.notNull().references('clusters.id').onDelete('cascade'),
      )
      .addColumn('name', name, (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('from_connector', 'text', (column) => column.notNull())
      .addColumn('from_link', name, (column) => column.notNull())
      .addColumn('to_connector', 'text', (column) => column.notNull())
      .addColumn('to_link', name, (column) => column.notNull())
      .addColumn('from_options', 'text', (column) => column.notNull())
      .addColumn('to_options', 'text', (column) => column.notNull())
      .addColumn('driver_options', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('jobs_name_unique', ['cluster_id', 'name'])
      .execute();
    await db.schema.createIndex('jobs_from_link').on('jobs').columns(['cluster_id', 'from_link']).execute();
    await db.schema.createIndex('jobs_to_link').on('jobs').columns(['cluster_id', 'to_link']).execute();

    // No reference to cluster or job: history outlives both.
    await withCounts(
      db.schema
        .createTable('runs')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('project_id', 'text', (column) => column.notNull())
        .addColumn('cluster_id', 'text', (column) => column.notNull())
        .addColumn('job_id', 'bigint', (column) => column.notNull())
        .addColumn('job_name', name, (column) => column.notNull())
        .addColumn('submission_id', 'bigint', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('job', 'text', (column) => column.notNull())
        .addColumn('variables', 'text', (column) => column.notNull())
        .addColumn('is_auto', 'integer', (column) => column.notNull())
        .addColumn('is_delete_job', 'integer', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_by', 'text', (column) => column.notNull())
        .addColumn('ended_at', 'bigint')
        .addColumn('stop_requested_by', 'text')
        .addColumn('plan', 'text')
        .addColumn('is_prepared', 'integer', (column) => column.notNull())
        .addColumn('failure', 'text')
        .addColumn('lease_owner', 'text')
        .addColumn('lease_until', 'bigint', (column) => column.notNull())
        .addColumn('fence', 'bigint', (column) => column.notNull())
        .addUniqueConstraint('runs_submission_unique', ['cluster_id', 'submission_id']),
    ).execute();
    await db.schema
      .createIndex('runs_history')
      .on('runs')
      .columns(['cluster_id', 'job_name', 'submission_id'])
      .execute();
    await sql`create unique index runs_one_active on runs (job_id) where state in ${active}`.execute(db);
    await sql`create index runs_active on runs (created_at, id) where state in ${active}`.execute(db);
    await sql`create index runs_ended on runs (ended_at) where state not in ${active}`.execute(db);

    await withCounts(
      db.schema
        .createTable('slices')
        .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id').onDelete('cascade'))
        .addColumn('no', 'integer', (column) => column.notNull())
        .addColumn('slice', 'text', (column) => column.notNull())
        .addColumn('checkpoint', 'text')
        .addColumn('sequence', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('slices_pkey', ['run_id', 'no']),
    ).execute();
  },
};

function withCounts(table: CreateTableBuilder<string>) {
  return table
    .addColumn('rows_read', 'bigint', (column) => column.notNull())
    .addColumn('rows_written', 'bigint', (column) => column.notNull())
    .addColumn('rows_skipped', 'bigint', (column) => column.notNull())
    .addColumn('bytes_read', 'bigint', (column) => column.notNull())
    .addColumn('bytes_written', 'bigint', (column) => column.notNull());
}
