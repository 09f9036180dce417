import type { Position, RowBatch, Value } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import type { RowDecoder } from './decode.ts';
import { mysqlError } from './errors.ts';
import type { Session } from './session.ts';

/** A batch is closed by the first chunk of the socket that takes it over this size. */
export const BATCH_BYTES_TARGET = 64 * 1024;
/** Finished batches that wait for the consumer; with one more the socket is paused, and TCP holds the server back. */
const BATCHES_AHEAD_MAX = 2;

export interface RowStreamOptions {
  readonly sql: string;
  readonly target: string;
  readonly decoder: RowDecoder;
  readonly positionOf: (row: readonly Value[]) => Position | null;
  readonly batchRowsMax: number;
  /** Rows that have no form as values come as rejects of their batch. */
  readonly isTolerant?: boolean;
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Streams the rows of one SELECT in batches, through a prepared statement: binary values, and never a second statement.
 *
 *     socket chunk ─▶ count bytes ─▶ mysql2 parses, one call of onRow per row ─▶ close the batch when it is large enough
 *
 * The batch is closed between chunks and nothing is awaited per row; what waits in memory is at most the batches ahead
 * plus one chunk.
 */
export async function* streamRows(
  session: Session,
  options: RowStreamOptions,
): AsyncGenerator<RowBatch, void, undefined> {
  const { native } = session;
  const { decoder, positionOf, batchRowsMax, isTolerant = false, signal, target } = options;
  const stream = session.socket;
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
  const closeBatch = (): void => {
    if (last === null) return;
    const rowCount = rows.length + rejects.length;
    const dropped = rejects.length === 0 ? {} : { rejects };
    ready.push({ form: 'rows', rows, rowCount, byteCount: bytes, position: positionOf(last), ...dropped });
    rows = [];
    last = null;
    if (rejects.length > 0) rejects = [];
    bytes = 0;
    ring();
  };
  const onChunk = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    silence?.refresh();
  };
  const onChunkParsed = (): void => {
    if (bytes >= BATCH_BYTES_TARGET) closeBatch();
    if (ready.length > BATCHES_AHEAD_MAX && !isPaused && !hasEnded) {
      isPaused = true;
      stream.pause();
    }
  };
  const onRow = (row: unknown): void => {
    if (failure !== null) return;
    try {
      if (isTolerant) {
        const refused = decoder.decodeEach(row as unknown[]);
        if (refused !== null) {
          const { values, error } = refused;
          rejects.push({ values, code: error.code, facts: error.facts });
          last = row as Value[];
          if (rows.length + rejects.length >= batchRowsMax) closeBatch();
          return;
        }
      } else decoder.decode(row as unknown[]);
    } catch (error) {
      // Thrown inside of mysql2's parser it would be taken for a broken connection.
      fail(error);
      return;
    }
    last = row as Value[];
    rows.push(last);
    if (rows.length + rejects.length >= batchRowsMax) closeBatch();
  };
  const onEnd = (): void => {
    closeBatch();
    hasEnded = true;
    ring();
  };
  const onAbort = (): void => fail(new Error('the read was stopped'));
  const onLost = (): void => {
    if (!hasEnded) fail(Object.assign(new Error(''), { code: 'PROTOCOL_CONNECTION_LOST' }));
  };

  signal.addEventListener('abort', onAbort, { once: true });
  stream.prependListener('data', onChunk);
  stream.on('data', onChunkParsed);
  native.on('error', fail);
  stream.on('close', onLost);
  try {
    if (signal.aborted) onAbort();
    else {
      const command = native.execute({ sql: options.sql, rowsAsArray: true });
      command.on('result', onRow);
      command.on('error', fail);
      command.on('end', onEnd);
    }
    while (true) {
      if (failure !== null) throw mysqlError(failure, 'read', target);
      const batch = ready.shift();
      if (batch !== undefined) {
        yield batch;
        continue;
      }
      if (hasEnded) return;
      if (isPaused) {
        isPaused = false;
        stream.resume();
      }
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      silence = setTimeout(
        () =>
          fail(
            Object.assign(new Error(`no answer for ${options.silenceTimeoutMs} ms`), {
              code: 'PROTOCOL_CONNECTION_LOST',
            }),
          ),
        options.silenceTimeoutMs,
      );
      await woken;
      clearTimeout(silence);
      silence = null;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stream.removeListener('data', onChunk);
    stream.removeListener('data', onChunkParsed);
    native.removeListener('error', fail);
    stream.removeListener('close', onLost);
    if (!hasEnded) session.destroy();
  }
}
