import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { provenCondition } from './condition.ts';
import { serverErrorNumber } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/**
 * TRUNCATE is refused: a foreign key refers to the table, it is published or in an indexed view, it is a view, or the right
 * to alter it is missing. DELETE may still do.
 */
const truncateRefused = new Set([229, 1088, 3729, 4701, 4708, 4711, 4712, 4727, 4728]);

/** Removes the rows that the job does not want to find. Safe to repeat. @throws Cdm.0248; Cdm.0902 a condition that is none. */
export async function clearTable(
  session: Session,
  { schema, table, clearing }: Pick<SqlSinkOptions, 'schema' | 'table' | 'clearing'>,
): Promise<void> {
  const name = `${schema}.${table}`;
  const quoted = quoteTable(schema, table);
  if (clearing.kind === 'where') {
    const condition = await provenCondition(session, schema, table, clearing.where);
    await session.run(`DELETE FROM ${quoted} WHERE ${condition}`, {}, 'clear', name);
    return;
  }
  try {
    await session.run(`TRUNCATE TABLE ${quoted}`, {}, 'clear', name);
  } catch (error) {
    if (!truncateRefused.has(serverErrorNumber(error) ?? 0)) throw error;
    await session.run(`DELETE FROM ${quoted}`, {}, 'clear', name);
  }
}
