import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import type { SqlLink, SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { provenTableCondition } from './condition.ts';
import { type BoundSql, cutConditions, cutFromJson, cutLabel, cutToJson, fromClause } from './cuts.ts';
import { sentOddValues } from './pairing.ts';
import { readSelect } from './read-select.ts';
import { requireColumn, selectedColumn, selectedColumns } from './select-list.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { lostOr, OracleSnapshots, scnOf } from './snapshots.ts';
import { splitTable } from './split-table.ts';
import { OracleWatermarks } from './watermarks.ts';

/** What a source needs of its connection. */
export interface SourceTools {
  readonly link: SqlLink;
  readonly sessions: Sessions;
  readonly log: (line: string) => void;
}

/** Reads one table or view. */
export class OracleSource implements Source {
  readonly snapshots: OracleSnapshots;
  readonly watermarks: OracleWatermarks;
  readonly #tools: SourceTools;
  readonly #options: SqlSourceOptions;
  #table: CatalogTable | null = null;

  constructor(tools: SourceTools, options: SqlSourceOptions) {
    this.#tools = tools;
    this.#options = options;
    this.snapshots = new OracleSnapshots({
      sessions: tools.sessions,
      place: async (session) => (await this.#describe(session)).shape,
    });
    this.watermarks = new OracleWatermarks({
      sessions: tools.sessions,
      where: options.where,
      table: (session) => this.#describe(session),
      narrow: (where) => new OracleSource(tools, { ...options, where }),
    });
  }

  async describe(): Promise<TableShape> {
    return await this.#with(async (session) => {
      const table = await this.#describe(session);
      const { columns } = this.#options;
      if (columns === null) return table.shape;
      return { ...table.shape, columns: columns.map((name) => requireColumn(table, name).column) };
    });
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    const table = this.#table;
    // Told now, before anything is made ready for rows that cannot come.
    if (table !== null) for (const { name } of columns) selectedColumn(table, name);
    return { columns, primaryKey: shape.primaryKey, forms: ['rows'], oddValues: sentOddValues };
  }

  async split(_shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]> {
    return await this.#with(async (session) => {
      const table = await this.#describe(session);
      const { log } = this.#tools;
      const cuts = await splitTable({ session, table, options: this.#options, log }, sliceCountHint);
      const rows = table.shape.rowsEstimate;
      return cuts.map((cut, no) => ({
        no,
        cut: cutToJson(cut),
        label: cutLabel(cut),
        rowsEstimate: rows === null ? null : Math.ceil(rows / cuts.length),
      }));
    });
  }

  async *read(
    slice: Slice,
    projection: Projection,
    after: Position | null,
    snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    // A slice is one statement and has no order: it is read again from its start. No position was ever given out.
    if (after !== null) throw new Error('a slice of Oracle cannot be entered behind a position');
    const cut = cutFromJson(slice.cut);
    const scn = snapshot === null ? null : scnOf(snapshot);
    const session = await this.#open();
    let isWhole = false;
    try {
      const table = await this.#describe(session);
      const { schema, table: name } = table.shape;
      const columns = selectedColumns(table, projection);
      const conditions: BoundSql[] = [...cutConditions(cut, 1)];
      if (this.#options.where !== null) {
        const sql = await provenTableCondition(session, schema, name, this.#options.where);
        conditions.push({ sql, binds: [] });
      }
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
      yield* readSelect(session, {
        sql: `SELECT ${columns.map(({ expression }) => expression).join(', ')} FROM ${fromClause(cut, schema, name, scn)}${where}`,
        binds: conditions.flatMap(({ binds }) => binds),
        target: `${schema}.${name}`,
        columns,
        batchRowsMax: this.#tools.link.batchRowsMax,
      });
      isWhole = true;
    } catch (error) {
      throw snapshot === null ? error : lostOr(error);
    } finally {
      // A statement that was given up must not go on for nobody: the server ends it when its next rows reach no one.
      if (isWhole) await session.close();
      else session.destroy();
    }
  }

  /** Where there is a user's condition, in the table's schema, so that names in it mean what they mean next to the table. */
  async #open(): Promise<Session> {
    const { sessions } = this.#tools;
    const session = await sessions.open(null);
    if (this.#options.where === null) return session;
    try {
      const { schema } = (await this.#describe(session)).shape;
      return await sessions.open(schema);
    } finally {
      await session.close();
    }
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#open();
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async #describe(session: Session): Promise<CatalogTable> {
    this.#table ??= await requireTable(session, this.#options.schema, this.#options.table);
    return this.#table;
  }
}
