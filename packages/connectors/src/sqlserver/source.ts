import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { SourcePreview } from '@sluice/core/connector/run-preview';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { type Cut, cutConditions, cutFromJson, cutLabel, cutToJson } from './cuts.ts';
import { Binder, boundCondition, isPositionPart, type KeyPart, keyPartOf } from './key-parts.ts';
import { quoteName, quoteTable } from './names.ts';
import { offerOf, readSelect, requireColumn, type SourceTools, selectList } from './read-select.ts';
import type { Session } from './session.ts';
import { lostOr, readIsolation, SqlServerSnapshots } from './snapshots.ts';
import { splitTable } from './split-table.ts';
import { SqlServerWatermarks } from './watermarks.ts';

/** Reads a table or view. */
export class SqlServerSource implements Source {
  readonly snapshots: SqlServerSnapshots;
  readonly watermarks: SqlServerWatermarks;
  readonly #tools: SourceTools;
  readonly #options: SqlSourceOptions;
  #table: CatalogTable | null = null;

  /** @param snapshots of another source of the same table, whose moments this one is to read. */
  constructor(tools: SourceTools, options: SqlSourceOptions, snapshots?: SqlServerSnapshots) {
    // A table's partitions have no names here, and are never slices.
    if (options.partitions !== null)
      throw new SluiceError('Cdm.0024', { name: 'fromJobConfig.usePartition', range: 'false' });
    this.#tools = tools;
    this.#options = options;
    const { sessions, link } = tools;
    const { schema, table } = options;
    this.snapshots =
      snapshots ?? new SqlServerSnapshots({ sessions, database: link.database, schema, table });
    this.watermarks = new SqlServerWatermarks({
      sessions,
      options,
      narrow: (where) => new SqlServerSource(tools, { ...options, where }, this.snapshots),
    });
  }

  async describe(): Promise<TableShape> {
    const table = await this.#reading((session) => this.#describe(session));
    const { columns } = this.#options;
    if (columns === null) return table.shape;
    return { ...table.shape, columns: columns.map((name) => requireColumn(table, name)) };
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    return offerOf(shape, columns);
  }

  async split(_shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]> {
    const table = await this.#reading((session) => this.#describe(session));
    const { sessions, host } = this.#tools;
    const cuts = await splitTable(
      { sessions, table, options: this.#options, order: resumableKey(table), log: (line) => host.log(line) },
      sliceCountHint,
    );
    const { rowsEstimate } = table.shape;
    return cuts.map((cut, no) => ({
      no,
      cut: cutToJson(cut),
      label: cutLabel(cut),
      rowsEstimate: rowsEstimate === null ? null : Math.ceil(rowsEstimate / cuts.length),
    }));
  }

  async *read(
    slice: Slice,
    projection: Projection,
    after: Position | null,
    snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    const cut = cutFromJson(slice.cut);
    const own = snapshot === null ? await this.#tools.sessions.open('read') : null;
    const session = own ?? this.snapshots.enter(snapshot as Snapshot);
    let isWhole = false;
    try {
      // Ahead of the transaction, which would see the catalogue at its own moment too.
      const table = await this.#describe(session);
      const binder = new Binder();
      const sql = await this.#select(session, table, { cut, projection, after, binder });
      if (own !== null) await this.#begin(own);
      yield* readSelect(this.#tools, session, {
        sql,
        parameters: binder.parameters,
        target: this.#name(),
        table,
        projection,
        order: cut.order,
      });
      isWhole = true;
    } catch (error) {
      throw snapshot === null ? error : lostOr(error);
    } finally {
      if (!isWhole) {
        // The consumer stopped early: the server must not go on sorting or scanning for nobody.
        this.#tools.background(session.interrupt());
      } else if (own !== null) await own.close();
    }
  }

  async preview(slices: readonly Slice[], projection: Projection): Promise<SourcePreview> {
    return await this.#reading(async (session) => {
      const table = await this.#describe(session);
      const { rowsEstimate, bytesEstimate } = table.shape;
      const rowBytes = rowsEstimate && bytesEstimate ? bytesEstimate / rowsEstimate : null;
      const previews: SourcePreview['slices'][number][] = [];
      for (const slice of slices) {
        const binder = new Binder();
        const wish = { cut: cutFromJson(slice.cut), projection, after: null, binder };
        const sql = await this.#select(session, table, wish);
        const rows = slice.rowsEstimate;
        previews.push({
          sql: withParameters(sql, binder.parameters),
          rowsEstimate: rows,
          bytesEstimate: rows === null || rowBytes === null ? null : Math.round(rows * rowBytes),
          basis: rows === null ? null : 'statistics',
        });
      }
      return { slices: previews, rights: [] };
    });
  }

  /** Rows of one moment, where the database has that. */
  async #begin(session: Session): Promise<void> {
    const { database } = this.#tools.link;
    const { isolation, refusal } = await readIsolation(session, database);
    if (refusal !== null) this.#tools.host.log(`${this.#name()}: ${refusal}`);
    await session.begin(isolation, 'read', this.#name());
  }

  #name(): string {
    return `${this.#options.schema}.${this.#options.table}`;
  }

  async #describe(session: Session): Promise<CatalogTable> {
    const { schema, table } = this.#options;
    this.#table ??= await requireTable(session, schema, table);
    return this.#table;
  }

  async #reading<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#tools.sessions.open('read');
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async #select(
    session: Session,
    table: CatalogTable,
    {
      cut,
      projection,
      after,
      binder,
    }: {
      readonly cut: Cut;
      readonly projection: Projection;
      readonly after: Position | null;
      readonly binder: Binder;
    },
  ): Promise<string> {
    const { schema, table: name, where } = this.#options;
    const conditions = cutConditions(cut, binder);
    if (after !== null)
      conditions.push(boundCondition(cut.order, 'above', positionTexts(cut.order, after), binder.bind));
    if (where !== null) conditions.push(await provenCondition(session, schema, name, where));
    const order = cut.order.map((part) => quoteName(part.name));
    return [
      `SELECT ${selectList(table, projection)} FROM ${quoteTable(schema, name)}`,
      conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '',
      order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    ].join(' ');
  }
}

/** A statement for people: its parameters travel beside it. */
function withParameters(sql: string, parameters: Readonly<Record<string, string>>): string {
  const values = Object.entries(parameters).map(
    ([name, value]) => `-- @${name} = N'${value.replaceAll("'", "''").replaceAll(/[\r\n]/g, ' ')}'`,
  );
  return [sql, ...values].join('\n');
}

/** The primary key when the rows lie in its order and a read can go on exactly behind a value of it. */
function resumableKey(table: CatalogTable): readonly KeyPart[] {
  if (!table.isClusteredByKey) return [];
  const parts: KeyPart[] = [];
  for (const name of table.shape.primaryKey) {
    const part = keyPartOf(table, name);
    if (part === null || !isPositionPart(part)) return [];
    parts.push(part);
  }
  return parts;
}

function positionTexts(order: readonly KeyPart[], after: Position): string[] {
  if (!Array.isArray(after) || after.length !== order.length || order.length === 0)
    throw new SluiceError('Cdm.0233', { cause: 'the stored position does not belong to this slice' });
  return after.map(String);
}
