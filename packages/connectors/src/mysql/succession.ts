import { SluiceError } from '@sluice/core/errors/sluice-error';
import { serverErrorNumber } from './errors.ts';
import { quoteText } from './names.ts';
import type { Session } from './session.ts';

/** A session that was killed rolls back before its lock is free. */
const ROLLBACK_WAIT_SECONDS = 5;
const noSuchThread = 1094;

/**
 * Marks a session as the one that does this piece of work, by a named lock that ends with it. When the work was begun
 * before, the session that holds the mark is killed first: behind a connection that fell silent the server may keep it for
 * hours, with its locks, and a statement that was on its way to it, such as a TRUNCATE, would be carried out late.
 * @param name up to 64 characters.
 * @throws Cdm.0234, to be tried again, when the former session does not end in time.
 */
export async function takeOver(
  session: Session,
  name: string,
  isRepeated: boolean,
  target: string,
): Promise<void> {
  const mark = quoteText(name);
  if (!isRepeated) {
    await session.rows(`SELECT GET_LOCK(${mark}, 0)`, 'write', target);
    return;
  }
  const [held] = await session.rows(`SELECT NULLIF(IS_USED_LOCK(${mark}), CONNECTION_ID())`, 'write', target);
  const holder = held?.[0] ?? null;
  if (holder !== null) {
    try {
      await session.run(`KILL ${Number(holder)}`, 'write', target);
    } catch (error) {
      if (serverErrorNumber(error) !== noSuchThread) throw error;
    }
  }
  const [taken] = await session.rows(`SELECT GET_LOCK(${mark}, ${ROLLBACK_WAIT_SECONDS})`, 'write', target);
  if (Number(taken?.[0]) === 1) return;
  throw new SluiceError(
    'Cdm.0234',
    { cause: `a former session of this run, ${holder}, does not end` },
    { retry: true },
  );
}
