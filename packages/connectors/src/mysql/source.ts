import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { SourcePreview } from '@sluice/core/connector/run-preview';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { comparingRefusal } from '../jdbc/foreign-rows.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { MysqlComparer } from './comparer.ts';
import { provenCondition } from './condition.ts';
import { quoteName } from './names.ts';
import {
  behind,
  type Cut,
  cutConditions,
  cutFromJson,
  cutLabel,
  cutTable,
  cutToJson,
  type KeyColumn,
  rangeKindOf,
} from './ranges.ts';
import { offerOf, readSelect, type SourceTools, selectList } from './read-select.ts';
import { selectRight } from './rights.ts';
import type { Session } from './session.ts';
import { lostOr, MysqlSnapshots } from './snapshots.ts';
import { requireColumn, splitTable } from './split-table.ts';
import { MysqlWatermarks } from './watermarks.ts';

/** Character set whose ORDER BY and comparison with our literals use one and the same collation. */
const resumableCharacterSet = 'utf8mb4';

export class MysqlSource implements Source {
  readonly snapshots: MysqlSnapshots;
  readonly watermarks: MysqlWatermarks;
  readonly comparer: MysqlComparer;
  readonly #tools: SourceTools;
  readonly #options: SqlSourceOptions;
  #table: CatalogTable | null = null;

  /** @param snapshots of another source of the same table, whose moments this one is to read. */
  constructor(tools: SourceTools, options: SqlSourceOptions, snapshots?: MysqlSnapshots) {
    this.#tools = tools;
    this.#options = options;
    this.snapshots =
      snapshots ??
      new MysqlSnapshots({
        sessions: tools.sessions,
        database: options.schema,
        table: options.table,
        describe: (session) => this.#describe(session),
      });
    this.watermarks = new MysqlWatermarks({
      sessions: tools.sessions,
      options,
      tinyIntIsBoolean: tools.tinyIntIsBoolean,
      narrow: (where) => new MysqlSource(tools, { ...options, where }, this.snapshots),
    });
    this.comparer = new MysqlComparer({
      sessions: tools.sessions,
      signal: tools.host.signal,
      silenceTimeoutMs: tools.link.silenceTimeoutMs,
      database: options.schema,
      table: options.table,
      tinyIntIsBoolean: tools.tinyIntIsBoolean,
      zeroDateIsNull: tools.zeroDateIsNull,
      where: options.where,
      withoutNullsOf: options.readsNullPartition ? null : options.partitionColumn,
      snapshots: this.snapshots,
      foreignRows: 'others',
      refusal: comparingRefusal(options),
    });
  }

  async describe(): Promise<TableShape> {
    const session = await this.#open();
    try {
      const table = await this.#describe(session);
      const { columns } = this.#options;
      if (columns === null) return table.shape;
      return { ...table.shape, columns: columns.map((name) => requireColumn(table, name)) };
    } finally {
      await session.close();
    }
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    return offerOf(shape, columns, this.#tools);
  }

  async split(_shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]> {
    const session = await this.#open();
    try {
      const table = await this.#describe(session);
      const cuts = await splitTable(
        {
          session,
          table,
          options: this.#options,
          order: resumableKey(table),
          log: (line) => this.#tools.host.log(line),
        },
        sliceCountHint,
      );
      return toSlices(cuts, table.shape.rowsEstimate);
    } finally {
      await session.close();
    }
  }

  async *read(
    slice: Slice,
    projection: Projection,
    after: Position | null,
    snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    const cut = cutFromJson(slice.cut);
    const session = snapshot === null ? await this.#open() : this.snapshots.enter(snapshot);
    let isWhole = false;
    try {
      const table = await this.#describe(session);
      const sql = this.#select(table, cut, projection, after, await this.#condition(session));
      yield* readSelect(this.#tools, session, {
        sql,
        target: this.#name(),
        table,
        projection,
        order: cut.order,
      });
      isWhole = true;
    } catch (error) {
      throw snapshot === null ? error : lostOr(error);
    } finally {
      if (isWhole) await session.close();
      else {
        // The consumer stopped early: the server must not go on sorting or scanning for nobody.
        session.destroy();
        this.#tools.background(session.killQuery());
      }
    }
  }

