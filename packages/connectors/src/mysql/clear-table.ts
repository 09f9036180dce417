import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { provenCondition } from './condition.ts';
import { serverErrorNumber } from './errors.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';

/** TRUNCATE is refused: no DROP right, or another table refers to this one. DELETE may still do. */
const truncateRefused = new Set([1142, 1227, 1701]);

/** Removes the rows that the job does not want to find. Safe to repeat. @throws Cdm.0248; Cdm.0902 a condition that is none. */
export async function clearTable(
  session: Session,
  { schema, table, clearing }: Pick<SqlSinkOptions, 'schema' | 'table' | 'clearing'>,
): Promise<void> {
  const name = `${schema}.${table}`;
  const quoted = quoteTable(schema, table);
  if (clearing.kind === 'where') {
    await session.run(`USE ${quoteName(schema)}`, 'clear', name);
    const condition = await provenCondition(session, schema, table, clearing.where);
    await session.run(`DELETE FROM ${quoted} WHERE ${condition}`, 'clear', name);
  } else {
    try {
      await session.run(`TRUNCATE TABLE ${quoted}`, 'clear', name);
    } catch (error) {
      if (!truncateRefused.has(serverErrorNumber(error) ?? 0)) throw error;
      await session.run(`DELETE FROM ${quoted}`, 'clear', name);
    }
  }
  await session.run('COMMIT', 'clear', name);
}
