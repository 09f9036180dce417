import { type Family, familyOf, type System } from './columns.ts';

/** One value as its database prints it; null: it is null. */
export interface Printed {
  readonly family: Family;
  /** The type of the column it is in, in the database's words. */
  readonly type: string;
  readonly text: string | null;
}

/** What stands for null among printed values: no hexadecimal digit. */
const NULL = '-';

/**
 * A query that prints the column `v` of a table, a line for each row: the table, the row's number, the text in hexadecimal.
 * The server makes the text, by its own rules: nothing of ours touches the value.
 */
export function printQuery(system: System, table: string, type: string): string {
  if (system === 'postgres') {
    const family = familyOf(system, type);
    // By the type's output, as COPY prints it: a cast of an address to text would add its mask.
    const text =
      family === 'bytes'
        ? "encode(v, 'hex')"
        : family === 'other'
          ? "CASE WHEN v IS NOT NULL THEN format('%s', v) END"
          : 'v::text';
    return `SELECT '${table}', id, coalesce(encode(convert_to(${text}, 'UTF8'), 'hex'), '${NULL}') FROM ${table} ORDER BY id`;
  }
  return `SELECT '${table}', id, COALESCE(HEX(CONVERT(${mysqlText(type)} USING utf8mb4)), '${NULL}') FROM ${table} ORDER BY id`;
}

function mysqlText(type: string): string {
  const bits = /^bit\((\d+)\)/i.exec(type)?.[1];
  switch (familyOf('mysql', type)) {
    case 'single':
      // As the double that it is: printed as FLOAT the server rounds to six digits.
      return 'CAST(CAST(v AS DOUBLE) AS CHAR)';
    case 'boolean':
      return bits === undefined ? 'CAST(v AS CHAR)' : 'CAST(v + 0 AS CHAR)';
    case 'bits':
      return `LPAD(BIN(v + 0), ${bits}, '0')`;
    case 'bytes':
      return 'HEX(v)';
    case 'text':
    case 'char':
    case 'json':
      return 'v';
    case 'other':
      return /^(?:point|geometry)/i.test(type) ? 'ST_AsText(v)' : 'CAST(v AS CHAR)';
    default:
      return 'CAST(v AS CHAR)';
  }
}

/** The text behind a printed field. */
export function textOf(field: string): string | null {
  return field === NULL ? null : Buffer.from(field, 'hex').toString('utf8');
}

/** Queries for the types of the columns `v` of all tables that begin with a prefix: table and type. */
export function typeQuery(system: System, database: string, prefix: string): string {
  if (system === 'postgres')
    return `SELECT c.relname, format_type(a.atttypid, a.atttypmod) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relkind = 'r' AND a.attname = 'v' AND starts_with(c.relname, '${prefix}')`;
  return `SELECT TABLE_NAME, REPLACE(COLUMN_TYPE, '\\t', ' ') FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = '${database}' AND COLUMN_NAME = 'v' AND TABLE_NAME LIKE '${prefix.replaceAll('_', '\\_')}%'`;
}
