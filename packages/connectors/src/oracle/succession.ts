import { isConnectionLost, serverErrorNumber } from './errors.ts';
import { quoteText } from './names.ts';
import type { Session } from './session.ts';

/** The session is gone already, or marked. */
const endedAlready = new Set([30, 31, 27]);
const noSuchTable = 942;
const insufficientRights = 1031;

/**
 * Marks a session as the one that does this piece of work, by its client identifier. When the work was begun before, sessions with
 * the mark are ended first: behind a connection that fell silent the server may keep one for hours, with its locks. That
 * needs rights that not every user has (SELECT on V_$SESSION, ALTER SYSTEM); without them the former session's end is the server's
 * own affair, and whoever needs its locks waits for that as long as the link lets a server be silent.
 * @param name up to 64 bytes.
 * @param log hears when the former session could not be looked for.
 */
export async function takeOver(
  session: Session,
  name: string,
  isRepeated: boolean,
  target: string,
  log: (line: string) => void,
): Promise<void> {
  if (isRepeated) await endFormer(session, name, target, log);
  await session.run(`BEGIN DBMS_SESSION.SET_IDENTIFIER(${quoteText(name)}); END;`, [], 'write', target);
}

async function endFormer(
  session: Session,
  name: string,
  target: string,
  log: (line: string) => void,
): Promise<void> {
  try {
    const rows = await session.rows(
      `SELECT SID, SERIAL# FROM V$SESSION WHERE CLIENT_IDENTIFIER = :1 AND AUDSID <> SYS_CONTEXT('USERENV', 'SESSIONID')`,
      [name],
      'metadata',
      target,
    );
    for (const [id, serial] of rows) {
      const former = `${Number(id)},${Number(serial)}`;
      await session
        .run(`ALTER SYSTEM KILL SESSION '${former}' IMMEDIATE`, [], 'metadata', target)
        .catch((error) => {
          if (!endedAlready.has(serverErrorNumber(error) ?? 0)) throw error;
        });
    }
  } catch (error) {
    const number = serverErrorNumber(error);
    if (isConnectionLost(error) || (number !== noSuchTable && number !== insufficientRights)) throw error;
    log(
      `oracle: former sessions of ${name} cannot be ended (SELECT on V_$SESSION, ALTER SYSTEM): ORA-${number}`,
    );
  }
}
