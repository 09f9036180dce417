import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Session } from './session.ts';

/** A column of what a statement would return. */
export interface ResultColumn {
  readonly name: string;
  /** As the server prints it: `nvarchar(20)`; empty for a type of a user's own. */
  readonly printed: string;
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
  readonly isNullable: boolean;
  readonly collation: string | null;
}

/** What the server says of a statement that it parsed and did not run. */
export interface Description {
  readonly columns: readonly ResultColumn[];
  /** Why the result is not known, and whether that is for the statement's form; null: it is known. */
  readonly complaint: { readonly number: number; readonly words: string; readonly isSyntax: boolean } | null;
}

/** What `error_type` says of text that is no T-SQL. */
const SYNTAX = 2;
/** Numbers that mean bad form whatever `error_type` says: undeclared variables, words out of place, unclosed quotes. */
const formRefused = new Set([102, 103, 105, 113, 134, 137, 156, 170, 319, 4145]);

/**
 * Has the server analyse a batch, by the function that drivers use for it: it parses and binds the text, and runs nothing of
 * it. The text goes as a parameter, so it is not part of any statement of ours.
 */
export async function describeStatement(
  session: Session,
  tsql: string,
  target: string,
): Promise<Description> {
  const rows = await session.rows(
    `SELECT name, system_type_name, max_length, precision, scale, is_nullable, collation_name, error_number, error_type, error_message
  FROM sys.dm_exec_describe_first_result_set(@tsql, NULL, 0)
 WHERE is_hidden = 0 OR is_hidden IS NULL
 ORDER BY column_ordinal`,
    { tsql },
    'metadata',
    target,
  );
  const failed = rows.find((row) => row[7] !== null && row[7] !== undefined && Number(row[7]) !== 0);
  if (failed !== undefined) {
    const isSyntax = Number(failed[8]) === SYNTAX || formRefused.has(Number(failed[7]));
    return { columns: [], complaint: { number: Number(failed[7]), words: String(failed[9]), isSyntax } };
  }
  const columns = rows.map((row) => ({
    name: String(row[0] ?? ''),
    printed: String(row[1] ?? ''),
    maxLength: Number(row[2]),
    precision: Number(row[3]),
    scale: Number(row[4]),
    isNullable: row[5] === true || Number(row[5]) === 1,
    collation: row[6] === null || row[6] === undefined ? null : String(row[6]),
  }));
  return { columns, complaint: null };
}

/** @throws Cdm.0902 with the server's words when the batch is none that it could run. */
export async function parseStatement(session: Session, tsql: string, target: string): Promise<void> {
  const { complaint } = await describeStatement(session, tsql, target);
  if (complaint !== null) throw new SluiceError('Cdm.0902', { cause: complaint.words });
}
