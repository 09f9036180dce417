import type { Column } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { bracketed, provePredicate } from '../jdbc/predicate-proof.ts';
import { checkResultNames, derivedTable, proveQuery, queryRefused } from '../jdbc/query-proof.ts';
import type { CatalogTable } from './catalog.ts';
import { isConnectionLost, serverErrorNumber } from './errors.ts';
import { selectWithin } from './key-steps.ts';
import { quoteName } from './names.ts';
import { type ResultColumn, resultColumn } from './result-columns.ts';
import type { Session } from './session.ts';
import { neutralOf } from './types.ts';

/** What a user's query is called where a table has its name: in conditions, labels and errors. */
export const QUERY_NAME = 'query';

/** Longest time for the server to plan a query of a user and to begin it without a row, in milliseconds. */
const TRIAL_TIMEOUT_MS = 30_000;

/** Two columns of one name, and a name that no column can have. */
const nameRefused = new Set([1060, 1166]);

/** A query that was proved, with its result as a table is described. */
export interface DescribedQuery {
  /** What stands in FROM. */
  readonly from: string;
  readonly table: CatalogTable;
  /** The job's condition, proved and bracketed; null: none. */
  readonly condition: string | null;
}

/**
 * Proves a user's query and describes its result, in a session that cannot write. Nothing of it is run but its start,
 * which gives no row: there the server sees locks and rights.
 * @param where a condition over its result; null: none.
 * @throws Cdm.0902 it is not one SELECT that only reads, or the condition is none; Cdm.0926 its columns have no names of their own.
 */
export async function describeQuery(
  session: Session,
  query: string,
  where: string | null,
  tinyIntIsBoolean: boolean,
  timeoutMs: number,
): Promise<DescribedQuery> {
  const from = derivedTable(query, quoteName(QUERY_NAME));
  const asOurs = (error: unknown): never => {
    if (isConnectionLost(error) || (error instanceof SluiceError && error.retry)) throw error;
    if (nameRefused.has(serverErrorNumber(error) ?? 0))
      throw new SluiceError(
        'Cdm.0926',
        { cause: `${wordsOf(error)}, give it another with AS` },
        { cause: error },
      );
    throw queryRefused(wordsOf(error), error);
  };
  const seen: Result[] = [];
  await proveQuery(query, quoteName(QUERY_NAME), {
    parse: async (sql) => void seen.push(await resultOf(session, sql, timeoutMs)),
  }).catch(asOurs);
  // What was shown first is the query as a table.
  const { columns, parameterCount } = seen[0] ?? { columns: [], parameterCount: 0 };
  if (parameterCount > 0) throw queryRefused('it has parameters, for which there are no values', null);
  checkResultNames(
    columns.map(({ name }) => name),
    (name) => name.toLowerCase(),
  );
  if (where !== null) await proveWhere(session, from, where);
  const search = { session, target: QUERY_NAME, from, conditions: [], log: () => undefined };
  const begun = await selectWithin(search, TRIAL_TIMEOUT_MS, `* FROM ${from} LIMIT 0`).catch(asOurs);
  if (begun === null) throw queryRefused('it took too long to begin', null);
  return {
    from,
    table: tableOf(columns, tinyIntIsBoolean),
    condition: where === null ? null : bracketed(where),
  };
}

async function proveWhere(session: Session, from: string, where: string): Promise<void> {
  await provePredicate(where, {
    parse: (sql) => session.parse(sql, 'read', QUERY_NAME),
    wrappers: [
      { before: `SELECT 1 FROM ${from} WHERE (`, after: ')' },
      { before: `SELECT 1 FROM ${from} WHERE {x`, after: '}' },
    ],
  });
}

interface Result {
  readonly columns: readonly ResultColumn[];
  readonly parameterCount: number;
}

/** What a statement would return, without running it. */
async function resultOf(session: Session, sql: string, timeoutMs: number): Promise<Result> {
  const statement = await session.prepare(sql, 'read', QUERY_NAME, timeoutMs);
  // mysql2 keeps the definitions out of its types, as it does the statement's number.
  const { columns, parameters } = statement as unknown as {
    columns: readonly ResultColumn[];
    parameters: readonly unknown[];
  };
  session.native.unprepare(sql);
  return { columns, parameterCount: parameters.length };
}

function tableOf(results: readonly ResultColumn[], tinyIntIsBoolean: boolean): CatalogTable {
  const native = results.map(resultColumn);
  const columns = results.map(({ name }, at): Column => {
    const described = native[at];
    if (described === undefined) throw new RangeError(`no column ${at}`);
    return {
      name,
      native: described.columnType,
      type: neutralOf(described, tinyIntIsBoolean),
      isNullable: true,
      isGenerated: false,
    };
  });
  const shape = {
    schema: '',
    table: QUERY_NAME,
    columns,
    primaryKey: [],
    rowsEstimate: null,
    bytesEstimate: null,
  };
  return { shape, native, engine: null, isTransactional: false };
}

/** The server's own sentence. */
function wordsOf(error: unknown): string {
  if (error instanceof SluiceError && error.cause instanceof Error) return error.cause.message;
  return error instanceof Error ? error.message : String(error);
}
