import type { Host, Projection, SourceOffer } from '@sluice/core/connector/contract';
import type { Batch, Position, Value } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import { columnNamed } from '@sluice/core/data/column-named';
import type { OddValue } from '@sluice/core/data/loss';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { noSuchColumn } from '../jdbc/column-pairs.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import type { CatalogTable } from './catalog.ts';
import type { KeyPart } from './key-parts.ts';
import { RowReader, selectExpression } from './read-columns.ts';
import { streamRows } from './row-stream.ts';
import type { Parameters, Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { unreadableReason } from './types.ts';

/** What a source needs of its connection. */
export interface SourceTools {
  readonly link: SqlLink;
  readonly host: Host;
  readonly sessions: Sessions;
  /** Work that may outlast a read by a moment; the connection waits for it when it closes. */
  background(work: Promise<void>): void;
}

/** The character 0 is one like any other here. */
const sentOddValues: ReadonlySet<OddValue> = new Set<OddValue>(['nulCharacter']);

/** What these columns can be sent as: values. @throws Cdm.0921 for a type that cannot be read. */
export function offerOf(shape: TableShape, columns: readonly Column[]): SourceOffer {
  for (const { name, native } of columns) {
    const reason = unreadableReason(native);
    if (reason !== null) throw new SluiceError('Cdm.0921', { type: `${native} of ${name} (${reason})` });
  }
  return { columns, primaryKey: shape.primaryKey, forms: ['rows'], oddValues: sentOddValues };
}

function nativeOf(table: CatalogTable, column: Column): CatalogTable['native'][number] {
  const native = table.native[table.shape.columns.findIndex(({ name }) => name === column.name)];
  if (native === undefined) throw new RangeError(`no column ${column.name}`);
  return native;
}

/** @throws Cdm.0926 when the table has no such column. */
export function requireColumn(table: CatalogTable, name: string): Column {
  const column = columnNamed(table.shape.columns, name);
  if (column !== undefined) return column;
  throw noSuchColumn(`${table.shape.schema}.${table.shape.table}`, name);
}

/** What a projection selects of a table, or of a result. */
export function selectList(table: CatalogTable, projection: Projection): string {
  return projection.columns
    .map(({ name, cast }, at) => {
      if (cast !== null) throw new SluiceError('Cdm.0921', { type: cast });
      const column = requireColumn(table, name);
      return `${selectExpression(column, nativeOf(table, column))} AS [c${at}]`;
    })
    .join(', ');
}

/** One SELECT to be read. */
export interface ReadSelect {
  readonly sql: string;
  readonly parameters: Parameters;
  /** What it reads, for errors. */
  readonly target: string;
  readonly table: CatalogTable;
  readonly projection: Projection;
  /** Columns that it is ordered by and can go on behind; empty: it has no positions. */
  readonly order: readonly KeyPart[];
}

/** Runs a SELECT. */
export async function* readSelect(
  { link, host }: SourceTools,
  session: Session,
  { sql, parameters, target, table, projection, order }: ReadSelect,
): AsyncGenerator<Batch, void, undefined> {
  if (projection.form !== 'rows')
    throw new SluiceError('Cdm.0233', { cause: `SQL Server sends no rows in the form ${projection.form}` });
  const columns = projection.columns.map(({ name }) => {
    const column = requireColumn(table, name);
    return { column, native: nativeOf(table, column) };
  });
  yield* streamRows(session, {
    sql,
    parameters,
    target,
    reader: new RowReader(columns),
    positionOf: positionReader(order, projection),
    batchRowsMax: link.batchRowsMax ?? Number.POSITIVE_INFINITY,
    isTolerant: projection.isTolerant === true,
    silenceTimeoutMs: link.silenceTimeoutMs,
    signal: host.signal,
  });
}

/** Reads the position of a row: the key's values as texts; null when the key is not read in full. */
function positionReader(
  order: readonly KeyPart[],
  projection: Projection,
): (row: readonly Value[]) => Position | null {
  const at = order.map((part) => projection.columns.findIndex(({ name }) => name === part.name));
  if (at.length === 0 || at.includes(-1)) return () => null;
  return (row) => {
    const texts: string[] = [];
    for (const place of at) {
      const value = row[place];
      if (value === null || value === undefined) return null;
      texts.push(typeof value === 'boolean' ? (value ? '1' : '0') : String(value));
    }
    return texts;
  };
}
