import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlConflict } from '../jdbc/sql-options.ts';
import { refuseChange } from './changed-values.ts';
import type { CheckpointTable } from './checkpoint-table.ts';
import { insertWords } from './conflicts.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';
import { readUniqueKeys, type UniqueKey } from './unique-keys.ts';

export interface StagedRows {
  readonly database: string;
  readonly table: string;
  readonly stage: string;
  readonly columnNames: readonly string[];
  readonly conflict: SqlConflict;
  /** Column that numbers the rows as they came; the stage has one unless clashes are refused. */
  readonly arrival: string;
}

/**
 * Moves all staged rows into the destination in one transaction, together with the mark that they were moved. The staging
 * table is still there afterwards: to drop it would end the transaction.
 * @throws Cdm.0928 when the destination refuses: then nothing was moved; Fenced when somebody else has moved them.
 */
export async function moveStagedRows(
  session: Session,
  rows: StagedRows,
  checkpoints: CheckpointTable,
): Promise<void> {
  const name = `${rows.database}.${rows.stage}`;
  try {
    // First, so that of two who move the second one waits here and then finds it done.
    await checkpoints.mark(session, 'move');
    await move(session, rows, checkpoints, name);
    await session.run('COMMIT', 'write', name);
  } catch (error) {
    await session.run('ROLLBACK', 'write', name).catch(() => session.destroy());
    if (!(error instanceof SluiceError)) throw error;
    const cause = String(error.facts.cause ?? `${error.code} ${error.facts.table ?? ''}`);
    throw new SluiceError('Cdm.0928', { table: name, cause }, { cause: error, retry: error.retry });
  }
}

/** The statement that moves staged rows. Pure. @param keys of the destination. */
export function moveSql(rows: StagedRows, keys: readonly UniqueKey[]): string {
  const { database, table, stage, columnNames, conflict, arrival } = rows;
  const into = { quotedTable: quoteTable(database, table), columnNames, keys };
  const { verb, tail } = insertWords(conflict, into, (column) => `came.${column}`);
  const columns = columnNames.map(quoteName);
  const from = quoteTable(database, stage);
  const order = conflict === 'refuse' ? '' : ` ORDER BY came.${quoteName(arrival)}`;
  return `${verb} ${into.quotedTable} (${columns.join(', ')})
     SELECT ${columns.map((column) => `came.${column}`).join(', ')} FROM ${from} AS came${order}${tail}`;
}

async function move(
  session: Session,
  rows: StagedRows,
  checkpoints: CheckpointTable,
  name: string,
): Promise<void> {
  const { database, table, stage } = rows;
  let written = 0;
  for (const { counts } of (await checkpoints.readAll(session)).values()) written += counts.rowsWritten;
  const from = quoteTable(database, stage);
  const [row] = await session.rows(`SELECT COUNT(*) FROM ${from}`, 'write', name);
  const held = Number(row?.[0]);
  if (held !== written)
    throw new SluiceError('Cdm.0234', { cause: `it holds ${held} rows, but ${written} were written to it` });
  const keys = await readUniqueKeys(session, database, table);
  const { warningCount } = await session.run(moveSql(rows, keys), 'write', name);
  if (warningCount === 0) return;
  for (const [, code, message] of await session.rows('SHOW WARNINGS', 'write', name))
    refuseChange(Number(code), String(message));
}
