import type { TargetPlan } from '@sluice/core/connector/contract';
import type { PlannedStatement } from '@sluice/core/connector/run-preview';
import type { Column } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { chooseKernel, type Kernel } from './bulk/kernels.ts';
import { readTable } from './catalog.ts';
import { type InsertWords, insertWords, newRowOf, plainInsert } from './conflicts.ts';
import { createTable, type TableDdl } from './ddl.ts';
import type { TargetColumn } from './encode.ts';
import { keyCollation } from './key-collation.ts';
import { quoteName, quoteTable, quoteText } from './names.ts';
import type { Session } from './session.ts';
import type { UniqueKey } from './unique-keys.ts';

// What makes a destination ready and how rows are worded, as text: the sink sends it, and a plan shows it.

/** Makes the database, unless it is there or the job makes nothing. */
export async function databaseMaking(
  session: Session,
  { schema, preparation }: Pick<SqlSinkOptions, 'schema' | 'preparation'>,
): Promise<readonly PlannedStatement[]> {
  // Looked up first: IF NOT EXISTS asks for the right to create even when there is nothing to do.
  if (preparation === 'DO_NOTHING' || (await hasDatabase(session, schema))) return [];
  const sql = `CREATE DATABASE IF NOT EXISTS ${quoteName(schema)} DEFAULT CHARACTER SET utf8mb4`;
  return [{ purpose: 'create_schema', sql }];
}

export async function hasDatabase(session: Session, schema: string): Promise<boolean> {
  const found = await session.rows(
    `SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(schema)}`,
    'metadata',
    schema,
  );
  return found.length > 0;
}

/** How the destination table comes about. */
export interface TableMaking {
  readonly statements: readonly PlannedStatement[];
  /** null: it stays as it is. */
  readonly made: TableDdl | null;
}

/** Finds out what is to be done for the table; changes nothing. @throws Cdm.0900 there is none and none is to be made. */
export async function tableMaking(
  session: Session,
  options: SqlSinkOptions,
  plan: TargetPlan,
): Promise<TableMaking> {
  const { schema, table, preparation } = options;
  const found = await readTable(session, schema, table, false);
  if (found === null && preparation === 'DO_NOTHING')
    throw new SluiceError('Cdm.0900', { table: `${schema}.${table}` });
  if (found !== null && preparation !== 'DROP_AND_CREATE') return { statements: [], made: null };
  const { sourceColumns, columnNames, sourcePrimaryKey } = plan;
  const made = await tableDesign(session, options, sourceColumns, columnNames, sourcePrimaryKey);
  const statements: PlannedStatement[] = [{ purpose: 'create_table', sql: made.sql }];
  if (found !== null)
    statements.unshift({ purpose: 'drop_table', sql: `DROP TABLE ${quoteTable(schema, table)}` });
  return { statements, made };
}

/** The table that a run makes. */
export async function tableDesign(
  session: Session,
  { schema, table, widensText, copiesNotNull }: SqlSinkOptions,
  sourceColumns: readonly Column[],
  columnNames: readonly string[],
  sourcePrimaryKey: readonly string[],
): Promise<TableDdl> {
  return createTable({
    database: schema,
    table,
    sourceColumns,
    columnNames,
    sourcePrimaryKey,
    widensText,
    copiesNotNull,
    keyCollation: await keyCollation(session),
  });
}

/** Whether the table is cleared: one that was made just now is empty, unless the user's statement has filled it. */
export function isCleared({ clearing, before }: SqlSinkOptions, isCreated: boolean): boolean {
  return clearing.kind !== 'none' && (!isCreated || before !== null);
}

/** How rows are worded where they are written: in the staging table there are no clashes to treat. @param keys of the destination. */
export function writtenWords(
  session: Pick<Session, 'isMariaDb' | 'serverVersion'>,
  { schema, table, conflict, isStaged }: SqlSinkOptions,
  columnNames: readonly string[],
  keys: readonly UniqueKey[],
): InsertWords {
  if (isStaged || conflict === 'refuse') return plainInsert;
  const { alias, value } = newRowOf(session);
  return insertWords(conflict, { quotedTable: quoteTable(schema, table), columnNames, keys }, value, alias);
}

/** What turns tuples into values of these columns. @throws Cdm.0921 for a column that has no binary way, which no plan chooses. */
export function kernelsFor(sources: readonly Column[], targets: readonly TargetColumn[]): readonly Kernel[] {
  return targets.map((target, at) => {
    const source = sources[at];
    if (source === undefined) throw new RangeError(`a plan with ${sources.length} source columns`);
    const choice = chooseKernel(source, target);
    if (choice !== null) return choice.kernel;
    throw new SluiceError('Cdm.0921', {
      type: `${source.native} of ${source.name} in ${target.columnType} of ${target.name}`,
    });
  });
}
