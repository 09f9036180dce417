import type { SqlConflict } from '../jdbc/sql-options.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';
import type { UniqueKey } from './unique-keys.ts';

/** How an INSERT of many rows is worded so that a row that clashes is treated as the job says. */
export interface InsertWords {
  /** `INSERT INTO` or `REPLACE INTO`. */
  readonly verb: string;
  /** Behind the last row, with a blank before it; empty: nothing. */
  readonly tail: string;
  /** The server counts a row that takes the place of another one more than once. */
  readonly countsReplaced: boolean;
}

export const plainInsert: InsertWords = { verb: 'INSERT INTO', tail: '', countsReplaced: false };

/** `INSERT INTO … VALUES `, ahead of rows. */
export function insertHead(
  quotedTable: string,
  columnNames: readonly string[],
  { verb }: InsertWords,
): string {
  return `${verb} ${quotedTable} (${columnNames.map(quoteName).join(', ')}) VALUES `;
}

/** One row of question marks between head and tail. */
export function rowInsertSql(
  quotedTable: string,
  columnNames: readonly string[],
  words: InsertWords,
): string {
  const marks = columnNames.map(() => '?').join(', ');
  return `${insertHead(quotedTable, columnNames, words)}(${marks})${words.tail}`;
}

/** What a row of an INSERT … VALUES is called in the words behind it. */
const NEW_ROW = 'sluice_new';

/** How the words behind an INSERT name a value of the new row. */
export type NewValue = (quotedColumn: string) => string;

/** What rows are called in INSERT … VALUES, and how their values are named, by the server's kind and age. */
export function newRowOf(session: Pick<Session, 'isMariaDb' | 'serverVersion'>): {
  readonly alias: string;
  readonly value: NewValue;
} {
  // MySQL warns of VALUES() since 8.0.20, with every statement; the alias is known since 8.0.19, and never to MariaDB.
  return !session.isMariaDb && isAtLeast(session.serverVersion, [8, 0, 19])
    ? { alias: ` AS ${NEW_ROW}`, value: (column) => `${NEW_ROW}.${column}` }
    : { alias: '', value: (column) => `VALUES(${column})` };
}

export interface InsertTarget {
  readonly quotedTable: string;
  readonly columnNames: readonly string[];
  readonly keys: readonly UniqueKey[];
}

/**
 * Words for rows of an INSERT.
 * @param alias what stands between the rows and the words, with a blank before it.
 */
export function insertWords(
  conflict: SqlConflict,
  { quotedTable, columnNames, keys }: InsertTarget,
  value: NewValue,
  alias = '',
): InsertWords {
  if (conflict === 'refuse') return plainInsert;
  if (conflict === 'replace') return { verb: 'REPLACE INTO', tail: '', countsReplaced: true };
  const settings = updatedColumns(columnNames, keys).map((name) => {
    const column = quoteName(name);
    return `${column} = ${value(column)}`;
  });
  // A column set to itself changes nothing: the row that is there stays.
  const [first = ''] = columnNames;
  const unchanged = `${quoteName(first)} = ${quotedTable}.${quoteName(first)}`;
  const list = settings.length === 0 ? unchanged : settings.join(', ');
  return {
    verb: 'INSERT INTO',
    tail: `${settings.length === 0 ? '' : alias} ON DUPLICATE KEY UPDATE ${list}`,
    countsReplaced: true,
  };
}

/**
 * Columns to be set in a row that is there: those outside of the key that clashes. Which of several keys that is, is known
 * to the server only, so left alone is what all of them have in common; the other columns of the key that clashes are set to
 * what they are.
 */
function updatedColumns(columnNames: readonly string[], keys: readonly UniqueKey[]): readonly string[] {
  const inKey = keys.map((key) => new Set(key.map(({ name }) => name.toLowerCase())));
  return columnNames.filter(
    (name) => inKey.length === 0 || !inKey.every((names) => names.has(name.toLowerCase())),
  );
}

function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [at, number] of wanted.entries()) {
    const part = parts[at] ?? 0;
    if (part !== number) return part > number;
  }
  return true;
}
