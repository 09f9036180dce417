import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

/** PostgreSQL keeps so much of an application's name, in bytes. */
const NAME_BYTES_MAX = 63;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Gives a session the name of its piece of work, which pg_stat_activity shows. When the work was begun before, sessions of
 * that name are ended first: behind a connection that fell silent the server may keep one for hours, with its locks. What
 * they had not committed is rolled back; what is on its way to them is not carried out any more.
 * @param name of letters, digits and blanks.
 */
export async function takeOver(session: PgSession, name: string, isRepeated: boolean): Promise<void> {
  if (!/^[a-z0-9 ]+$/.test(name) || name.length > NAME_BYTES_MAX)
    throw new RangeError(`"${name}" is no name of a piece of work`);
  if (isRepeated) {
    try {
      await session.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = '${name}' AND usename = current_user AND pid <> pg_backend_pid()`,
      );
    } catch (error) {
      // Where that is not allowed the checkpoint's sequence still keeps both apart; only locks may be waited for.
      if (!(error instanceof ServerError && error.sqlState === INSUFFICIENT_PRIVILEGE)) throw error;
    }
  }
  await session.query(`SET application_name = '${name}'`);
}
