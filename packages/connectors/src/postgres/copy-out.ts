import type { Projection } from '@sluice/core/connector/contract';
import type { Batch, Value, WireForm } from '@sluice/core/data/batch';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { BatchQueue } from './batch-queue.ts';
import { TupleCutter } from './binary-tuples.ts';
import type { PgColumn } from './catalog.ts';
import { eachPayload, HEADER_BYTES } from './frames.ts';
import { quoteName } from './quote.ts';
import type { PgSession } from './session.ts';
import { decodeRow, decodersOf } from './text-rows.ts';
import { neutralOf } from './types.ts';

/** Bytes of one batch of rows, as COPY text: as values they take several times as much. */
const ROWS_BATCH_BYTES = 64 * 1024;
/** Rows of one batch of rows at most: tiny rows gain nothing beyond. */
export const ROWS_BATCH_ROWS_MAX = 2_000;

/** A SELECT, and the native types that its columns have after their casts. */
export interface CopiedSelect {
  readonly sql: string;
  readonly types: readonly string[];
}

/** What a projection selects, with the casts that the sink asked for. @throws Cdm.0233 for a column that is gone. */
export function selectList(
  columns: readonly PgColumn[],
  projection: Projection,
  what: string,
): { readonly list: string; readonly types: readonly string[] } {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const types: string[] = [];
  const list = projection.columns.map(({ name, cast }) => {
    const column = byName.get(name);
    if (column === undefined)
      throw new SluiceError('Cdm.0233', { cause: `${what} has no column "${name}" any more` });
    types.push(cast ?? column.native);
    return cast === null ? quoteName(name) : `${quoteName(name)}::${cast}`;
  });
  return { list: list.join(', '), types };
}

/** The COPY that a SELECT is read by. */
export function copyOutSql(select: string, form: WireForm): string {
  return `COPY (\n${select}\n) TO STDOUT${form === 'pgcopy-binary' ? ' (FORMAT binary)' : ''}`;
}

/** Runs the SELECT inside a COPY and puts its batches into the queue; the queue is ended or failed by it. */
export function copyOut(
  session: PgSession,
  statement: CopiedSelect,
  projection: Projection,
  queue: BatchQueue<Batch>,
  batchRowsMax: number,
): void {
  const copying =
    projection.form === 'pgcopy-binary'
      ? copyTuples(session, statement.sql, queue)
      : copyRows(session, statement, queue, batchRowsMax);
  copying.then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  );
}

/** COPY BINARY, forwarded as it comes: a batch is what the server sent, in the memory that it was read into. */
async function copyTuples(session: PgSession, select: string, queue: BatchQueue<Batch>): Promise<void> {
  const cutter = new TupleCutter();
  let rowCount = 0;
  const tag = await session.copyOut(copyOutSql(select, 'pgcopy-binary'), (run) => {
    const tuples = cutter.cut(run);
    if (tuples.rowCount === 0) {
      session.giveBack(run.slab);
      return;
    }
    rowCount += tuples.rowCount;
    queue.push({
      form: 'pgcopy-binary',
      framing: 'copy-data',
      rowCount: tuples.rowCount,
      byteCount: tuples.bytes.length - tuples.rowCount * HEADER_BYTES,
      position: null,
      bytes: tuples.bytes,
    });
  });
  checkCount(tag, rowCount);
}

/** The server counts its rows too. @throws Cdm.0233 when not all of them came. */
function checkCount(tag: string, rowCount: number): void {
  if (tag !== `COPY ${rowCount}`)
    throw new SluiceError('Cdm.0233', { cause: `the server ended with ${tag} after ${rowCount} rows` });
}

/** COPY text, parsed into values: decoders are chosen once per column. */
async function copyRows(
  session: PgSession,
  statement: CopiedSelect,
  queue: BatchQueue<Batch>,
  batchRowsMax: number,
): Promise<void> {
  const decoders = decodersOf(statement.types.map(neutralOf));
  let rows: (readonly Value[])[] = [];
  let byteCount = 0;
  const flush = () => {
    if (rows.length > 0) queue.push({ form: 'rows', rowCount: rows.length, byteCount, position: null, rows });
    rows = [];
    byteCount = 0;
  };
  let rowCount = 0;
  const tag = await session.copyOut(copyOutSql(statement.sql, 'rows'), (run) => {
    eachPayload(run, (buffer, start, end) => {
      rows.push(decodeRow(buffer, start, end, decoders));
      byteCount += end - start;
      if (byteCount >= ROWS_BATCH_BYTES || rows.length >= batchRowsMax) flush();
    });
    rowCount += run.messageCount;
    session.giveBack(run.slab);
  });
  checkCount(tag, rowCount);
  flush();
}
