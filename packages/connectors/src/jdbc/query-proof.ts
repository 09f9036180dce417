import { SluiceError } from '@sluice/core/errors/sluice-error';
import { PREDICATE_CHARS_MAX } from './predicate-proof.ts';

/**
 * A SELECT that a user wrote (`sql`) becomes a derived table of statements of ours. It is proved first to be one
 * self-contained query, by the database's own parser, which is shown two statements and runs neither:
 *
 *     A   SELECT * FROM (        B   <query>
 *         <query>
 *         ) AS "query"
 *
 * Why this is enough:
 * - Lexing. In A and wherever it is used the query stands on lines of its own, begun in the lexer's first state. B ends with
 *   it: had it an open quote, dollar quote or block comment, B would not parse; an open line comment ends at our line end.
 *   So its tokens are the same in both, and wherever else it stands on lines of its own.
 * - Nesting. In every sentence of these grammars brackets nest, and B is a sentence: the query closes only what it opened.
 *   So in A the bracket before it and the bracket behind it are partners, and what stands between them is what the
 *   grammar allows there and in B alike: a query expression. It is no other statement, for A would not parse, no part of
 *   a FROM, for B would not parse, and no two statements, for a `;` has no place within brackets.
 * - A is analysed too: a derived table has no INTO, no statement that writes in its WITH. What only shows when it runs,
 *   a lock on rows or a function that writes, is met by the session's transaction, which is READ ONLY.
 */
export interface QueryProof {
  /** Parses a statement, which must be the only one of its text, and executes nothing. */
  parse(sql: string): Promise<void>;
}

/** The query as a table of statements of ours; call only after its proof. */
export function derivedTable(query: string, quotedName: string): string {
  return `(\n${query}\n) AS ${quotedName}`;
}

/** @throws whatever `parse` throws when it is not one query. */
export async function proveQuery(query: string, quotedName: string, proof: QueryProof): Promise<void> {
  await proof.parse(`SELECT * FROM ${derivedTable(query, quotedName)}`);
  await proof.parse(query);
}

/**
 * The text of a job's query: without the one `;` that people put at its end.
 * @throws Cdm.0085 too long; Cdm.0024 with NUL; Cdm.0238 empty.
 */
export function queryText(option: string, text: string): string {
  if (text.includes('\0')) throw new SluiceError('Cdm.0024', { name: option, range: 'text without NUL' });
  const query = text.trim().replace(/;$/, '').trimEnd();
  if (query === '') throw new SluiceError('Cdm.0238', { name: option });
  if (query.length > PREDICATE_CHARS_MAX)
    throw new SluiceError('Cdm.0085', { name: option, max: PREDICATE_CHARS_MAX });
  return query;
}

/** What the database said of a query, with the job's option named. */
export function queryRefused(words: string, cause: unknown): SluiceError {
  return new SluiceError(
    'Cdm.0902',
    {
      cause: `fromJobConfig.sql must be one SELECT that only reads: ${words}`,
    },
    { cause },
  );
}

/**
 * Names of a result's columns become those of a table: each must be there once.
 * @param fold how the database compares names of columns.
 * @throws Cdm.0926
 */
export function checkResultNames(names: readonly string[], fold: (name: string) => string): void {
  const refuse = (cause: string) => new SluiceError('Cdm.0926', { cause });
  if (names.length === 0) throw refuse('the SQL statement returns no columns');
  const seen = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    if (name.trim() === '')
      throw refuse(`column ${at + 1} of the SQL statement has no name, give it one with AS`);
    const first = seen.get(fold(name));
    if (first !== undefined)
      throw refuse(
        `columns ${first + 1} and ${at + 1} of the SQL statement have the same name ${name}, give one of them another with AS`,
      );
    seen.set(fold(name), at);
  }
}
