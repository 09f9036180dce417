import type { TableShape } from '@sluice/core/data/column';
import { columnNamed } from '@sluice/core/data/column-named';
import { notInResult } from '../jdbc/column-pairs.ts';
import { bracketed } from '../jdbc/predicate-proof.ts';
import { checkResultNames, derivedTable, proveQuery, queryRefused } from '../jdbc/query-proof.ts';
import type { PgColumn } from './catalog.ts';
import { proveConditionOn } from './condition.ts';
import { quoteName } from './quote.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';
import { neutralOf } from './types.ts';

/** What a user's query is called where a table has its name: in conditions and labels. */
export const QUERY_NAME = 'query';

/** Longest time for the server to plan a query of a user and to begin it without a row, in milliseconds. */
const TRIAL_TIMEOUT_MS = 30_000;

/** A query that was proved, with the columns of its result. */
export interface DescribedQuery {
  /** As a table of statements of ours. */
  readonly table: string;
  readonly columns: readonly PgColumn[];
  readonly rowsEstimate: number | null;
}

/**
 * Proves a user's query and describes its result, in a transaction that cannot write. Nothing of it is run but its
 * start, which gives no row: there the server sees locks and rights.
 * @param where a condition over its result; null: none.
 * @throws Cdm.0902 it is not one SELECT that only reads, or the condition is none; Cdm.0926 its columns have no names of their own.
 */
export async function describeQuery(
  session: PgSession,
  query: string,
  where: string | null,
): Promise<DescribedQuery> {
  const table = derivedTable(query, quoteName(QUERY_NAME));
  const all = `SELECT * FROM ${table}`;
  await session.query(`SET LOCAL statement_timeout = ${TRIAL_TIMEOUT_MS}`);
  const refused = (error: unknown): never => {
    throw error instanceof ServerError && !error.isFatal ? queryRefused(error.message, error) : error;
  };
  await proveQuery(query, quoteName(QUERY_NAME), { parse: (sql) => session.parse(sql) }).catch(refused);
  const shape = await session.describe(all).catch(refused);
  if (shape.parameterCount > 0) throw queryRefused('it has parameters, for which there are no values', null);
  const fields = shape.fields ?? [];
  checkResultNames(
    fields.map(({ name }) => name),
    (name) => name,
  );
  if (where !== null) await proveConditionOn(session, table, where);
  const filtered = where === null ? all : `${all} WHERE ${bracketed(where)}`;
  await session.query(`${all} LIMIT 0`).catch(refused);
  const estimate = await session.query(`EXPLAIN (FORMAT JSON) ${filtered}`).catch(refused);
  await session.query('SET LOCAL statement_timeout = 0');
  const { rows } = await session.execute(
    `SELECT format_type(f.typid, f.typmod), t.typtype
       FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS f(typid, typmod, place)
       JOIN pg_type t ON t.oid = f.typid ORDER BY f.place`,
    [
      `{${fields.map(({ typeOid }) => typeOid).join(',')}}`,
      `{${fields.map(({ typeModifier }) => typeModifier).join(',')}}`,
    ],
  );
  const columns = fields.map(({ name }, at): PgColumn => {
    const [native, typeKind] = rows[at] ?? [];
    return {
      name,
      native: native ?? '',
      type: neutralOf(native ?? ''),
      isNullable: true,
      isGenerated: false,
      isEnum: typeKind === 'e',
      hasDefault: false,
    };
  });
  return { table, columns, rowsEstimate: estimatedRows(estimate.rows) };
}

function estimatedRows(rows: readonly (readonly (string | null)[])[]): number | null {
  try {
    const plan = JSON.parse(rows.map(([line]) => line).join('\n')) as [{ Plan?: { 'Plan Rows'?: number } }];
    return plan[0]?.Plan?.['Plan Rows'] ?? null;
  } catch {
    return null;
  }
}

/** The shape that the contract speaks of, for the listed columns or all. @throws Cdm.0926 for a column that the result lacks. */
export function queryShape(query: DescribedQuery, listed: readonly string[] | null): TableShape {
  const names = listed ?? query.columns.map(({ name }) => name);
  return {
    schema: '',
    table: QUERY_NAME,
    columns: names.map((name) => {
      const column = columnNamed(query.columns, name);
      if (column === undefined) throw notInResult(name);
      const { native, type, isNullable, isGenerated } = column;
      return { name: column.name, native, type, isNullable, isGenerated };
    }),
    primaryKey: [],
    rowsEstimate: query.rowsEstimate,
    bytesEstimate: null,
  };
}