  async preview(slices: readonly Slice[], projection: Projection): Promise<SourcePreview> {
    const session = await this.#open();
    try {
      const table = await this.#describe(session);
      const condition = await this.#condition(session);
      const { rowsEstimate, bytesEstimate } = table.shape;
      const rowBytes = rowsEstimate && bytesEstimate ? bytesEstimate / rowsEstimate : null;
      const previews = slices.map((slice) => {
        const rows = slice.rowsEstimate;
        return {
          sql: this.#select(table, cutFromJson(slice.cut), projection, null, condition),
          rowsEstimate: rows,
          bytesEstimate: rows === null || rowBytes === null ? null : Math.round(rows * rowBytes),
          basis: rows === null ? null : ('statistics' as const),
        };
      });
      const [first] = previews;
      const rights = first === undefined ? [] : [await selectRight(session, first.sql, this.#name())];
      return { slices: previews, rights };
    } finally {
      await session.close();
    }
  }

  #name(): string {
    return `${this.#options.schema}.${this.#options.table}`;
  }

  #open(): Promise<Session> {
    // The table's database, so that names in a user's condition mean what they mean next to the table.
    return this.#tools.sessions.open('read', this.#options.schema);
  }

  async #describe(session: Session): Promise<CatalogTable> {
    const { schema, table } = this.#options;
    this.#table ??= await requireTable(session, schema, table, this.#tools.tinyIntIsBoolean);
    return this.#table;
  }

  /** The job's condition, proved and bracketed; null: it has none. */
  async #condition(session: Session): Promise<string | null> {
    const { schema, table, where } = this.#options;
    return where === null ? null : await provenCondition(session, schema, table, where);
  }

  /** @param condition proved. */
  #select(
    table: CatalogTable,
    cut: Cut,
    projection: Projection,
    after: Position | null,
    condition: string | null,
  ): string {
    const { schema, table: name } = this.#options;
    const conditions = cutConditions(cut);
    if (after !== null) conditions.push(behind(cut.order, positionTexts(cut.order, after)));
    if (condition !== null) conditions.push(condition);
    const order = cut.order.map((key) => quoteName(key.name));
    return [
      `SELECT ${selectList(table, projection)} FROM ${cutTable(cut, schema, name)}`,
      conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '',
      order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    ].join(' ');
  }
}

/**
 * The primary key when reading in its order is free and going on behind a value of it is exact: a clustered key whose
 * columns compare with literals as they sort. ENUM and SET sort by number and compare by text; floats and bits are left out.
 */
function resumableKey(table: CatalogTable): readonly KeyColumn[] {
  if (table.engine?.toUpperCase() !== 'INNODB') return [];
  const keys: KeyColumn[] = [];
  for (const name of table.shape.primaryKey) {
    const at = table.shape.columns.findIndex((column) => column.name === name);
    const type = table.shape.columns[at]?.type;
    const native = table.native[at];
    if (type === undefined || native === undefined) return [];
    const kind = rangeKindOf(type);
    if (kind !== null) keys.push({ name, kind });
    else if (
      type.kind === 'text' &&
      native.characterSet === resumableCharacterSet &&
      (native.dataType === 'char' || native.dataType === 'varchar')
    ) {
      keys.push({ name, kind: 'text' });
    } else return [];
  }
  return keys;
}

function positionTexts(order: readonly KeyColumn[], after: Position): string[] {
  if (!Array.isArray(after) || after.length !== order.length || order.length === 0) {
    throw new SluiceError('Cdm.0233', { cause: 'the stored position does not belong to this slice' });
  }
  return after.map(String);
}

function toSlices(cuts: readonly Cut[], rowsEstimate: number | null): Slice[] {
  return cuts.map((cut, no) => ({
    no,
    cut: cutToJson(cut),
    label: cutLabel(cut),
    rowsEstimate: rowsEstimate === null ? null : Math.ceil(rowsEstimate / cuts.length),
  }));
}
