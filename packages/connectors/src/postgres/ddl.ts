import type { Column } from '@sluice/core/data/column';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import type { TableName } from './catalog.ts';
import { quoteName, quoteTable, quoteText } from './quote.ts';
import { createdTypeOf, isUserType, nativeOf, neutralOf } from './types.ts';

/** One column of a table to be created. */
export interface CreatedColumn {
  readonly name: string;
  readonly native: string;
  readonly isNotNull: boolean;
  readonly comment?: string;
}

/**
 * The columns of a table to be created.
 * @param names destination names by position.
 * @param primaryKey source names; the key is made only when all of it is copied.
 * @param userTypes users' types that the destination knows.
 */
export function createdColumns(
  sourceColumns: readonly Column[],
  names: readonly string[],
  primaryKey: readonly string[],
  options: Pick<SqlSinkOptions, 'widensText' | 'copiesNotNull'>,
  userTypes: ReadonlySet<string>,
): { readonly columns: readonly CreatedColumn[]; readonly primaryKey: readonly string[] } {
  const keyPlaces = primaryKey.map((key) => sourceColumns.findIndex((column) => column.name === key));
  const hasKey = keyPlaces.length > 0 && !keyPlaces.includes(-1);
  const key = new Set(hasKey ? keyPlaces : []);
  const columns = sourceColumns.map((column, i) => ({
    name: names[i] ?? column.name,
    native: typeOf(column, options.widensText, userTypes),
    isNotNull: key.has(i) || (options.copiesNotNull && !column.isNullable),
    ...(column.comment === undefined ? {} : { comment: column.comment }),
  }));
  return { columns, primaryKey: hasKey ? keyPlaces.map((place) => columns[place]?.name ?? '') : [] };
}

function typeOf(column: Column, widensText: boolean, userTypes: ReadonlySet<string>): string {
  if (isUserType(column.native))
    return userTypes.has(column.native) ? column.native : nativeOf(column.type, widensText);
  return createdTypeOf(column, widensText);
}

/** A created column as the planner sees it: a target like any other. */
export function asTargetColumn(column: CreatedColumn) {
  return {
    name: column.name,
    native: column.native,
    type: neutralOf(column.native),
    isEnum: false,
    isNullable: !column.isNotNull,
    isGenerated: false,
    hasDefault: false,
  };
}

/** CREATE TABLE as it is sent. */
export function createTableSql(
  table: TableName,
  columns: readonly CreatedColumn[],
  primaryKey: readonly string[],
): string {
  const lines = columns.map(
    ({ name, native, isNotNull }) => `  ${quoteName(name)} ${native}${isNotNull ? ' NOT NULL' : ''}`,
  );
  if (primaryKey.length > 0) lines.push(`  PRIMARY KEY (${primaryKey.map(quoteName).join(', ')})`);
  return `CREATE TABLE ${quoteTable(table)} (\n${lines.join(',\n')}\n)`;
}

/** What is said of the columns of a table just made, as statements. A NUL in it, which PostgreSQL holds in no text, is left out. */
export function commentStatements(table: TableName, columns: readonly CreatedColumn[]): readonly string[] {
  return columns.flatMap(({ name, comment }) =>
    comment === undefined
      ? []
      : [
          `COMMENT ON COLUMN ${quoteTable(table)}.${quoteName(name)} IS ${quoteText(comment.replaceAll('\0', ''))}`,
        ],
  );
}
