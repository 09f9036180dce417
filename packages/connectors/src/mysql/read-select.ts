import type { Host, Projection, SourceOffer } from '@sluice/core/connector/contract';
import type { Batch, Position, Value } from '@sluice/core/data/batch';
import type { Column, NeutralType, TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlLink } from '../jdbc/sql-options.ts';
import type { CatalogTable } from './catalog.ts';
import { decoderFor, RowDecoder } from './decode.ts';
import { quoteName } from './names.ts';
import { sentOddValues } from './pairing.ts';
import type { KeyColumn } from './ranges.ts';
import { streamRows } from './row-stream.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { requireColumn } from './split-table.ts';
import { naturalWireType, sendAs } from './transcode/kernels.ts';
import { engineInWords, type OpenEngine } from './transcode/open-engine.ts';
import { streamTuples, type TupleColumn, type TupleStreamOptions } from './tuple-stream.ts';
import { isSpatial } from './types.ts';

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

/** What these columns can be sent as. @throws Cdm.0921 for a type that cannot be read. */
export function offerOf(
  shape: TableShape,
  columns: readonly Column[],
  { zeroDateIsNull }: Pick<SourceTools, 'zeroDateIsNull'>,
): SourceOffer {
  const odd = columns.find((column) => unreadable.has(column.native.toLowerCase().replace(/\(.*$/, '')));
  if (odd !== undefined) throw new SluiceError('Cdm.0921', { type: `${odd.native} (${odd.name})` });
  return {
    columns,
    primaryKey: shape.primaryKey,
    forms: ['pgcopy-binary', 'rows'],
    sendAs: (_form, column, wireType) => sendAs(column, wireType, zeroDateIsNull),
    oddValues: sentOddValues,
    byteFormsBy: engineInWords(),
  };
}

/** What a projection selects of a table, or of a result. */
export function selectList(table: CatalogTable, projection: Projection): string {
  return projection.columns.map(({ name, cast }) => selectExpression(table, name, cast)).join(', ');
}

/** One SELECT to be read. */
export interface ReadSelect {
  readonly sql: string;
  /** What it reads, for errors. */
  readonly target: string;
  readonly table: CatalogTable;
  readonly projection: Projection;
  /** Columns that it is ordered by and can go on behind; empty: it has no positions. */
  readonly order: readonly KeyColumn[];
}

/** Runs a SELECT in the form of the projection. */
export async function* readSelect(
  tools: SourceTools,
  session: Session,
  { sql, target, table, projection, order }: ReadSelect,
): AsyncGenerator<Batch, void, undefined> {
  const { link, host, zeroDateIsNull } = tools;
  const shared = { sql, target, silenceTimeoutMs: link.silenceTimeoutMs, signal: host.signal };
  if (projection.form === 'pgcopy-binary') {
    yield* streamTuples(session, {
      ...shared,
      columns: projection.columns.map((column) => tupleColumn(table, column)),
      zeroDateIsNull,
      key: tupleKey(order, projection),
      batchRowsMax: link.batchRowsMax ?? TUPLES_BATCH_ROWS_MAX,
      openEngine: tools.openEngine,
    });
    return;
  }
  yield* streamRows(session, {
    ...shared,
    decoder: new RowDecoder(
      projection.columns.map(({ name, cast }) =>
        cast === null ? decoderFor(requireColumn(table, name), zeroDateIsNull) : null,
      ),
    ),
    positionOf: positionReader(order, projection),
    batchRowsMax: link.batchRowsMax ?? Number.POSITIVE_INFINITY,
    isTolerant: projection.isTolerant === true,
  });
}

function selectExpression(table: CatalogTable, name: string, cast: string | null): string {
  const column = requireColumn(table, name);
  if (cast !== null) {
    if (!castForm.test(cast)) throw new SluiceError('Cdm.0921', { type: cast });
    return `CAST(${quoteName(name)} AS ${cast})`;
  }
  const native = table.native[table.shape.columns.indexOf(column)];
  if (native !== undefined && isSpatial(native.dataType)) return `ST_AsText(${quoteName(name)})`;
  return quoteName(name);
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
    cast === null ? requireColumn(table, name).type : { kind: 'text', length: null, fixed: false };
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
