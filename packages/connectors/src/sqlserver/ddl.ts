import type { Column } from '@sluice/core/data/column';
import type { Loss, LossKind } from '@sluice/core/data/loss';
import { TEXT_WIDENING } from '../jdbc/sql-options.ts';
import { quoteName, quoteTable } from './names.ts';
import { createdTypeOf, nativeOfCreated } from './types.ts';

/** What a table is made from. */
export interface TableDesign {
  readonly schema: string;
  readonly table: string;
  readonly sourceColumns: readonly Column[];
  /** Destination names by position. */
  readonly columnNames: readonly string[];
  readonly sourcePrimaryKey: readonly string[];
  readonly widensText: boolean;
  readonly copiesNotNull: boolean;
}

export interface TableDdl {
  readonly sql: string;
  /** Types by position, as in `sql`. */
  readonly columnTypes: readonly string[];
  /** What the table will not keep of the source beside the pairs of types. */
  readonly losses: readonly Loss[];
}

/** Longest key of a clustered index, and of any other. */
const CLUSTERED_KEY_BYTES_MAX = 900;
const KEY_BYTES_MAX = 1_700;
const KEY_COLUMNS_MAX = 32;
/** Tells `a` from `A`, which the databases' own collations as a rule do not. */
const KEY_COLLATION = 'Latin1_General_100_BIN2';
const DECIMAL_KEY_BYTES = 17;
const OTHER_KEY_BYTES = 10;

interface Made {
  readonly name: string;
  readonly sql: string;
  readonly isKey: boolean;
  readonly isNotNull: boolean;
}

/** Bytes that a column takes of a key; null: it cannot be part of one. */
function keyBytes(sql: string): number | null {
  const { dataType, maxLength } = nativeOfCreated(sql);
  if (maxLength < 0 || dataType === 'xml') return null;
  if (maxLength > 0) return maxLength;
  if (dataType === 'uniqueidentifier') return 16;
  return dataType === 'decimal' ? DECIMAL_KEY_BYTES : OTHER_KEY_BYTES;
}

/**
 * CREATE TABLE for a run. Pure.
 * The key is left off, and said to be, where a column of it has no bound or the key is longer than the server's limit:
 * cutting a key column to a length that fits could refuse rows that the source holds.
 */
export function createTable(design: TableDesign): TableDdl {
  const losses: Loss[] = [];
  const textFactor = design.widensText ? TEXT_WIDENING : 1;
  const keySet = new Set(design.sourcePrimaryKey);
  const columns: Made[] = design.sourceColumns.map((column, at) => ({
    sql: createdTypeOf(column, textFactor),
    name: design.columnNames[at] ?? column.name,
    isKey: keySet.has(column.name),
    isNotNull: design.copiesNotNull && !column.isNullable,
  }));
  const key = design.sourcePrimaryKey.map(
    (name) => columns[design.sourceColumns.findIndex((c) => c.name === name)],
  );
  const keyColumns = key.filter((column) => column !== undefined);
  const bytes = keyColumns.map((column) => keyBytes(column.sql));
  const total = bytes.reduce((sum: number, each) => sum + (each ?? 0), 0);
  let hasKey = key.length > 0;
  const withoutKey = (kind: LossKind, limit?: string | number): void => {
    losses.push({ column: null, kind, from: '', to: '', ...(limit === undefined ? {} : { limit }) });
    hasKey = false;
  };
  if (keyColumns.length < key.length) withoutKey('keyNotMoved');
  else if (bytes.includes(null)) {
    const open = keyColumns.filter((_, at) => bytes[at] === null).map((column) => column.name);
    withoutKey('keyWithoutLength', open.join(', '));
  } else if (total > KEY_BYTES_MAX || keyColumns.length > KEY_COLUMNS_MAX)
    withoutKey('keyTooLong', KEY_BYTES_MAX);

  const lines = columns.map(({ name, sql, isKey, isNotNull }) => {
    const isInKey = hasKey && isKey;
    const collation = isInKey && /^N?(?:VAR)?CHAR\(/.test(sql) ? ` COLLATE ${KEY_COLLATION}` : '';
    return `  ${quoteName(name)} ${sql}${collation}${isNotNull || isInKey ? ' NOT NULL' : ' NULL'}`;
  });
  if (hasKey) {
    const kind = total > CLUSTERED_KEY_BYTES_MAX ? 'PRIMARY KEY NONCLUSTERED' : 'PRIMARY KEY';
    lines.push(`  ${kind} (${keyColumns.map((column) => quoteName(column.name)).join(', ')})`);
  }
  return {
    sql: `CREATE TABLE ${quoteTable(design.schema, design.table)} (\n${lines.join(',\n')}\n)`,
    columnTypes: columns.map((column) => column.sql),
    losses,
  };
}
