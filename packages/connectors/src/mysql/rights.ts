import type { RightFinding } from '@sluice/core/connector/run-preview';
import { serverErrorNumber } from './errors.ts';
import { quoteText } from './names.ts';
import type { Session } from './session.ts';

// The servers have no function that tells a right. They look at rights when they prepare a statement, though, ahead of whether
// the table is there; nothing runs what is prepared here.

/** No right to the database, the table, a column; none that is the administrator's. */
const denied = new Set([1044, 1142, 1143, 1227]);
/** Found behind the right: no such database or table, no such column. */
const granted = new Set([1049, 1146, 1054]);

/** Has the server prepare a statement that takes the right. */
export async function preparedRight(
  session: Session,
  right: string,
  on: string,
  sql: string,
): Promise<RightFinding> {
  try {
    await session.parse(sql, 'metadata', on);
    return { right, on, state: 'granted' };
  } catch (error) {
    const errno = serverErrorNumber(error);
    if (errno === null || !session.isUsable()) throw error;
    const state = denied.has(errno) ? 'missing' : granted.has(errno) ? 'granted' : 'unknown';
    return { right, on, state };
  }
}

/** To read what a statement reads. @param name of the table, for people. */
export function selectRight(session: Session, sql: string, name: string): Promise<RightFinding> {
  return preparedRight(session, 'SELECT', `table ${name}`, sql);
}

/**
 * The right to drop tables of a database, which no statement tells that can be prepared: looked up among the user's own grants.
 * One that comes by a role is not listed there.
 */
export async function dropRight(session: Session, schema: string): Promise<RightFinding> {
  const user = 'CURRENT_USER()';
  const grantee = `CONCAT('''', LEFT(${user}, CHAR_LENGTH(${user}) - CHAR_LENGTH(SUBSTRING_INDEX(${user}, '@', -1)) - 1), '''@''', SUBSTRING_INDEX(${user}, '@', -1), '''')`;
  const rows = await session.rows(
    `SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ${grantee} AND PRIVILEGE_TYPE = 'DROP'
      UNION ALL
     SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES
      WHERE GRANTEE = ${grantee} AND PRIVILEGE_TYPE = 'DROP' AND ${quoteText(schema)} LIKE TABLE_SCHEMA LIMIT 1`,
    'metadata',
    schema,
  );
  return { right: 'DROP', on: `database ${schema}`, state: rows.length > 0 ? 'granted' : 'unknown' };
}
