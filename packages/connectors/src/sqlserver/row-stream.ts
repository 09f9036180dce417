import type { Position, RowBatch, Value } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { Request, TYPES } from 'tedious';
import { BATCH_BYTES_TARGET, BATCHES_AHEAD_MAX } from './limits.ts';
import { type RowReader, rowBytes } from './read-columns.ts';
import type { Cell, Parameters, Session } from './session.ts';

export interface RowStreamOptions {
  readonly sql: string;
  readonly parameters: Parameters;
  readonly target: string;
  readonly reader: RowReader;
  readonly positionOf: (row: readonly Value[]) => Position | null;
  readonly batchRowsMax: number;
  /** Rows that have no form as values come as rejects of their batch. */
  readonly isTolerant: boolean;
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
}

type Cells = readonly { readonly value: Cell }[];

/** What tedious says of the columns of a result. */
interface ColumnMetadata {
  readonly colName: string;
  readonly type: { readonly name: string };
  readonly collation?: { readonly codepage?: string | undefined } | undefined;
}

/**
 * Streams the rows of one SELECT in batches. Nothing is awaited per row; when batches wait, tedious is told to pause, which
 * holds the server back through TCP.
 */
export async function* streamRows(
  session: Session,
  options: RowStreamOptions,
): AsyncGenerator<RowBatch, void, undefined> {
  const { reader, positionOf, batchRowsMax, isTolerant, signal, target } = options;
  const ready: RowBatch[] = [];
  let rows: Value[][] = [];
  let rejects: Reject[] = [];
  /** The one that was read last, set aside or not. */
  let last: Value[] | null = null;
  let bytes = 0;
  let hasEnded = false;
  let isPaused = false;
  let failure: unknown = null;
  let wake: (() => void) | null = null;
  let silence: NodeJS.Timeout | null = null;

  const ring = (): void => {
    wake?.();
    wake = null;
  };
  const fail = (error: unknown): void => {
    failure ??= error;
    ring();
  };
  const request = new Request(options.sql, (error) => {
    session.settled();
    if (error !== null && error !== undefined) fail(error);
    else closeBatch();
    hasEnded = true;
    ring();
  });
  for (const [name, value] of Object.entries(options.parameters)) {
    request.addParameter(name, TYPES.NVarChar, value, { length: 4000 });
  }

  function closeBatch(): void {
    if (last === null) return;
    const rowCount = rows.length + rejects.length;
    const dropped = rejects.length === 0 ? {} : { rejects };
    ready.push({ form: 'rows', rows, rowCount, byteCount: bytes, position: positionOf(last), ...dropped });
    rows = [];
    last = null;
    if (rejects.length > 0) rejects = [];
    bytes = 0;
    if (ready.length > BATCHES_AHEAD_MAX && !isPaused) {
      isPaused = true;
      request.pause();
    }
    ring();
  }
  const onColumns = (columns: readonly ColumnMetadata[]): void => {
    // Without a code page tedious would take any text for UTF-8.
    const odd = columns.find(
      ({ type, collation }) => type.name === 'VarChar' && collation !== undefined && !collation.codepage,
    );
    if (odd !== undefined)
      fail(
        new SluiceError('Cdm.0233', {
          cause: `column ${odd.colName} has a collation whose code page is not known here`,
        }),
      );
  };
  const onRow = (cells: Cells): void => {
    silence?.refresh();
    if (failure !== null) return;
    let row: Value[];
    try {
      row = reader.read(cells);
      rows.push(row);
    } catch (error) {
      if (!isTolerant || !(error instanceof SluiceError)) {
        // Thrown inside of tedious it would end the process.
        fail(error);
        return;
      }
      row = reader.asGiven(cells);
      rejects.push({ values: row, code: error.code, facts: error.facts });
    }
    last = row;
    bytes += rowBytes(row);
    if (bytes >= BATCH_BYTES_TARGET || rows.length + rejects.length >= batchRowsMax) closeBatch();
  };
  const lost = (message: string): Error => Object.assign(new Error(message), { code: 'ESOCKET' });
  const onAbort = (): void => fail(lost('the read was stopped'));

  signal.addEventListener('abort', onAbort, { once: true });
  request.on('columnMetadata', (columns) => onColumns(columns as unknown as readonly ColumnMetadata[]));
  request.on('row', onRow);
  try {
    if (signal.aborted) onAbort();
    else {
      session.start((native) => {
        if (Object.keys(options.parameters).length === 0) native.execSqlBatch(request);
        else native.execSql(request);
      });
    }
    while (true) {
      if (failure !== null) throw session.failure(failure, 'read', target);
      const batch = ready.shift();
      if (batch !== undefined) {
        yield batch;
        continue;
      }
      if (hasEnded) return;
      if (isPaused) {
        isPaused = false;
        request.resume();
      }
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      silence = setTimeout(
        () => fail(lost(`no answer for ${options.silenceTimeoutMs} ms`)),
        options.silenceTimeoutMs,
      );
      await woken;
      clearTimeout(silence);
      silence = null;
    }
  } finally {
    if (silence !== null) clearTimeout(silence);
    signal.removeEventListener('abort', onAbort);
    request.removeAllListeners('row');
    request.removeAllListeners('columnMetadata');
  }
}
