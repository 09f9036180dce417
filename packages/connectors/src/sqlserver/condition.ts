import { bracketed, provePredicate } from '../jdbc/predicate-proof.ts';
import { parseStatement } from './describe-statement.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/**
 * Proves that a user's condition is one expression over the table, and brackets it. The grammar's other pair of brackets is
 * CASE WHEN … THEN: the first thing that a condition closed without having opened it would have to be `)` in the one place
 * and `THEN` in the other. T-SQL needs no semicolon between statements, but a statement cannot end within either pair.
 * @param from what the condition is over, quoted.
 * @throws Cdm.0902 with the server's words when it is not.
 */
export async function proveCondition(
  session: Session,
  from: string,
  where: string,
  target: string,
): Promise<string> {
  const head = `SELECT 1 AS [one] FROM ${from} WHERE`;
  await provePredicate(where, {
    parse: (tsql) => parseStatement(session, tsql, target),
    wrappers: [
      { before: `${head} (`, after: ')' },
      { before: `${head} CASE WHEN`, after: 'THEN 1 END = 1' },
    ],
  });
  return bracketed(where);
}

/** The same over a table. */
export function provenCondition(
  session: Session,
  schema: string,
  table: string,
  where: string,
): Promise<string> {
  return proveCondition(session, quoteTable(schema, table), where, `${schema}.${table}`);
}
