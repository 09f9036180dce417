import type { Batch, RowBatch, Value } from '@sluice/core/data/batch';
import type { BindValue, DriverRow } from './driver.ts';
import { readLimits } from './limits.ts';
import { fetchRows, type SelectedColumn } from './select-list.ts';
import type { Session } from './session.ts';

/** One SELECT to be read. */
export interface ReadSelect {
  readonly sql: string;
  readonly binds: readonly BindValue[];
  readonly target: string;
  readonly columns: readonly SelectedColumn[];
  /** Rows of a batch at most; null: bounded by bytes only. */
  readonly batchRowsMax: number | null;
}

/**
 * Runs a SELECT and gives its rows as values, batch by batch. One fetch is under way while the consumer works on the batch
 * before: so much waits in memory, and no more.
 */
export async function* readSelect(
  session: Session,
  select: ReadSelect,
): AsyncGenerator<Batch, void, undefined> {
  const { columns, batchRowsMax } = select;
  const rowsMax = fetchRows(columns, batchRowsMax);
  const cursor = await session.open(select.sql, select.binds, rowsMax, select.target);
  const next = () => {
    const fetched = cursor.next(rowsMax);
    // Met where it is awaited; a consumer that stops early awaits it no more.
    fetched.catch(() => undefined);
    return fetched;
  };
  let ahead = next();
  let rows: Value[][] = [];
  let bytes = 0;
  for (;;) {
    const fetched = await ahead;
    const isLast = fetched.length === 0;
    if (!isLast) ahead = next();
    for (const row of fetched) {
      bytes += decodeRow(row, columns);
      rows.push(row as Value[]);
    }
    const isFull =
      bytes >= readLimits.batchBytes || rows.length >= (batchRowsMax ?? Number.POSITIVE_INFINITY);
    if (rows.length > 0 && (isFull || isLast)) {
      yield batchOf(rows, bytes);
      rows = [];
      bytes = 0;
    }
    if (isLast) break;
  }
  await cursor.close();
}

function batchOf(rows: readonly Value[][], byteCount: number): RowBatch {
  return { form: 'rows', rows, rowCount: rows.length, byteCount, position: null };
}

/** Bytes that a value counts which is neither text nor bytes. */
const NUMBER_BYTES = 8;

/** Turns a row of the driver into neutral values, in place. @returns its size, about. */
function decodeRow(row: DriverRow, columns: readonly SelectedColumn[]): number {
  const values = row as Value[];
  let bytes = 0;
  for (let at = 0; at < columns.length; at++) {
    const value = row[at] ?? null;
    if (value === null) {
      values[at] = null;
      bytes += 1;
      continue;
    }
    bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length + 1 : NUMBER_BYTES;
    const decode = columns[at]?.decode ?? null;
    if (decode !== null) values[at] = decode(value);
  }
  return bytes;
}
