import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type JobStatement, statementRefused } from '../jdbc/job-statements.ts';
import type { CheckpointTable, Step } from './checkpoint-table.ts';
import { isConnectionLost, serverErrorNumber } from './errors.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

const parseError = 1064;
const emptyQuery = 1065;
const noSuchDatabase = 1049;

/**
 * Has the server parse a statement, which must be one. What it names may not be there yet, so only its form is judged.
 * @param session one that nobody gets afterwards: it is left in a database.
 * @throws Cdm.0902.
 */
export async function proveStatement(
  session: Session,
  database: string,
  statement: JobStatement,
): Promise<void> {
  // MariaDB breaks off at the first name without a database, ahead of what may be behind it.
  await session
    .run(`USE ${quoteName(database)}`, 'metadata', statement.option)
    .catch(async (error: unknown) => {
      if (serverErrorNumber(error) !== noSuchDatabase) throw error;
      await session.run('USE information_schema', 'metadata', statement.option);
    });
  try {
    await session.parse(statement.sql, 'metadata', statement.option);
  } catch (error) {
    const errno = serverErrorNumber(error);
    if (errno === parseError || errno === emptyQuery) throw refused(statement, error);
    if (errno === null) throw error;
  }
}

/**
 * Runs a user's statement, as the user of the link would: with the server's own modes and time zone. The mark that it was run
 * is part of its transaction, so it is run once; a definition ends the transaction, and is run again when a crash comes
 * between the two.
 * @param session one that nobody gets afterwards.
 * @throws Cdm.0902; Fenced when somebody else has run it meanwhile.
 */
export async function performOnce(
  session: Session,
  database: string,
  statement: JobStatement,
  checkpoints: CheckpointTable,
  step: Step,
): Promise<void> {
  await session.run(`USE ${quoteName(database)}`, 'write', statement.option);
  await session.run(
    'SET SESSION sql_mode = @@GLOBAL.sql_mode, time_zone = @@GLOBAL.time_zone',
    'write',
    statement.option,
  );
  try {
    await session.perform(statement.sql, 'write', statement.option);
  } catch (error) {
    throw refused(statement, error);
  }
  await checkpoints.mark(session, step);
  await session.run('COMMIT', 'write', statement.option);
}

function refused(statement: JobStatement, error: unknown): unknown {
  if (!(error instanceof SluiceError) || isConnectionLost(error)) return error;
  const words = error.cause instanceof Error ? error.cause.message : String(error.facts.cause ?? error.code);
  return statementRefused(statement, words, { cause: error });
}
