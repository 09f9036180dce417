import { type JobStatement, statementRefused } from '../jdbc/job-statements.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

const SYNTAX_ERROR = '42601';
const ACTIVE_TRANSACTION = '25001';

/** Settings of ours that a user's statement does not expect; it gets the user's own. */
const ownSettings = ['search_path', 'TimeZone', 'DateStyle', 'IntervalStyle'] as const;

/**
 * Has the server parse a statement, which must be one. What it names may not be there yet, so only its form is judged.
 * @throws Cdm.0902.
 */
export async function proveStatement(session: PgSession, statement: JobStatement): Promise<void> {
  try {
    await session.parse(statement.sql);
  } catch (error) {
    if (error instanceof ServerError && isOfForm(error)) {
      throw statementRefused(statement, error.message, { cause: error });
    }
    if (!(error instanceof ServerError) || error.isFatal) throw error;
  }
}

/**
 * A row of too many values has the same state as bad grammar, but is found where a statement is held against its table, which
 * the statement before may still change.
 */
function isOfForm({ sqlState, routine }: ServerError): boolean {
  return sqlState === SYNTAX_ERROR && !/^transform/.test(routine ?? '');
}

/** The database runs the statement outside of transactions only. */
export class NeedsNoTransaction extends Error {}

/**
 * Runs a user's statement in the open transaction, as the user of the link would: with his own time zone, and names looked
 * up in the destination's schema first.
 * @throws Cdm.0902 when the server refuses it, or it ended the transaction; NeedsNoTransaction.
 */
export async function performInTransaction(
  session: PgSession,
  schema: string,
  statement: JobStatement,
): Promise<void> {
  const before = await transactionOf(session);
  await lendSettings(session, schema);
  try {
    await session.perform(statement.sql);
  } catch (error) {
    if (error instanceof ServerError && error.sqlState === ACTIVE_TRANSACTION) throw new NeedsNoTransaction();
    throw refused(statement, error);
  }
  await takeSettingsBack(session);
  if ((await transactionOf(session)) === before) return;
  throw statementRefused(statement, 'it ends the transaction that it is run in');
}

/** Runs a user's statement by itself, which only those need that a transaction cannot hold. @throws Cdm.0902. */
export async function performAlone(
  session: PgSession,
  schema: string,
  statement: JobStatement,
): Promise<void> {
  await lendSettings(session, schema);
  try {
    await session.perform(statement.sql);
  } catch (error) {
    throw refused(statement, error);
  }
  await takeSettingsBack(session);
}

function refused(statement: JobStatement, error: unknown): unknown {
  if (!(error instanceof ServerError) || error.isFatal) return error;
  // Deadlocks and time-outs of locks are refusals like any other: to run a user's statement again is the user's to decide.
  const detail = error.detail === null ? '' : `; ${error.detail}`;
  return statementRefused(statement, `${error.message}${detail}`, { cause: error });
}

async function transactionOf(session: PgSession): Promise<string | null> {
  return (await session.execute('SELECT pg_catalog.txid_current()', [])).rows[0]?.[0] ?? null;
}

/** What the user's settings would be had we made none. */
async function lendSettings(session: PgSession, schema: string): Promise<void> {
  await session.execute(
    `SELECT pg_catalog.set_config(name,
              CASE name WHEN 'search_path' THEN pg_catalog.concat_ws(', ', pg_catalog.quote_ident($1), NULLIF(reset_val, ''))
                        ELSE reset_val END, false)
       FROM pg_catalog.pg_settings WHERE name = ANY ($2::text[])`,
    [schema, `{${ownSettings.join(',')}}`],
  );
}

async function takeSettingsBack(session: PgSession): Promise<void> {
  await session.query(
    `SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'`,
  );
}
