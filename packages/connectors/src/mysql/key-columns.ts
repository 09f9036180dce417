import type { CatalogTable } from './catalog.ts';
import { quoteName, quoteText } from './names.ts';
import { type BoundKind, isZeroMoment, type KeyPart, toOrdinal } from './ranges.ts';
import type { Session } from './session.ts';

/** A column that ranges can be cut over. */
export interface SplitColumn {
  readonly part: KeyPart;
  /** The values that become bounds: the column, or the beginning of its values where they may be long. */
  readonly expression: string;
}

/** Longest bound, in characters or bytes: bounds are kept with the run and stand in statements. */
const BOUND_LENGTH_MAX = 255;

const kinds: Readonly<Record<string, BoundKind>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  integer: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  numeric: 'decimal',
  float: 'float',
  double: 'float',
  real: 'float',
  year: 'year',
  date: 'date',
  datetime: 'timestamp',
  timestamp: 'timestamp',
  time: 'time',
  uuid: 'uuid',
  char: 'characters',
  varchar: 'characters',
  tinytext: 'characters',
  text: 'characters',
  mediumtext: 'characters',
  longtext: 'characters',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
};

/**
 * The column as part of a key; null when its type has no ranges: bits (behaviour of the service), sets and enumerations,
 * which sort by number and compare by text, JSON and geometries.
 */
export function splitColumnOf(table: CatalogTable, name: string): SplitColumn | null {
  const at = table.shape.columns.findIndex((column) => column.name === name);
  const native = table.native[at];
  const kind = native === undefined ? undefined : kinds[native.dataType];
  if (native === undefined || kind === undefined || table.shape.columns[at]?.type.kind === 'json')
    return null;
  const quoted = quoteName(name);
  if (kind === 'characters') {
    const { characterSet, collation } = native;
    if (characterSet === null || collation === null) return null;
    return {
      part: { name, kind, characterSet, collation },
      expression: beginning(quoted, native.characterLengthMax),
    };
  }
  if (kind === 'bytes')
    return { part: { name, kind }, expression: beginning(quoted, native.characterLengthMax) };
  // As a double, so that all digits are printed.
  return { part: { name, kind }, expression: kind === 'float' ? `(${quoted} + 0e0)` : quoted };
}

function beginning(column: string, lengthMax: number | null): string {
  return lengthMax !== null && lengthMax <= BOUND_LENGTH_MAX
    ? column
    : `LEFT(${column}, ${BOUND_LENGTH_MAX})`;
}

/** How a value is printed so that a bound can be made of it. */
export function printed(part: KeyPart, expression: string): string {
  return part.kind === 'characters' || part.kind === 'bytes'
    ? `HEX(${expression})`
    : `CAST(${expression} AS CHAR)`;
}

/** Dates that have some month or day of zero and the year 0 are values, but no literals: they lie within a range, never at its end. */
export function isUsable(part: KeyPart, text: string): boolean {
  if (part.kind === 'year') return /^(?:19|2[01])\d\d$/.test(text);
  if (part.kind === 'date' || part.kind === 'timestamp')
    return isZeroMoment(text) || toOrdinal(part.kind, text) !== null;
  return true;
}

/** The primary key as far as its columns have a place in a key, first ones first. */
export function primaryKeyColumns(table: CatalogTable): readonly SplitColumn[] {
  const columns: SplitColumn[] = [];
  for (const name of table.shape.primaryKey) {
    const column = splitColumnOf(table, name);
    if (column === null) break;
    columns.push(column);
  }
  return columns;
}

/** Indexes in the order of their first columns' values, by that column: one of each. The primary key comes first. */
export async function leadingIndexes(
  session: Session,
  table: CatalogTable,
): Promise<ReadonlyMap<string, string>> {
  const { schema, table: name } = table.shape;
  const rows = await session.rows(
    `SELECT COLUMN_NAME, INDEX_NAME FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = ${quoteText(schema)} AND TABLE_NAME = ${quoteText(name)}
        AND SEQ_IN_INDEX = 1 AND SUB_PART IS NULL AND INDEX_TYPE = 'BTREE'
      ORDER BY INDEX_NAME = 'PRIMARY' DESC, NON_UNIQUE, INDEX_NAME`,
    'metadata',
    `${schema}.${name}`,
  );
  const indexes = new Map<string, string>();
  for (const [column, index] of rows) {
    if (column !== null && !indexes.has(String(column))) indexes.set(String(column), String(index));
  }
  return indexes;
}
