import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type JobStatement, statementRefused } from '../jdbc/job-statements.ts';
import type { CheckpointTable, Step } from './checkpoint-table.ts';
import { describeStatement } from './describe-statement.ts';
import { isConnectionLost, nativeWords } from './errors.ts';
import { mayBranch, tokensOf } from './one-statement.ts';
import type { Session } from './session.ts';

/**
 * Has the server parse a statement, by itself and between IF and ELSE, where the grammar has room for one. What it names may
 * not be there yet, so only its form is judged.
 * @throws Cdm.0902.
 */
export async function proveStatement(session: Session, statement: JobStatement): Promise<void> {
  const { sql, option } = statement;
  const tokens = tokensOf(sql);
  if (tokens === null) throw statementRefused(statement, 'a name, text or comment has no end');
  if (mayBranch(tokens)) throw statementRefused(statement, 'it must be one statement, without IF');
  for (const tsql of [sql, `IF 1 = 0\n${sql}\nELSE PRINT N''`]) {
    const { complaint } = await describeStatement(session, tsql, option);
    if (complaint?.isSyntax === true) throw statementRefused(statement, complaint.words);
  }
}

/**
 * Runs a user's statement in one transaction with the mark that it was run: once, whatever dies. What SQL Server cannot run in a
 * transaction (BACKUP, ALTER DATABASE …) it refuses.
 * @param session one that nobody gets afterwards.
 * @throws Cdm.0902; Fenced when somebody else has run it meanwhile.
 */
export async function performOnce(
  session: Session,
  statement: JobStatement,
  checkpoints: CheckpointTable,
  step: Step,
): Promise<void> {
  await session.begin('READ COMMITTED', 'write', statement.option);
  try {
    await session.run(statement.sql, {}, 'write', statement.option);
    const [row] = await session.rows('SELECT @@TRANCOUNT AS [open]', {}, 'write', statement.option);
    if (Number(row?.[0]) !== 1) throw statementRefused(statement, 'it must not begin or end a transaction');
  } catch (error) {
    await session.rollback();
    throw refused(statement, error);
  }
  await checkpoints.mark(session, step);
  await session.commit('write', statement.option);
}

function refused(statement: JobStatement, error: unknown): unknown {
  if (!(error instanceof SluiceError) || isConnectionLost(error)) return error;
  if (String(error.facts.cause ?? '').startsWith(statement.option)) return error;
  return statementRefused(statement, nativeWords(error), { cause: error });
}
