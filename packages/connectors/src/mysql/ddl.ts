import type { Column, NeutralType } from '@sluice/core/data/column';
import type { Loss, LossKind } from '@sluice/core/data/loss';
import { TEXT_WIDENING } from '../jdbc/sql-options.ts';
import { quoteName, quoteTable, quoteText } from './names.ts';
import { ddlTypeOf, sameFamilyType } from './types.ts';

/** What a table is made from. */
export interface TableDesign {
  readonly database: string;
  readonly table: string;
  readonly sourceColumns: readonly Column[];
  /** Destination names by position. */
  readonly columnNames: readonly string[];
  readonly sourcePrimaryKey: readonly string[];
  readonly widensText: boolean;
  readonly copiesNotNull: boolean;
  /** Collation for text in the key: compares characters as they are, and counts blanks where the server can. */
  readonly keyCollation: string;
}

export interface TableDdl {
  readonly sql: string;
  /** Types by position, as in `sql`. */
  readonly columnTypes: readonly string[];
  /** What the table will not keep of the source beside the pairs of types. */
  readonly losses: readonly Loss[];
  /** It has the source's primary key. */
  readonly hasKey: boolean;
}

/** A row without its out-of-line values; the servers' limit is 65,535 bytes, some of which are overhead. */
const ROW_BYTES_MAX = 65_000;
/** Longest key of InnoDB's DYNAMIC row format. */
const KEY_BYTES_MAX = 3_072;
/** utf8mb4 */
const BYTES_PER_CHARACTER_MAX = 4;
const OUT_OF_LINE_BYTES = 12;
/** Characters of a column's comment. */
const COMMENT_LENGTH_MAX = 1_024;

interface Made {
  readonly name: string;
  sql: string;
  readonly from: string;
  readonly isKey: boolean;
  readonly isNotNull: boolean;
}

/** Bytes that a column takes of the row limit; null: it is stored out of line and cannot be a key. */
function inlineBytes(sql: string): number | null {
  const match = /^([A-Za-z]+)(?:\((\d+)(?:,(\d+))?\))?/.exec(sql);
  const name = match?.[1]?.toUpperCase() ?? '';
  const length = Number(match?.[2] ?? 0);
  switch (name) {
    case 'VARCHAR':
      return length * BYTES_PER_CHARACTER_MAX + 2;
    case 'CHAR':
      return length * BYTES_PER_CHARACTER_MAX;
    case 'VARBINARY':
      return length + 2;
    case 'DECIMAL':
      return 32;
    case 'LONGTEXT':
    case 'MEDIUMTEXT':
    case 'TINYTEXT':
    case 'LONGBLOB':
    case 'MEDIUMBLOB':
    case 'TINYBLOB':
    case 'JSON':
      return null;
    default:
      return 8;
  }
}

function isText(sql: string): boolean {
  return /^(?:VAR)?CHAR\(/i.test(sql);
}

/** The type that a source's column is created with. @param textFactor text columns are made this many times as long. */
export function createdTypeOf(column: Pick<Column, 'native' | 'type'>, textFactor: number): string {
  const own = sameFamilyType(column.native);
  if (own !== null && textFactor === 1) return own;
  const type: NeutralType = column.type;
  // BIT(n) pads on the left, so a bit string of varying length would come back longer.
  if (type.kind === 'bits' && /var/i.test(column.native))
    return type.length === null ? 'LONGTEXT' : `VARCHAR(${type.length})`;
  return ddlTypeOf(type, textFactor);
}

/** A comment that another system allows to be longer is cut: it is no data. */
function commentClause(comment: string | undefined): string {
  if (comment === undefined) return '';
  return ` COMMENT ${quoteText([...comment].slice(0, COMMENT_LENGTH_MAX).join(''))}`;
}

/** Turns the longest columns outside of the key into out-of-line ones until a row fits. */
function fitRow(columns: readonly Made[], losses: Loss[]): void {
  const size = (): number =>
    columns.reduce((sum, column) => sum + (inlineBytes(column.sql) ?? OUT_OF_LINE_BYTES), 0);
  while (size() > ROW_BYTES_MAX) {
    const [longest] = columns
      .filter((column) => !column.isKey && /^VAR/i.test(column.sql))
      .sort((a, b) => (inlineBytes(b.sql) ?? 0) - (inlineBytes(a.sql) ?? 0));
    if (longest === undefined) return;
    const roomier = longest.sql.startsWith('VARBINARY') ? 'LONGBLOB' : 'LONGTEXT';
    const { name, from, sql } = longest;
    losses.push({ column: name, kind: 'rowSize', from, to: sql, limit: roomier });
    longest.sql = roomier;
  }
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
    from: column.native,
    name: design.columnNames[at] ?? column.name,
    isKey: keySet.has(column.name),
    isNotNull: design.copiesNotNull && !column.isNullable,
  }));
  fitRow(columns, losses);

  const key = design.sourcePrimaryKey.map(
    (name) => columns[design.sourceColumns.findIndex((c) => c.name === name)],
  );
  const keyColumns = key.filter((column) => column !== undefined);
  const keyBytes = keyColumns.map((column) => inlineBytes(column.sql));
  let hasKey = key.length > 0 && keyColumns.length === key.length;
  const withoutKey = (kind: LossKind, limit?: string | number): void => {
    losses.push({ column: null, kind, from: '', to: '', ...(limit === undefined ? {} : { limit }) });
    hasKey = false;
  };
  if (key.length > 0 && !hasKey) withoutKey('keyNotMoved');
  else if (keyBytes.includes(null)) {
    const open = keyColumns.filter((_, at) => keyBytes[at] === null).map((column) => column.name);
    withoutKey('keyWithoutLength', open.join(', '));
  } else if (keyBytes.reduce((sum: number, bytes) => sum + (bytes ?? 0), 0) > KEY_BYTES_MAX)
    withoutKey('keyTooLong', KEY_BYTES_MAX);

  const lines = columns.map((column, at) => {
    const isInKey = hasKey && column.isKey;
    const collation =
      isInKey && isText(column.sql) ? ` CHARACTER SET utf8mb4 COLLATE ${design.keyCollation}` : '';
    return `  ${quoteName(column.name)} ${column.sql}${collation}${column.isNotNull || isInKey ? ' NOT NULL' : ' NULL'}${commentClause(design.sourceColumns[at]?.comment)}`;
  });
  if (hasKey) lines.push(`  PRIMARY KEY (${keyColumns.map((column) => quoteName(column.name)).join(', ')})`);
  return {
    sql: `CREATE TABLE ${quoteTable(design.database, design.table)} (\n${lines.join(',\n')}\n) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 ROW_FORMAT=DYNAMIC`,
    columnTypes: columns.map((column) => column.sql),
    losses,
    hasKey,
  };
}
