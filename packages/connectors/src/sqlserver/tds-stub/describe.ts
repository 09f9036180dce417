import type { DatabaseSync } from 'node:sqlite';
import { columnsOf } from './catalog.ts';
import { translate } from './dialect.ts';
import { isSign, isWord, lex, type Piece } from './lexer.ts';
import type { StubColumn } from './table-definition.ts';
import { ServerError, type StubValue } from './tokens.ts';

/** A row of `sys.dm_exec_describe_first_result_set`, in the order in which the connector asks for its columns. */
type Described = readonly StubValue[];

const statements = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE',
  'CREATE',
  'ALTER',
  'DROP',
  'TRUNCATE',
  'EXEC',
  'EXECUTE',
  'GRANT',
  'PRINT',
];
const SYNTAX = 2n;
const NO_OBJECT = 13n;
const OTHER = 1n;

/** Parses a batch of one statement, by SQLite's grammar as far as that goes, and says what it would return. */
export function describeBatch(db: DatabaseSync, tsql: string): readonly Described[] {
  try {
    return describeOne(db, tsql);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const kind = error.number === 208 ? NO_OBJECT : error.number === 207 ? OTHER : SYNTAX;
    const nothing = [null, null, null, null, null, null, null];
    return [[...nothing, BigInt(error.number), kind, error.message]];
  }
}

/** What the connector puts around a statement to see that it is one. */
const branch = /^IF 1 = 0\n([\s\S]*)\nELSE PRINT N''$/;

function describeOne(db: DatabaseSync, tsql: string): readonly Described[] {
  const sql = branch.exec(tsql)?.[1] ?? tsql;
  const pieces = lex(sql);
  requireOne(pieces);
  const odd = pieces.find(({ kind, value }) => kind === 'word' && /^@(?!@)/.test(value));
  if (odd !== undefined) throw new ServerError(137, `Must declare the scalar variable "${odd.value}".`);
  if (!isWord(pieces[0], 'SELECT', 'INSERT', 'UPDATE', 'DELETE')) return [];
  const into = pieces.findIndex((piece) => isWord(piece, 'INTO'));
  if (isWord(pieces[0], 'SELECT') && into > 0)
    throw new ServerError(156, "Incorrect syntax near the keyword 'INTO'.");
  const inner = derived.exec(sql)?.[1];
  if (inner !== undefined) requireNames(db, inner);
  const { sql: translated } = translate(sql);
  try {
    const columns = db.prepare(translated).columns();
    return columns.map(({ name, column, table }) => {
      const origin = table === null ? undefined : columnsOf(db, table).find((each) => each.name === column);
      return describedColumn(name, origin);
    });
  } catch (error) {
    throw asServerError(error);
  }
}

/** A query as a table, as the connector shows it. */
const derived = /^SELECT \* FROM \(\n([\s\S]*)\n\) AS \[query\]$/;

/** @throws 8156 for two columns of one name: SQLite would give one of them another. */
function requireNames(db: DatabaseSync, query: string): void {
  let names: string[];
  try {
    names = db
      .prepare(translate(query).sql)
      .columns()
      .map(({ name }) => name.toLowerCase());
  } catch {
    // What is wrong with it is told by the whole.
    return;
  }
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined)
    throw new ServerError(8156, `The column '${twice}' was specified multiple times for 'query'.`);
}

function requireOne(pieces: readonly Piece[]): void {
  const end = pieces.findIndex((piece) => isSign(piece, ';'));
  if (end >= 0 && end < pieces.length - 1) throw new ServerError(102, "Incorrect syntax near ';'.");
  if (!isWord(pieces[0], ...statements))
    throw new ServerError(102, `Incorrect syntax near '${pieces[0]?.value ?? ''}'.`);
}

function describedColumn(name: string, column: StubColumn | undefined): Described {
  if (column === undefined) return [name, 'nvarchar(max)', -1n, 0n, 0n, 1n, null, null, null, null];
  const { dataType, maxLength, precision, scale, isNullable, collation } = column;
  const facts = [BigInt(maxLength), BigInt(precision), BigInt(scale), isNullable ? 1n : 0n];
  return [name, dataType, ...facts, collation, null, null, null];
}

/** What SQLite said, in the numbers and words of SQL Server. */
export function asServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const missing = /no such table: (.*)$/.exec(said)?.[1];
  if (missing !== undefined) return new ServerError(208, `Invalid object name '${missing}'.`);
  const column = /no such column: (.*)$|has no column named (.*)$/.exec(said);
  if (column !== null) return new ServerError(207, `Invalid column name '${column[1] ?? column[2]}'.`);
  const unique = /UNIQUE constraint failed: (.*)$/.exec(said)?.[1];
  if (unique !== undefined)
    return new ServerError(
      2627,
      `Violation of PRIMARY KEY constraint 'PK'. Cannot insert duplicate key in object '${unique}'.`,
      14,
    );
  const nulls = /NOT NULL constraint failed: (.*)$/.exec(said)?.[1];
  if (nulls !== undefined)
    return new ServerError(
      515,
      `Cannot insert the value NULL into column '${nulls}'; column does not allow nulls.`,
    );
  if (/misuse of aggregate/.test(said))
    return new ServerError(147, 'An aggregate may not appear in the WHERE clause.');
  return new ServerError(102, `Incorrect syntax: ${said}`);
}
