import { SluiceError } from '@sluice/core/errors/sluice-error';
import { serverErrorNumber } from './errors.ts';
import { SUCCESSION_WAIT_MS } from './limits.ts';
import type { Session } from './session.ts';

/** Rights that an account may lack, and numbers of sessions that have ended by themselves. */
const cannotEnd = new Set([229, 262, 297, 300, 6101, 6102, 6104, 6106, 6107]);

/**
 * Marks a session as the one that does this piece of work, by an application lock that ends with it. When the work was begun
 * before, the session that holds the lock is ended first, where the account may see and end it (VIEW SERVER STATE, ALTER ANY
 * CONNECTION): behind a connection that fell silent the server may keep it for a while, with its locks. Without these rights
 * its end is waited for.
 * @param name up to 32 characters, which is what the server shows of it.
 * @throws Cdm.0234, to be tried again, when the former session does not end in time.
 */
export async function takeOver(
  session: Session,
  name: string,
  isRepeated: boolean,
  target: string,
): Promise<void> {
  if (!isRepeated) {
    // Who finds it taken goes on without it: a former attempt fences itself by the checkpoint.
    await lock(session, name, 0, target);
    return;
  }
  if (await lock(session, name, 0, target)) return;
  await endHolder(session, name, target);
  if (await lock(session, name, SUCCESSION_WAIT_MS, target)) return;
  throw new SluiceError(
    'Cdm.0234',
    { cause: `a former session of this run, which holds ${name}, does not end` },
    { retry: true },
  );
}

async function lock(session: Session, name: string, waitMs: number, target: string): Promise<boolean> {
  const parameters = {
    Resource: name,
    LockMode: 'Exclusive',
    LockOwner: 'Session',
    LockTimeout: String(waitMs),
  };
  return (await session.call('sp_getapplock', parameters, 'write', target)) >= 0;
}

async function endHolder(session: Session, name: string, target: string): Promise<void> {
  try {
    const rows = await session.rows(
      `SELECT l.request_session_id FROM sys.dm_tran_locks AS l
 WHERE l.resource_type = N'APPLICATION' AND l.request_status = N'GRANT' AND l.resource_database_id = DB_ID()
   AND CHARINDEX(@name, l.resource_description) > 0 AND l.request_session_id <> @@SPID`,
      { name: `[${name}]` },
      'write',
      target,
    );
    for (const [holder] of rows) await session.run(`KILL ${Number(holder)}`, {}, 'write', target);
  } catch (error) {
    if (!cannotEnd.has(serverErrorNumber(error) ?? 0)) throw error;
  }
}
