import type { PlannedStatement } from '@sluice/core/connector/run-preview';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlClearing, SqlSinkOptions } from '../jdbc/sql-options.ts';
import { provenCondition } from './condition.ts';
import { serverErrorNumber } from './errors.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';

/** TRUNCATE is refused: no DROP right, or another table refers to this one. DELETE may still do. */
const truncateRefused = new Set([1142, 1227, 1701]);

/** What removes the rows; a condition in it is to be proved before it is sent. Pure. */
export function clearingStatements(
  schema: string,
  table: string,
  clearing: SqlClearing,
): readonly PlannedStatement[] {
  const quoted = quoteTable(schema, table);
  switch (clearing.kind) {
    case 'none':
      return [];
    case 'where':
      return [{ purpose: 'clear', sql: `DELETE FROM ${quoted} WHERE ${bracketed(clearing.where)}` }];
    case 'all':
      return [
        { purpose: 'clear', sql: `TRUNCATE TABLE ${quoted}` },
        { purpose: 'clear', sql: `DELETE FROM ${quoted}`, isFallback: true },
      ];
  }
}

/** Removes the rows that the job does not want to find. Safe to repeat. @throws Cdm.0248; Cdm.0902 a condition that is none. */
export async function clearTable(
  session: Session,
  { schema, table, clearing }: Pick<SqlSinkOptions, 'schema' | 'table' | 'clearing'>,
): Promise<void> {
  const name = `${schema}.${table}`;
  const [first, fallback] = clearingStatements(schema, table, clearing);
  if (clearing.kind === 'where') {
    await session.run(`USE ${quoteName(schema)}`, 'clear', name);
    await provenCondition(session, schema, table, clearing.where);
  }
  try {
    if (first !== undefined) await session.run(first.sql, 'clear', name);
  } catch (error) {
    if (fallback === undefined || !truncateRefused.has(serverErrorNumber(error) ?? 0)) throw error;
    await session.run(fallback.sql, 'clear', name);
  }
  await session.run('COMMIT', 'clear', name);
}
