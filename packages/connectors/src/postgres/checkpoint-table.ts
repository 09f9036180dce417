import type { Json } from '@sluice/core/data/json';
import type { Checkpoint } from '@sluice/core/data/slice';
import { Fenced } from '@sluice/core/errors/sluice-error';
import type { TableName } from './catalog.ts';
import { quoteTable } from './quote.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

/** Before the run key in the name of a run's checkpoint table. */
export const CHECKPOINT_TABLE_PREFIX = '_sluice_run_';

/** One row per slice that has committed something. The table lives beside the destination, for as long as the run. */
export function checkpointTable(schema: string, runKey: string): TableName {
  if (!/^[0-9a-f]{12}$/.test(runKey)) throw new RangeError(`"${runKey}" is no run key`);
  return { schema, table: `${CHECKPOINT_TABLE_PREFIX}${runKey}` };
}

const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA = '3F000';
const UNIQUE_VIOLATION = '23505';
const DIVISION_BY_ZERO = '22012';

/** Number of the row that says that staged rows were moved; those of slices begin at 0. */
const MOVED_ROW = -1;

/** Makes the table unless it is there. */
export async function createCheckpointTable(session: PgSession, table: TableName): Promise<void> {
  await session.query(createCheckpointSql(table));
}

export function createCheckpointSql(table: TableName): string {
  return `CREATE TABLE IF NOT EXISTS ${quoteTable(table)} (
       slice_no integer PRIMARY KEY,
       sequence integer NOT NULL,
       position text,
       rows_read bigint NOT NULL,
       rows_written bigint NOT NULL,
       rows_skipped bigint NOT NULL,
       bytes_read bigint NOT NULL,
       bytes_written bigint NOT NULL,
       is_complete boolean NOT NULL)`;
}

/**
 * Whether the destination was made ready before: the table is made in the same transaction. Refuses to do so once more when
 * it holds rows of the run already: a driver that was replaced, and held up for longer than its lease, would clear what its
 * successor has committed. Holds the table until the transaction ends, so that nobody commits behind the look.
 * @throws Fenced.
 */
export async function isPreparedBefore(session: PgSession, table: TableName): Promise<boolean> {
  if (!(await lockCheckpointTable(session, table))) return false;
  const held = await session.execute(`SELECT 1 FROM ${quoteTable(table)} LIMIT 1`, []);
  if (held.rows.length > 0) throw new Fenced(table.table);
  return true;
}

/** Keeps everybody else from the table until the transaction ends. @returns false when there is none. */
export async function lockCheckpointTable(session: PgSession, table: TableName): Promise<boolean> {
  const { rows } = await session.execute('SELECT to_regclass($1)', [quoteTable(table)]);
  if ((rows[0]?.[0] ?? null) === null) return false;
  try {
    await session.query(`LOCK TABLE ${quoteTable(table)} IN ACCESS EXCLUSIVE MODE`);
  } catch (error) {
    // Whoever held it has dropped it. The transaction is aborted, as after any error.
    if (isGone(error)) throw new Fenced(table.table);
    throw error;
  }
  return true;
}

/** Whether the run's staged rows were moved. */
export async function isMoved(session: PgSession, table: TableName): Promise<boolean> {
  const sql = `SELECT 1 FROM ${quoteTable(table)} WHERE slice_no = ${MOVED_ROW}`;
  return (await session.execute(sql, [])).rows.length > 0;
}

/** Says so, in the transaction that moves them. */
export async function markMoved(session: PgSession, table: TableName): Promise<void> {
  await session.execute(
    `INSERT INTO ${quoteTable(table)}
       (slice_no, sequence, rows_read, rows_written, rows_skipped, bytes_read, bytes_written, is_complete)
     VALUES (${MOVED_ROW}, 1, 0, 0, 0, 0, 0, true)`,
    [],
  );
}

