import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { SourcePreview } from '@sluice/core/connector/run-preview';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type DescribedQuery, describeQuery, QUERY_NAME } from './described-query.ts';
import { offerOf, readSelect, type SourceTools, selectList } from './read-select.ts';
import type { Session } from './session.ts';
import { readIsolation } from './snapshots.ts';

/**
 * Reads the result of a user's query, as one slice: one statement, at one moment where the database allows it. The query is
 * proved again in the session that reads it, whose transaction is always rolled back.
 */
export class SqlServerQuerySource implements Source {
  readonly #tools: SourceTools;
  readonly #options: SqlSourceOptions;
  readonly #query: string;

  constructor(tools: SourceTools, options: SqlSourceOptions, query: string) {
    this.#tools = tools;
    this.#options = options;
    this.#query = query;
  }

  async describe(): Promise<TableShape> {
    const session = await this.#tools.sessions.open('read');
    try {
      const { table } = await this.#described(session);
      const { columns } = this.#options;
      const names = columns ?? table.shape.columns.map(({ name }) => name);
      return { ...table.shape, columns: names.map((name) => pick(table.shape, name)) };
    } finally {
      await session.close();
    }
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    return offerOf(shape, columns);
  }

  async split(): Promise<readonly Slice[]> {
    const label = 'the result of the SQL statement';
    return [{ no: 0, cut: { query: true }, label, rowsEstimate: null }];
  }

  async *read(
    _slice: Slice,
    projection: Projection,
    after: Position | null,
    _snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    if (after !== null) throw new Error('a result cannot be entered behind a position');
    const { sessions, link, host } = this.#tools;
    const session = await sessions.open('read');
    let isWhole = false;
    try {
      const described = await this.#described(session);
      const { table } = described;
      const sql = statementOf(described, projection);
      const { isolation, refusal } = await readIsolation(session, link.database);
      if (refusal !== null) host.log(refusal);
      await session.begin(isolation, 'read', QUERY_NAME);
      yield* readSelect(this.#tools, session, {
        sql,
        parameters: {},
        target: QUERY_NAME,
        table,
        projection,
        order: [],
      });
      isWhole = true;
    } finally {
      if (isWhole) await session.close();
      else this.#tools.background(session.interrupt());
    }
  }

  async preview(slices: readonly Slice[], projection: Projection): Promise<SourcePreview> {
    const session = await this.#tools.sessions.open('read');
    try {
      const sql = statementOf(await this.#described(session), projection);
      const unknown = { rowsEstimate: null, bytesEstimate: null, basis: null };
      return { slices: slices.map(() => ({ sql, ...unknown })), rights: [] };
    } finally {
      await session.close();
    }
  }

  #described(session: Session): Promise<DescribedQuery> {
    return describeQuery(session, this.#query, this.#options.where);
  }
}

/** The SELECT over the query that is sent. */
function statementOf({ from, table, condition }: DescribedQuery, projection: Projection): string {
  const where = condition === null ? '' : ` WHERE ${condition}`;
  return `SELECT ${selectList(table, projection)} FROM ${from}${where}`;
}

/** @throws Cdm.0926 for a column that the result lacks. */
function pick(shape: TableShape, name: string): Column {
  const column = shape.columns.find((candidate) => candidate.name === name);
  if (column === undefined)
    throw new SluiceError('Cdm.0926', { cause: `the SQL statement returns no column ${name}` });
  return column;
}
