import type { Column } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { checkResultNames, derivedTable, proveQuery, queryRefused } from '../jdbc/query-proof.ts';
import type { CatalogColumn, CatalogTable } from './catalog.ts';
import { proveCondition } from './condition.ts';
import { type Description, describeStatement, type ResultColumn } from './describe-statement.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';
import { neutralOf, printedType } from './types.ts';

/** What a user's query is called where a table has its name: in conditions, labels and errors. */
export const QUERY_NAME = 'query';

/** A column without a name, and two of one name. */
const nameRefused = new Set([8155, 8156]);

/** A query that was proved, with its result as a table is described. */
export interface DescribedQuery {
  /** What stands in FROM. */
  readonly from: string;
  readonly table: CatalogTable;
  /** The job's condition, proved and bracketed; null: none. */
  readonly condition: string | null;
}

/**
 * Proves a user's query and describes its result; nothing of it is run. What T-SQL does not let stand in brackets (WITH, ORDER BY
 * without TOP, INTO, NEXT VALUE FOR) is refused by the server itself.
 * @param where a condition over its result; null: none.
 * @throws Cdm.0902 it is not one SELECT, or the condition is none; Cdm.0926 its columns have no names of their own.
 */
export async function describeQuery(
  session: Session,
  query: string,
  where: string | null,
): Promise<DescribedQuery> {
  const from = derivedTable(query, quoteName(QUERY_NAME));
  const seen: Description[] = [];
  await proveQuery(query, quoteName(QUERY_NAME), {
    parse: async (sql) => {
      const description = await describeStatement(session, sql, QUERY_NAME);
      if (description.complaint !== null) throw refusal(description.complaint);
      seen.push(description);
    },
  });
  // What was shown first is the query as a table.
  const columns = seen[0]?.columns ?? [];
  // The server compares names by its collation, which as a rule knows no case.
  checkResultNames(
    columns.map(({ name }) => name),
    (name) => name.toLowerCase(),
  );
  return {
    from,
    table: tableOf(columns),
    condition: where === null ? null : await proveCondition(session, from, where, QUERY_NAME),
  };
}

function refusal({ number, words }: { readonly number: number; readonly words: string }): SluiceError {
  if (nameRefused.has(number))
    return new SluiceError('Cdm.0926', { cause: `${words} Give each column a name of its own with AS` });
  return queryRefused(words, null);
}

function tableOf(results: readonly ResultColumn[]): CatalogTable {
  const native = results.map(catalogColumn);
  const columns = results.map(({ name, isNullable }, at): Column => {
    const described = native[at];
    if (described === undefined) throw new RangeError(`no column ${at}`);
    return {
      name,
      native: printedType(described),
      type: neutralOf(described),
      isNullable,
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
  return { shape, native, objectId: 0, isView: true, isClusteredByKey: false, leadingColumns: new Set() };
}

function catalogColumn({ printed, maxLength, precision, scale, collation }: ResultColumn): CatalogColumn {
  const dataType = /^\w+/.exec(printed)?.[0].toLowerCase() ?? 'clr';
  return { dataType, maxLength, precision, scale, collation, isIdentity: false, hasDefault: false };
}
