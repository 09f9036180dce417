import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { CheckpointTable } from './checkpoint-table.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';

export interface StagedRows {
  readonly schema: string;
  readonly table: string;
  readonly stage: string;
  readonly columnNames: readonly string[];
  /** One of the columns numbers itself unless told. */
  readonly hasIdentity: boolean;
}

/**
 * Moves all staged rows into the destination in one transaction, together with the mark that they were moved.
 * @throws Cdm.0928 when the destination refuses: then nothing was moved; Fenced when somebody else has moved them.
 */
export async function moveStagedRows(
  session: Session,
  rows: StagedRows,
  checkpoints: CheckpointTable,
): Promise<void> {
  const name = `${rows.schema}.${rows.stage}`;
  try {
    await session.begin('READ COMMITTED', 'write', name);
    // First, so that of two who move the second one waits here and then finds it done.
    await checkpoints.mark(session, 'move');
    await move(session, rows, checkpoints, name);
    await session.commit('write', name);
  } catch (error) {
    await session.rollback();
    if (!(error instanceof SluiceError)) throw error;
    const cause = String(error.facts.cause ?? `${error.code} ${error.facts.table ?? ''}`);
    throw new SluiceError('Cdm.0928', { table: name, cause }, { cause: error, retry: error.retry });
  }
}

async function move(
  session: Session,
  { schema, table, stage, columnNames, hasIdentity }: StagedRows,
  checkpoints: CheckpointTable,
  name: string,
): Promise<void> {
  let written = 0;
  for (const { counts } of (await checkpoints.readAll(session)).values()) written += counts.rowsWritten;
  const from = quoteTable(schema, stage);
  const into = quoteTable(schema, table);
  const [row] = await session.rows(
    `SELECT CONVERT(nvarchar(20), COUNT_BIG(*)) AS [held] FROM ${from}`,
    {},
    'write',
    name,
  );
  const held = Number(row?.[0]);
  if (held !== written)
    throw new SluiceError('Cdm.0234', { cause: `it holds ${held} rows, but ${written} were written to it` });
  const columns = columnNames.map(quoteName).join(', ');
  if (hasIdentity) await session.run(`SET IDENTITY_INSERT ${into} ON`, {}, 'write', name);
  const moved = await session.run(
    `INSERT INTO ${into} (${columns}) SELECT ${columns} FROM ${from}`,
    {},
    'write',
    `${schema}.${table}`,
  );
  if (hasIdentity) await session.run(`SET IDENTITY_INSERT ${into} OFF`, {}, 'write', name);
  if (moved < held)
    throw new SluiceError('Cdm.0234', { cause: `it holds ${held} rows, and ${moved} were moved` });
}
