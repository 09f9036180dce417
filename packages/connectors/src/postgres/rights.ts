import type { RightFinding } from '@sluice/core/connector/run-preview';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import type { Relation } from './catalog.ts';
import type { PgSession } from './session.ts';

// Which rights a run needs, and whether the user of the link has them, by the server's own functions.

function finding(right: string, on: string, isGranted: string | null | undefined): RightFinding {
  const state = isGranted === 't' ? 'granted' : isGranted === 'f' ? 'missing' : 'unknown';
  return { right, on, state };
}

/** To read these columns of a table. */
export async function readingRights(
  session: PgSession,
  { oid, name }: Relation,
  columns: readonly string[],
): Promise<readonly RightFinding[]> {
  const { rows } = await session.execute(
    `SELECT has_schema_privilege(c.relnamespace, 'USAGE'),
            COALESCE(bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')), has_table_privilege(c.oid, 'SELECT'))
       FROM pg_class c
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attname::text = ANY ($2::text[])
      WHERE c.oid = $1::oid GROUP BY c.oid, c.relnamespace`,
    [oid, arrayText(columns)],
  );
  const [usage, select] = rows[0] ?? [];
  return [
    finding('USAGE', `schema ${name.schema}`, usage),
    finding('SELECT', `table ${name.schema}.${name.table}`, select),
  ];
}

/** What a run does to its destination, as far as rights go. */
export interface WritingWork {
  readonly options: SqlSinkOptions;
  /** The table as it is now; null: there is none. */
  readonly relation: Relation | null;
  /** The table is made anew, and belongs to the user then. */
  readonly isMade: boolean;
  readonly hasSchema: boolean;
  readonly columnNames: readonly string[];
  /** Rows of a commit are collected in a table of the session first. */
  readonly hasSegment: boolean;
}

/** To write: in the schema for tables of the run's own, on the table for its rows. */
export async function writingRights(
  session: PgSession,
  { options, relation, isMade, hasSchema, columnNames, hasSegment }: WritingWork,
): Promise<readonly RightFinding[]> {
  const { schema, table, clearing, conflict } = options;
  const found: RightFinding[] = [];
  const { rows } = await session.execute(
    `SELECT has_database_privilege(current_database(), 'CREATE'), has_database_privilege(current_database(), 'TEMPORARY'),
            current_database(),
            (SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n WHERE n.nspname = $1),
            (SELECT has_schema_privilege(n.oid, 'CREATE') FROM pg_namespace n WHERE n.nspname = $1)`,
    [schema],
  );
  const [createSchema, temporary, database, usage, create] = rows[0] ?? [];
  if (hasSchema) {
    found.push(finding('USAGE', `schema ${schema}`, usage));
    // In every run, for its checkpoint table.
    found.push(finding('CREATE', `schema ${schema}`, create));
  } else found.push(finding('CREATE', `database ${database}`, createSchema));
  if (hasSegment) found.push(finding('TEMPORARY', `database ${database}`, temporary));
  if (relation === null) return found;
  const on = `table ${schema}.${table}`;
  const held = await session.execute(
    `SELECT pg_has_role(c.relowner, 'USAGE') OR pg_has_role(n.nspowner, 'USAGE'),
            COALESCE(bool_and(has_column_privilege(c.oid, a.attnum, 'INSERT')), has_table_privilege(c.oid, 'INSERT')),
            COALESCE(bool_and(has_column_privilege(c.oid, a.attnum, 'UPDATE')), has_table_privilege(c.oid, 'UPDATE')),
            has_table_privilege(c.oid, 'SELECT') OR bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')),
            has_table_privilege(c.oid, 'DELETE'), has_table_privilege(c.oid, 'TRUNCATE')
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attname::text = ANY ($2::text[])
      WHERE c.oid = $1::oid GROUP BY c.oid, c.relowner, n.nspowner`,
    [relation.oid, arrayText(columnNames)],
  );
  const [owner, insert, update, select, remove, truncate] = held.rows[0] ?? [];
  if (isMade) {
    found.push(finding('OWNER', on, owner));
    return found;
  }
  found.push(finding('INSERT', on, insert));
  const removes = clearing.kind === 'where' || conflict === 'replace';
  if (removes || conflict === 'update') found.push(finding('SELECT', on, select));
  if (conflict === 'update') found.push(finding('UPDATE', on, update));
  if (removes) found.push(finding('DELETE', on, remove));
  if (clearing.kind === 'all')
    found.push(finding('TRUNCATE or DELETE', on, truncate === 't' ? truncate : remove));
  return found;
}

/** Names as the text of an array. */
function arrayText(names: readonly string[]): string {
  return `{${names.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
