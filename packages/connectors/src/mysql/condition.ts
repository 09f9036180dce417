import { bracketed, provePredicate } from '../jdbc/predicate-proof.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/**
 * Proves that a user's condition is one expression over the table, and brackets it. `{x …}` is the grammar's other pair
 * of brackets, the ODBC escape. See the proof's own page for why two statements are enough.
 * @throws Cdm.0902 with the server's words when it is not.
 */
export async function provenCondition(
  session: Session,
  database: string,
  table: string,
  where: string,
): Promise<string> {
  const from = `FROM ${quoteTable(database, table)}`;
  await provePredicate(where, {
    parse: (sql) => session.parse(sql, 'read', `${database}.${table}`),
    wrappers: [
      { before: `SELECT 1 ${from} WHERE (`, after: ')' },
      { before: `SELECT 1 ${from} WHERE {x`, after: '}' },
    ],
  });
  return bracketed(where);
}
