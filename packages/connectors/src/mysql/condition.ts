import { bracketed, provePredicate } from '../jdbc/predicate-proof.ts';
import { mysqlError } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/** Has the server parse one statement, and run nothing: COM_STMT_PREPARE takes exactly one. */
function prepareOnly(session: Session, sql: string, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    session.native.prepare(sql, (error, statement) => {
      if (error !== null && error !== undefined) {
        reject(mysqlError(error, 'read', target));
        return;
      }
      statement.close();
      resolve();
    });
  });
}

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
    parse: (sql) => prepareOnly(session, sql, `${database}.${table}`),
    wrappers: [
      { before: `SELECT 1 ${from} WHERE (`, after: ')' },
      { before: `SELECT 1 ${from} WHERE {x`, after: '}' },
    ],
  });
  return bracketed(where);
}
