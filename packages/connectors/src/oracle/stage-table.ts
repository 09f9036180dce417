import { SluiceError } from '@sluice/core/errors/sluice-error';
import { stageTableName } from '../jdbc/stage-name.ts';
import { serverErrorNumber } from './errors.ts';
import { ownNameBytesMax, quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';

const noSuchTable = 942;

/** The name of a run's staging table, which stands beside its destination. */
export function stageName(table: string, runKey: string): string {
  return stageTableName(table, runKey, ownNameBytesMax, (text) => Buffer.byteLength(text));
}

export interface StageDesign {
  readonly schema: string;
  readonly table: string;
  readonly stage: string;
  readonly columnNames: readonly string[];
}

/**
 * Makes the staging table: the columns that are written, with their types and NOT NULL. Rows that clash are found when they are
 * moved, all or none.
 * @throws Cdm.0927 when there is a table of that name which holds rows: they are none of the run's.
 */
export async function createStageTable(session: Session, design: StageDesign): Promise<void> {
  const { schema, table, stage, columnNames } = design;
  const target = `${schema}.${stage}`;
  const quoted = quoteTable(schema, stage);
  const held = await rowsOf(session, `SELECT COUNT(*) FROM ${quoted} WHERE ROWNUM = 1`, target);
  if (held !== null && held > 0) throw new SluiceError('Cdm.0927', { table: target });
  if (held !== null) await dropStageTable(session, schema, stage);
  const columns = columnNames.map(quoteName).join(', ');
  await session.run(
    `CREATE TABLE ${quoted} AS SELECT ${columns} FROM ${quoteTable(schema, table)} WHERE 1 = 0`,
    [],
    'create',
    target,
  );
}

export async function dropStageTable(session: Session, schema: string, stage: string): Promise<void> {
  try {
    await session.run(`DROP TABLE ${quoteTable(schema, stage)} PURGE`, [], 'write', `${schema}.${stage}`);
  } catch (error) {
    if (serverErrorNumber(error) !== noSuchTable) throw error;
  }
}

/** null: there is no such table. */
async function rowsOf(session: Session, sql: string, target: string): Promise<number | null> {
  try {
    const [row] = await session.rows(sql, [], 'metadata', target);
    return Number(row?.[0] ?? 0);
  } catch (error) {
    if (serverErrorNumber(error) === noSuchTable) return null;
    throw error;
  }
}
