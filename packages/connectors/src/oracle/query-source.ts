import type { Projection, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { checkResultNames, queryRefused } from '../jdbc/query-proof.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import type { CatalogTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import type { ResultColumn } from './driver.ts';
import { isConnectionLost, serverErrorNumber, wordsOf } from './errors.ts';
import { quoteName } from './names.ts';
import { sentOddValues } from './pairing.ts';
import { readSelect } from './read-select.ts';
import { resultColumn } from './result-columns.ts';
import { requireColumn, selectedColumn, selectedColumns } from './select-list.ts';
import type { Session } from './session.ts';
import type { SourceTools } from './source.ts';

/** What a user's query is called where a table has its name. */
const QUERY_NAME = 'query';
const ambiguousColumn = 918;

interface DescribedQuery {
  /** What stands in FROM. */
  readonly from: string;
  readonly table: CatalogTable;
  readonly condition: string | null;
}

/** Reads the result of a user's query, as one slice: one statement sees one moment. It is proved again in the session that reads it. */
export class OracleQuerySource implements Source {
  readonly #tools: SourceTools;
  readonly #options: SqlSourceOptions;
  readonly #query: string;
  #table: CatalogTable | null = null;

  constructor(tools: SourceTools, options: SqlSourceOptions, query: string) {
    this.#tools = tools;
    this.#options = options;
    this.#query = query;
  }

  async describe(): Promise<TableShape> {
    const session = await this.#tools.sessions.open(null);
    try {
      const { table } = await this.#describe(session);
      const { columns } = this.#options;
      if (columns === null) return table.shape;
      return { ...table.shape, columns: columns.map((name) => requireColumn(table, name).column) };
    } finally {
      await session.close();
    }
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    const table = this.#table;
    if (table !== null) for (const { name } of columns) selectedColumn(table, name);
    return { columns, primaryKey: shape.primaryKey, forms: ['rows'], oddValues: sentOddValues };
  }

  async split(): Promise<readonly Slice[]> {
    return [{ no: 0, cut: { query: true }, label: 'the result of the SQL statement', rowsEstimate: null }];
  }

  async *read(_slice: Slice, projection: Projection, after: Position | null): AsyncIterable<Batch> {
    if (after !== null) throw new Error('a result cannot be entered behind a position');
    const session = await this.#tools.sessions.open(null);
    let isWhole = false;
    try {
      const { from, table, condition } = await this.#describe(session);
      const columns = selectedColumns(table, projection);
      const list = columns.map(({ expression }) => expression).join(', ');
      const where = condition === null ? '' : ` WHERE ${condition}`;
      const { batchRowsMax } = this.#tools.link;
      const sql = `SELECT ${list} FROM ${from}${where}`;
      yield* readSelect(session, { sql, binds: [], target: QUERY_NAME, columns, batchRowsMax });
      isWhole = true;
    } finally {
      if (isWhole) await session.close();
      else session.destroy();
    }
  }

  /**
   * Proves the query and describes its result. A: it is a table of a SELECT of ours; B: it is a query by itself; see
   * `jdbc/query-proof.ts` for why that is enough. Oracle runs a definition when it parses it, so B is only shown what begins as a
   * query, and only behind A.
   */
  async #describe(session: Session): Promise<DescribedQuery> {
    const query = this.#query;
    const from = `(\n${query}\n) ${quoteName(QUERY_NAME)}`;
    if (!beginsAsQuery(query)) throw queryRefused('it does not begin with SELECT or WITH', null);
    const { columns, bindNames } = await session
      .describe(`SELECT * FROM ${from}`, 'read', QUERY_NAME)
      .catch((error: unknown) => this.#refuseTable(session, error));
    await session.describe(query, 'read', QUERY_NAME).catch(refuse);
    if (bindNames.length > 0) throw queryRefused(`it has a place for a value, :${bindNames[0]}`, null);
    checkResultNames(
      columns.map(({ name }) => name),
      (name) => name,
    );
    const { where } = this.#options;
    const condition = where === null ? null : await provenCondition(session, from, QUERY_NAME, where);
    this.#table = tableOf(columns);
    return { from, table: this.#table, condition };
  }

  /** A query that is one by itself and no table has two columns of one name. */
  async #refuseTable(session: Session, error: unknown): Promise<never> {
    if (serverErrorNumber(error) !== ambiguousColumn) return refuse(error);
    await session.describe(this.#query, 'read', QUERY_NAME).catch(refuse);
    throw new SluiceError(
      'Cdm.0926',
      { cause: `${wordsOf(error)}, give it another with AS` },
      { cause: error },
    );
  }
}

/** Whether the first word, behind blanks and comments, is one that begins a query. */
export function beginsAsQuery(query: string): boolean {
  const begun = query.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
  return /^(?:select|with)\b/i.test(begun);
}

function refuse(error: unknown): never {
  if (isConnectionLost(error) || (error instanceof SluiceError && error.retry)) throw error;
  throw queryRefused(wordsOf(error), error);
}

function tableOf(results: readonly ResultColumn[]): CatalogTable {
  const described = results.map((result) => resultColumn(result));
  return {
    shape: {
      schema: '',
      table: QUERY_NAME,
      columns: described.map(({ column }) => column),
      primaryKey: [],
      rowsEstimate: null,
      bytesEstimate: null,
    },
    native: described.map(({ native }) => native),
    isView: true,
    hasRowids: false,
    isPartitioned: false,
    rowBytes: null,
  };
}
