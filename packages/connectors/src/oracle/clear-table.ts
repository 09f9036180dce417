import type { SqlClearing } from '../jdbc/sql-options.ts';
import { provenTableCondition } from './condition.ts';
import { serverErrorNumber } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/** TRUNCATE is refused: no DROP ANY TABLE, a key that refers to the table, a view, a cluster. DELETE may still do. */
const truncateRefused = new Set([1031, 2266, 942, 1702, 3292, 14_643, 1495]);

/**
 * Removes the rows that the job does not want to find. Safe to repeat.
 * @param session in the table's schema. @throws Cdm.0248; Cdm.0902 a condition that is none.
 */
export async function clearTable(
  session: Session,
  { schema, table }: { readonly schema: string; readonly table: string },
  clearing: SqlClearing,
): Promise<void> {
  const name = `${schema}.${table}`;
  const quoted = quoteTable(schema, table);
  if (clearing.kind === 'where') {
    const condition = await provenTableCondition(session, schema, table, clearing.where);
    await session.run(`DELETE FROM ${quoted} WHERE ${condition}`, [], 'clear', name);
  } else if (clearing.kind === 'all') {
    try {
      await session.run(`TRUNCATE TABLE ${quoted}`, [], 'clear', name);
    } catch (error) {
      if (!truncateRefused.has(serverErrorNumber(error) ?? 0)) throw error;
      await session.run(`DELETE FROM ${quoted}`, [], 'clear', name);
    }
  }
  await session.commit('clear', name);
}
