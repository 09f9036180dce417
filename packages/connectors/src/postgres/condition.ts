import { SluiceError } from '@sluice/core/errors/sluice-error';
import { provePredicate } from '../jdbc/predicate-proof.ts';
import { quoteTable } from './quote.ts';
import type { TableName } from './relation.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

/**
 * Proves that a user's condition is one self-contained boolean expression over this table. The server parses and
 * analyses two statements by the extended protocol, which takes one statement per message, and runs neither.
 * The closing texts hold brackets, a type name and a subscript: no quotes, as the proof demands.
 * @throws Cdm.0902 with the server's words when it is none.
 */
export async function proveCondition(session: PgSession, table: TableName, condition: string): Promise<void> {
  await proveConditionOn(session, quoteTable(table), condition);
}

/** The same over whatever stands in a FROM. */
export async function proveConditionOn(session: PgSession, rowsOf: string, condition: string): Promise<void> {
  const from = `SELECT 1 FROM ${rowsOf} WHERE `;
  try {
    await provePredicate(condition, {
      parse: (sql) => session.parse(sql),
      wrappers: [
        { before: `${from}(`, after: ')' },
        { before: `${from}(ARRAY[`, after: ']::boolean[])[1]' },
      ],
    });
  } catch (error) {
    if (error instanceof ServerError && !error.isFatal) {
      throw new SluiceError('Cdm.0902', { cause: `the condition: ${error.message}` }, { cause: error });
    }
    throw error;
  }
}
