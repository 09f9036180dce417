import type { Host, Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { Batch, Position, Value } from '@sluice/core/data/batch';
import type { Column, NeutralType, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlLink, SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { decoderFor, RowDecoder } from './decode.ts';
import { quoteName, quoteTable } from './names.ts';
import {
  behind,
  type Cut,
  cutConditions,
  cutFromJson,
  cutToJson,
  cutValues,
  type KeyColumn,
  rangeKindOf,
  sliceCount,
} from './ranges.ts';
import { streamRows } from './row-stream.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { lostOr, MysqlSnapshots } from './snapshots.ts';
import { naturalWireType, sendAs } from './transcode/kernels.ts';
import { engineInWords, type OpenEngine } from './transcode/open-engine.ts';
import { streamTuples, type TupleColumn, type TupleStreamOptions } from './tuple-stream.ts';
import { isSpatial } from './types.ts';
import { MysqlWatermarks } from './watermarks.ts';

/** What a source needs of its connection. */
export interface SourceTools {
  readonly link: SqlLink;
  readonly host: Host;
  readonly sessions: Sessions;
  readonly tinyIntIsBoolean: boolean;
  readonly zeroDateIsNull: boolean;
  /** What turns rows into tuples of COPY BINARY. */
  readonly openEngine: OpenEngine;
  /** Work that may outlast a read by a moment; the connection waits for it when it closes. */
  background(work: Promise<void>): void;
}

/** Types whose binary form nobody here can read. */
const unreadable = new Set(['vector']);

/** A CAST type of another connector's making goes into SQL as text: only words, digits and brackets. */
const castForm = /^[a-z][a-z0-9 ]*(?:\(\d+(?:, ?\d+)?\))?$/i;

/** Rows of a batch of tuples at most; its bytes end it long before, but for rows of next to nothing. */
const TUPLES_BATCH_ROWS_MAX = 100_000;

/** Character set whose ORDER BY and comparison with our literals use one and the same collation. */
const resumableCharacterSet = 'utf8mb4';

export class MysqlSource implements Source {
  readonly snapshots: MysqlSnapshots;
  readonly watermarks: MysqlWatermarks;
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
  }

  async describe(): Promise<TableShape> {
    const session = await this.#open();
    try {
      const table = await this.#describe(session);
      const { columns } = this.#options;
      if (columns === null) return table.shape;
      return { ...table.shape, columns: columns.map((name) => columnOf(table, name)) };
    } finally {
      await session.close();
    }
  }

  offer(_shape: TableShape, columns: readonly Column[]): SourceOffer {
    const odd = columns.find((column) => unreadable.has(column.native.toLowerCase().replace(/\(.*$/, '')));
    if (odd !== undefined) throw new SluiceError('Cdm.0921', { type: `${odd.native} (${odd.name})` });
    return {
      columns,
      forms: ['pgcopy-binary', 'rows'],
      sendAs: (_form, column, wireType) => sendAs(column, wireType, this.#tools.zeroDateIsNull),
      byteFormsBy: engineInWords(),
    };
  }

  async split(_shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]> {
    const session = await this.#open();
    try {
      const table = await this.#describe(session);
      return toSlices(await this.#cut(session, table, sliceCountHint), table.shape.rowsEstimate);
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
    const { link, host } = this.#tools;
    const session = snapshot === null ? await this.#open() : this.snapshots.enter(snapshot);
    let isWhole = false;
    try {
      const table = await this.#describe(session);
      const { zeroDateIsNull } = this.#tools;
      const shared = {
        sql: await this.#select(session, table, cut, projection, after),
        target: this.#name(),
        silenceTimeoutMs: link.silenceTimeoutMs,
        signal: host.signal,
      };
      if (projection.form === 'pgcopy-binary') {
        yield* streamTuples(session, {
          ...shared,
          columns: projection.columns.map((column) => tupleColumn(table, column)),
          zeroDateIsNull,
          key: tupleKey(cut.order, projection),
          batchRowsMax: link.batchRowsMax ?? TUPLES_BATCH_ROWS_MAX,
          openEngine: this.#tools.openEngine,
        });
      } else {
        yield* streamRows(session, {
          ...shared,
          decoder: new RowDecoder(
            projection.columns.map(({ name, cast }) =>
              cast === null ? decoderFor(columnOf(table, name), zeroDateIsNull) : null,
            ),
          ),
          positionOf: positionReader(cut.order, projection),
          batchRowsMax: link.batchRowsMax ?? Number.POSITIVE_INFINITY,
        });
      }
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

  async #select(
    session: Session,
    table: CatalogTable,
    cut: Cut,
    projection: Projection,
    after: Position | null,
  ): Promise<string> {
    const { schema, table: name, where } = this.#options;
    const list = projection.columns.map((column) => selectExpression(table, column.name, column.cast));
    const conditions = cutConditions(cut);
    if (after !== null) conditions.push(behind(cut.order, positionTexts(cut.order, after)));
    if (where !== null) conditions.push(await provenCondition(session, schema, name, where));
    const order = cut.order.map((key) => quoteName(key.name));
    return [
      `SELECT ${list.join(', ')} FROM ${quoteTable(schema, name)}`,
      conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '',
      order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    ].join(' ');
  }

  async #cut(session: Session, table: CatalogTable, sliceCountHint: number): Promise<readonly Cut[]> {
    const asked = this.#options.partitionColumn;
    const order = resumableKey(table);
    const whole: Cut = { range: null, nullness: null, order };
    const column = asked === null ? soleIntegerKey(table) : columnOf(table, asked);
    if (column === null) return [whole];
    // The user said that there is nothing to be read in rows without a value, so it holds for one slice as well.
    const leavesNulls = asked !== null && column.isNullable && !this.#options.readsNullPartition;
    const single: Cut = leavesNulls ? { ...whole, nullness: { column: column.name, isNull: false } } : whole;
    const kind = rangeKindOf(column.type);
    if (kind === null) {
      this.#tools.host.log(`column ${column.name} of type ${column.native} cannot be cut into ranges`);
      throw new SluiceError('Cdm.0925');
    }
    const count = sliceCount(table.shape.bytesEstimate, sliceCountHint, asked !== null);
    if (count === 1) return [single];
    const bounds = await this.#bounds(session, column.name);
    if (bounds === null) return [single];
    const ranges = cutValues(column.name, kind, bounds.min, bounds.max, count);
    if (ranges === null) {
      this.#tools.host.log(
        `column ${column.name} runs from ${bounds.min} to ${bounds.max}, which cannot be cut: one slice`,
      );
      return [single];
    }
    if (ranges.length === 1) return [single];
    // Reading by the primary key costs nothing only where the ranges are ranges of that key.
    const rangeOrder = order[0]?.name === column.name ? order : [];
    const cuts: Cut[] = ranges.map((range) => ({ range, nullness: null, order: rangeOrder }));
    if (column.isNullable && !leavesNulls) {
      cuts.push({ range: null, nullness: { column: column.name, isNull: true }, order: [] });
    }
    return cuts;
  }

  /** Lowest and highest value under the user's condition; null when there is none. */
  async #bounds(session: Session, column: string): Promise<{ min: string; max: string } | null> {
    const { schema, table, where } = this.#options;
    const condition = where === null ? '' : ` WHERE ${await provenCondition(session, schema, table, where)}`;
    const quoted = quoteName(column);
    const [row] = await session.rows(
      `SELECT CAST(MIN(${quoted}) AS CHAR), CAST(MAX(${quoted}) AS CHAR) FROM ${quoteTable(schema, table)}${condition}`,
      'read',
      this.#name(),
    );
    const [min, max] = row ?? [];
    return min === null || min === undefined || max === null || max === undefined
      ? null
      : { min: String(min), max: String(max) };
  }
}

/** @throws Cdm.0902 when the table has no such column. */
function columnOf(table: CatalogTable, name: string): Column {
  const column = table.shape.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new SluiceError('Cdm.0902', {
    cause: `${table.shape.schema}.${table.shape.table} has no column ${name}`,
  });
}

function selectExpression(table: CatalogTable, name: string, cast: string | null): string {
  const column = columnOf(table, name);
  if (cast !== null) {
    if (!castForm.test(cast)) throw new SluiceError('Cdm.0921', { type: cast });
    return `CAST(${quoteName(name)} AS ${cast})`;
  }
  const native = table.native[table.shape.columns.indexOf(column)];
  if (native !== undefined && isSpatial(native.dataType)) return `ST_AsText(${quoteName(name)})`;
  return quoteName(name);
}

function soleIntegerKey(table: CatalogTable): Column | null {
  const [key, second] = table.shape.primaryKey;
  if (key === undefined || second !== undefined) return null;
  const column = columnOf(table, key);
  return column.type.kind === 'integer' ? column : null;
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

/** Where in a row the key's columns are; null when the key is not read in full. */
function keyColumns(order: readonly KeyColumn[], projection: Projection): readonly number[] | null {
  const at = order.map((key) => projection.columns.findIndex((c) => c.name === key.name && c.cast === null));
  return at.length === 0 || at.includes(-1) ? null : at;
}

/** How a column is sent as a type of PostgreSQL; without one it goes as what keeps all of its values. */
function tupleColumn(table: CatalogTable, column: Projection['columns'][number]): TupleColumn {
  const { name, cast, wireType } = column;
  const meaning: NeutralType =
    cast === null ? columnOf(table, name).type : { kind: 'text', length: null, fixed: false };
  return { name, meaning, wireType: wireType ?? naturalWireType(meaning) };
}

/** A month or day of zero. */
const zeroDate = /^\d{4}-(?:00|\d\d-00)/;

/** As `positionReader`, for rows that are bytes. */
function tupleKey(order: readonly KeyColumn[], projection: Projection): TupleStreamOptions['key'] {
  const columns = keyColumns(order, projection);
  if (columns === null) return null;
  const isMoment = order.map(({ kind }) => kind === 'date' || kind === 'timestamp');
  return {
    columns,
    position: (texts) =>
      texts.some((text, i) => text === null || (isMoment[i] === true && zeroDate.test(text)))
        ? null
        : texts.map(String),
  };
}

/** Reads the position of a row: the key's values as texts; null when the key is not read in full. */
function positionReader(
  order: readonly KeyColumn[],
  projection: Projection,
): (row: readonly Value[]) => Position | null {
  const at = keyColumns(order, projection);
  if (at === null) return () => null;
  return (row) => {
    const texts: string[] = [];
    for (let i = 0; i < at.length; i++) {
      const value = row[at[i] as number];
      // A zero date read as null has no place in the order of values any more.
      if (value === null || value === undefined) return null;
      const text = String(value);
      texts.push(order[i]?.kind === 'timestamp' ? text.replace(/\+00$/, '') : text);
    }
    return texts;
  };
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
    label: labelOf(cut),
    rowsEstimate: rowsEstimate === null ? null : Math.ceil(rowsEstimate / cuts.length),
  }));
}

function labelOf({ range, nullness }: Cut): string {
  if (nullness !== null) return `${nullness.column} is ${nullness.isNull ? '' : 'not '}null`;
  if (range === null) return 'all rows';
  const { column, from, below } = range;
  if (from === null) return `${column} below ${below}`;
  return below === null ? `${column} from ${from}` : `${column} from ${from} to below ${below}`;
}
