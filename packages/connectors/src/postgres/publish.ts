import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { JobStatement } from '../jdbc/job-statements.ts';
import type { SqlConflict } from '../jdbc/sql-options.ts';
import { arrivalColumnName } from '../jdbc/stage-name.ts';
import type { TableName } from './catalog.ts';
import {
  dropCheckpointTable,
  isMoved,
  lockCheckpointTable,
  markMoved,
  readCheckpoints,
} from './checkpoint-table.ts';
import { translateError } from './errors.ts';
import { NeedsNoTransaction, performAlone, performInTransaction } from './job-statement.ts';
import { mergeStatements } from './merge-rows.ts';
import { quoteTable } from './quote.ts';
import type { PgSession } from './session.ts';
import { readUniqueKeys, type UniqueKey, writtenKeys } from './unique-keys.ts';

/** How long definitions, clearing and moving wait for other users of a table. */
export const LOCK_TIMEOUT_MS = 60_000;

/** Runs work in a transaction that ends with it, whatever comes. */
export async function inTransaction<T>(session: PgSession, work: () => Promise<T>): Promise<T> {
  await session.query('BEGIN');
  try {
    await session.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const result = await work();
    const { tag } = await session.query('COMMIT');
    if (tag !== 'COMMIT') throw new Error(`COMMIT was answered with ${tag}`);
    return result;
  } catch (error) {
    if (session.lost() === null) await session.query('ROLLBACK');
    throw error;
  }
}

export interface StagedRows {
  readonly table: TableName;
  readonly stage: TableName;
  readonly checkpoints: TableName;
  readonly columnNames: readonly string[];
  readonly conflict: SqlConflict;
  /** Something follows that needs the checkpoint table: the move is marked in it; otherwise it goes with the stage. */
  readonly keepsCheckpoints: boolean;
}

/**
 * Moves all staged rows into the destination, in one transaction together with the end of the staging table: whoever looks
 * sees none of it or all of it, and whoever asks again finds that it is done.
 * @throws Cdm.0928 when the destination refuses: then nothing was moved.
 */
export async function moveStagedRows(session: PgSession, rows: StagedRows): Promise<void> {
  const name = `${rows.stage.schema}.${rows.stage.table}`;
  try {
    await inTransaction(session, async () => {
      if (!(await lockCheckpointTable(session, rows.checkpoints))) return;
      if (!(await isMoved(session, rows.checkpoints))) await move(session, rows);
    });
  } catch (error) {
    const told = translateError(error, 'load', name);
    if (!(told instanceof SluiceError)) throw told;
    const cause = String(told.facts.cause ?? `${told.code} ${told.facts.table ?? ''}`);
    throw new SluiceError('Cdm.0928', { table: name, cause }, { cause: error, retry: told.retry });
  }
}

/** The statements that move staged rows, in one transaction. Pure. @param keys of the destination, all of whose columns are written. */
export function moveStatements(
  { table, stage, columnNames, conflict }: Pick<StagedRows, 'table' | 'stage' | 'columnNames' | 'conflict'>,
  keys: readonly UniqueKey[],
): readonly string[] {
  const arrival = arrivalColumnName(columnNames);
  const [from, into] = [quoteTable(stage), quoteTable(table)];
  return mergeStatements({ from, into, columnNames, conflict, arrival, keys });
}

export function dropStageSql(stage: TableName): string {
  return `DROP TABLE ${quoteTable(stage)}`;
}

async function move(session: PgSession, rows: StagedRows): Promise<void> {
  const { stage, table, checkpoints, columnNames, conflict } = rows;
  const quoted = quoteTable(stage);
  let written = 0;
  for (const { counts } of (await readCheckpoints(session, checkpoints, null)).values())
    written += counts.rowsWritten;
  const [row] = (await session.query(`SELECT count(*) FROM ${quoted}`)).rows;
  const held = Number(row?.[0]);
  if (held !== written) {
    throw new SluiceError('Cdm.0234', { cause: `it holds ${held} rows, but ${written} were written to it` });
  }
  const keys = writtenKeys(await readUniqueKeys(session, table), columnNames);
  for (const sql of moveStatements({ table, stage, columnNames, conflict }, keys)) await session.query(sql);
  await session.query(dropStageSql(stage));
  if (rows.keepsCheckpoints) await markMoved(session, checkpoints);
  else await dropCheckpointTable(session, checkpoints);
}

/**
 * Runs the statement after the import in one transaction with the end of the checkpoint table, which is the witness that it
 * is still to be run. One that no transaction can hold is run first, and again when a crash comes between the two.
 * @throws Cdm.0902.
 */
export async function performAfter(
  session: PgSession,
  checkpoints: TableName,
  statement: JobStatement,
): Promise<void> {
  const { schema } = checkpoints;
  try {
    await inTransaction(session, async () => {
      if (!(await lockCheckpointTable(session, checkpoints))) return;
      await performInTransaction(session, schema, statement);
      await dropCheckpointTable(session, checkpoints);
    });
  } catch (error) {
    if (!(error instanceof NeedsNoTransaction)) throw error;
    await performAlone(session, schema, statement);
    await dropCheckpointTable(session, checkpoints);
  }
}
