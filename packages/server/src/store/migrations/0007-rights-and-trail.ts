import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Roles of users, and the audit trail. */
export const rightsAndTrail: Migration = {
  number: 7,
  name: 'rights-and-trail',
  async up(db, adapter) {
    await db.schema
      .createTable('role_assignments')
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      // A project's id, or `all`.
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('role_assignments_primary', ['user_id', 'scope'])
      .execute();
    // Until now whoever belonged to an account could do everything in it; nobody loses that by an update.
    await sql`insert into role_assignments (user_id, scope, role) select id, 'all', 'administrator' from users`.execute(
      db,
    );

    await db.schema
      .createTable('audit_events')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('domain_id', 'text')
      .addColumn('project_id', 'text')
      .addColumn('cluster_id', 'text')
      .addColumn('user_id', 'text')
      .addColumn('user_name', adapter.nameType, (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      .addColumn('operation', 'text', (column) => column.notNull())
      .addColumn('resource_type', 'text', (column) => column.notNull())
      .addColumn('resource_id', 'text', (column) => column.notNull())
      .addColumn('resource_name', adapter.nameType, (column) => column.notNull())
      .addColumn('result', 'text', (column) => column.notNull())
      .addColumn('error_code', 'text')
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('repeats', 'integer', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('audit_events_time').on('audit_events').columns(['at', 'id']).execute();
    await db.schema
      .createIndex('audit_events_project')
      .on('audit_events')
      .columns(['project_id', 'at', 'id'])
      .execute();
  },
};
