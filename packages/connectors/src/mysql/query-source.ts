import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { SourcePreview } from '@sluice/core/connector/run-preview';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import { columnNamed } from '@sluice/core/data/column-named';
import type { Slice } from '@sluice/core/data/slice';
import { notInResult } from '../jdbc/column-pairs.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type DescribedQuery, describeQuery, QUERY_NAME } from './described-query.ts';
import { offerOf, readSelect, type SourceTools, selectList } from './read-select.ts';
import type { Session } from './session.ts';

/**
 * Reads the result of a user's query, as one slice: one statement, which in InnoDB sees one moment. The query is proved
 * again in the session that reads it, which cannot write.
 */
export class MysqlQuerySource implements Source {
  readonly #tools: SourceTools;
  readonly #options: SqlSourceOptions;
  readonly #query: string;

  constructor(tools: SourceTools, options: SqlSourceOptions, query: string) {
    this.#tools = tools;
    this.#options = options;
    this.#query = query;
  }

  async describe(): Promise<TableShape> {
    const session = await this.#open();
    try {
      const { shape } = (await this.#described(session)).table;
      const { columns } = this.#options;
      return {
        ...shape,
        columns: (columns ?? shape.columns.map(({ name }) => name)).map((name) => pick(shape, name)),
      };
    } finally {
      await session.close();
    }
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    return offerOf(shape, columns, this.#tools);
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
    const session = await this.#open();
    let isWhole = false;
    try {
      const described = await this.#described(session);
      const sql = statementOf(described, projection);
      const { table } = described;
      yield* readSelect(this.#tools, session, { sql, target: QUERY_NAME, table, projection, order: [] });
      isWhole = true;
    } finally {
      if (isWhole) await session.close();
      else {
        session.destroy();
        this.#tools.background(session.killQuery());
      }
    }
  }

  async preview(slices: readonly Slice[], projection: Projection): Promise<SourcePreview> {
    const session = await this.#open();
    try {
      // To begin it, as the proof does, takes all the rights that it needs.
      const sql = statementOf(await this.#described(session), projection);
      const unknown = { rowsEstimate: null, bytesEstimate: null, basis: null };
      return { slices: slices.map(() => ({ sql, ...unknown })), rights: [] };
    } finally {
      await session.close();
    }
  }

  /** The link's own database, in which the query's names are looked up. */
  #open(): Promise<Session> {
    return this.#tools.sessions.open('read', this.#tools.link.database);
  }

  #described(session: Session): Promise<DescribedQuery> {
    const { tinyIntIsBoolean, link } = this.#tools;
    return describeQuery(session, this.#query, this.#options.where, tinyIntIsBoolean, link.silenceTimeoutMs);
  }
}

/** The SELECT over the query that is sent. */
function statementOf({ from, table, condition }: DescribedQuery, projection: Projection): string {
  const where = condition === null ? '' : ` WHERE ${condition}`;
  return `SELECT ${selectList(table, projection)} FROM ${from}${where}`;
}

/** @throws Cdm.0926 for a column that the result lacks. */
function pick(shape: TableShape, name: string): Column {
  const column = columnNamed(shape.columns, name);
  if (column === undefined) throw notInResult(name);
  return column;
}