/** @throws Fenced when the table is gone: the run was finished. */
export async function readCheckpoints(
  session: PgSession,
  table: TableName,
  sliceNo: number | null,
): Promise<ReadonlyMap<number, Checkpoint>> {
  const only = sliceNo === null ? '' : ' WHERE slice_no = $1';
  try {
    const { rows } = await session.execute(
      `SELECT slice_no, sequence, position, rows_read, rows_written, rows_skipped, bytes_read, bytes_written, is_complete
         FROM ${quoteTable(table)}${only} ORDER BY slice_no`,
      sliceNo === null ? [] : [String(sliceNo)],
    );
    const ofSlices = rows.filter(([no]) => Number(no) >= 0);
    return new Map(
      ofSlices.map((row) => {
        const [
          no,
          sequence,
          position,
          rowsRead,
          rowsWritten,
          rowsSkipped,
          bytesRead,
          bytesWritten,
          isComplete,
        ] = row;
        return [
          Number(no),
          {
            sequence: Number(sequence),
            position: position === null || position === undefined ? null : (JSON.parse(position) as Json),
            counts: {
              rowsRead: Number(rowsRead),
              rowsWritten: Number(rowsWritten),
              rowsSkipped: Number(rowsSkipped),
              bytesRead: Number(bytesRead),
              bytesWritten: Number(bytesWritten),
            },
            isComplete: isComplete === 't',
          },
        ];
      }),
    );
  } catch (error) {
    throw isGone(error) ? new Fenced(table.table) : error;
  }
}

/**
 * Writes a slice's checkpoint inside the transaction of its rows. The row is the fence: the first commit must insert it,
 * each later one must find the sequence that this writer left. Whoever comes second waits for the first one's transaction
 * and then fails here. The server itself finds the fence broken, so that its transaction is aborted: the COMMIT behind this
 * statement may be on its way already.
 * @throws Fenced when another writer was faster or the run was finished; the transaction is aborted.
 */
export async function storeCheckpoint(
  session: PgSession,
  table: TableName,
  sliceNo: number,
  checkpoint: Checkpoint,
): Promise<void> {
  const { sequence, position, counts, isComplete } = checkpoint;
  const values = [
    String(sliceNo),
    String(sequence),
    position === null ? null : JSON.stringify(position),
    String(counts.rowsRead),
    String(counts.rowsWritten),
    String(counts.rowsSkipped),
    String(counts.bytesRead),
    String(counts.bytesWritten),
    String(isComplete),
  ];
  const sql =
    sequence === 1
      ? `INSERT INTO ${quoteTable(table)}
           (slice_no, sequence, position, rows_read, rows_written, rows_skipped, bytes_read, bytes_written, is_complete)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
      : // Divides by zero when the row was moved on.
        `WITH moved AS (
           UPDATE ${quoteTable(table)}
              SET sequence = $2, position = $3, rows_read = $4, rows_written = $5, rows_skipped = $6,
                  bytes_read = $7, bytes_written = $8, is_complete = $9
            WHERE slice_no = $1 AND sequence = $2::integer - 1
           RETURNING 1)
         SELECT 1 / count(*) FROM moved`;
  try {
    await session.execute(sql, values);
  } catch (error) {
    const isTaken =
      error instanceof ServerError &&
      (error.sqlState === UNIQUE_VIOLATION || error.sqlState === DIVISION_BY_ZERO);
    throw isTaken || isGone(error) ? new Fenced(`slice ${sliceNo}`) : error;
  }
}

export function dropCheckpointSql(table: TableName): string {
  return `DROP TABLE IF EXISTS ${quoteTable(table)}`;
}

/** Safe to repeat. */
export async function dropCheckpointTable(session: PgSession, table: TableName): Promise<void> {
  try {
    await session.query(dropCheckpointSql(table));
  } catch (error) {
    if (!(error instanceof ServerError && error.sqlState === INVALID_SCHEMA)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return (
    error instanceof ServerError && (error.sqlState === UNDEFINED_TABLE || error.sqlState === INVALID_SCHEMA)
  );
}
