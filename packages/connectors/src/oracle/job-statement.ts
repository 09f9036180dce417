import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type JobStatement, statementRefused } from '../jdbc/job-statements.ts';
import type { CheckpointTable, Step } from './checkpoint-table.ts';
import { isConnectionLost, wordsOf } from './errors.ts';
import type { Session } from './session.ts';
import { statementOf } from './statement-text.ts';

/** @throws Cdm.0902 when it is not one statement. Only its form is judged: Oracle would run a definition to parse it. */
export function proveStatement(statement: JobStatement): void {
  const { refusal } = statementOf(statement.sql);
  if (refusal !== null) throw statementRefused(statement, refusal);
}

/**
 * Runs a user's statement. The mark that it was run is part of its transaction, so it is run once; a definition ends the
 * transaction, and is run again when a crash comes between the two.
 * @param session one that nobody gets afterwards, in the destination's schema.
 * @throws Cdm.0902; Fenced when somebody else has run it meanwhile.
 */
export async function performOnce(
  session: Session,
  statement: JobStatement,
  checkpoints: CheckpointTable,
  step: Step,
): Promise<void> {
  try {
    await session.run(statementOf(statement.sql).text, [], 'write', statement.option);
  } catch (error) {
    if (!(error instanceof SluiceError) || isConnectionLost(error)) throw error;
    throw statementRefused(statement, wordsOf(error), { cause: error });
  }
  await checkpoints.mark(session, step);
  await session.commit('write', statement.option);
}
