import type { TargetPlan } from '@sluice/core/connector/contract';
import type { PlannedStatement } from '@sluice/core/connector/run-preview';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { writingRefusals } from '../jdbc/job-statements.ts';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlClearing, SqlSinkOptions } from '../jdbc/sql-options.ts';
import { findRelation, findUserTypes, type TableName } from './catalog.ts';
import { type CreatedColumn, commentStatements, createdColumns, createTableSql } from './ddl.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { PgSession } from './session.ts';

// What makes a destination ready, as text: the sink sends it, and a plan shows it.

/** A table that a run makes. */
export interface MadeTable {
  readonly columns: readonly CreatedColumn[];
  readonly primaryKey: readonly string[];
}

/** How the destination table comes about. */
export interface TableMaking {
  readonly statements: readonly PlannedStatement[];
  /** null: it stays as it is. */
  readonly made: MadeTable | null;
}

/**
 * Finds out what is to be done for the table; changes nothing.
 * @throws Cdm.0900 there is none and none is to be made; Cdm.0014 the job needs a key and none would be made.
 */
export async function tableMaking(
  session: PgSession,
  options: SqlSinkOptions,
  plan: TargetPlan,
): Promise<TableMaking> {
  const { schema, preparation } = options;
  const table: TableName = { schema, table: options.table };
  const tableText = `${schema}.${options.table}`;
  const relation = await findRelation(session, table);
  if (relation === null && preparation === 'DO_NOTHING')
    throw new SluiceError('Cdm.0900', { table: tableText });
  if (relation !== null && preparation !== 'DROP_AND_CREATE') return { statements: [], made: null };
  const statements: PlannedStatement[] = [];
  if (relation !== null) statements.push({ purpose: 'drop_table', sql: `DROP TABLE ${quoteTable(table)}` });
  // Asked first: IF NOT EXISTS wants the right to create schemas even when there is nothing to do.
  if (!(await hasSchema(session, schema))) {
    const sql = `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`;
    statements.push({ purpose: 'create_schema', sql });
  }
  const userTypes = await findUserTypes(
    session,
    plan.sourceColumns.map((column) => column.native),
  );
  const made = createdColumns(
    plan.sourceColumns,
    plan.columnNames,
    plan.sourcePrimaryKey,
    options,
    userTypes,
  );
  if (options.conflict !== 'refuse' && made.primaryKey.length === 0) throw writingRefusals.noKey(tableText);
  statements.push({ purpose: 'create_table', sql: createTableSql(table, made.columns, made.primaryKey) });
  const comments = commentStatements(table, made.columns);
  if (comments.length > 0) statements.push({ purpose: 'create_table', sql: comments.join(';\n') });
  return { statements, made };
}

export async function hasSchema(session: PgSession, schema: string): Promise<boolean> {
  const { rows } = await session.execute('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  return rows.length > 0;
}

/** What removes the rows that the job does not want to find; a condition in it is to be proved before it is sent. Pure. */
export function clearingStatements(table: TableName, clearing: SqlClearing): readonly PlannedStatement[] {
  const quoted = quoteTable(table);
  switch (clearing.kind) {
    case 'none':
      return [];
    case 'where':
      return [{ purpose: 'clear', sql: `DELETE FROM ${quoted} WHERE ${bracketed(clearing.where)}` }];
    case 'all':
      return [
        { purpose: 'clear', sql: `TRUNCATE ${quoted}` },
        { purpose: 'clear', sql: `DELETE FROM ${quoted}`, isFallback: true },
      ];
  }
}
