import { randomUUID } from 'node:crypto';
import type { Snapshot, SnapshotAnswer, Snapshots } from '@sluice/core/connector/contract';
import { SluiceError, SnapshotLost } from '@sluice/core/errors/sluice-error';
import { isConnectionLost, isMomentGone, wordsOf } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';

/** Where the server says what moment it is: each needs a right of its own. */
const clocks = [
  'SELECT TO_CHAR(DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER) FROM DUAL',
  'SELECT TO_CHAR(CURRENT_SCN) FROM V$DATABASE',
];

export interface SnapshotTools {
  readonly sessions: Sessions;
  /** The table's own names. */
  place(session: Session): Promise<{ readonly schema: string; readonly table: string }>;
}

/** Flashback queries: a moment is a number of the server's, and any session can read at it for as long as the undo lasts. */
export class OracleSnapshots implements Snapshots {
  readonly #tools: SnapshotTools;

  constructor(tools: SnapshotTools) {
    this.#tools = tools;
  }

  async take(): Promise<SnapshotAnswer> {
    const session = await this.#tools.sessions.open(null);
    try {
      const { schema, table } = await this.#tools.place(session);
      const target = `${schema}.${table}`;
      const reasons: string[] = [];
      for (const sql of clocks) {
        const scn = await this.#ask(session, sql, target, reasons);
        if (scn === null) continue;
        if (!/^\d{1,20}$/.test(scn)) return { refusal: `the server says ${scn.slice(0, 40)} for its moment` };
        const probe = `SELECT COUNT(*) FROM ${quoteTable(schema, table)} AS OF SCN ${scn} WHERE ROWNUM < 1`;
        if ((await this.#ask(session, probe, target, reasons)) === null)
          return { refusal: `${target} cannot be read at a moment (right FLASHBACK): ${reasons.at(-1)}` };
        return { snapshot: { id: randomUUID(), token: { scn }, isJoined: false } };
      }
      return {
        refusal: `the user may not ask for the server's moment (EXECUTE on DBMS_FLASHBACK, or SELECT on V_$DATABASE): ${reasons[0]}`,
      };
    } finally {
      await session.close();
    }
  }

  async #ask(session: Session, sql: string, target: string, reasons: string[]): Promise<string | null> {
    try {
      const [row] = await session.rows(sql, [], 'metadata', target);
      return String(row?.[0] ?? '');
    } catch (error) {
      if (isConnectionLost(error) || (error instanceof SluiceError && error.retry)) throw error;
      reasons.push(wordsOf(error));
      return null;
    }
  }

  async ready(): Promise<void> {
    // Any session can enter.
  }

  async hold(): Promise<null> {
    return null;
  }

  async join(): Promise<void> {
    // Any session can enter.
  }

  async settle(): Promise<void> {
    // Nobody was kept from writing.
  }
}

/** The number of a moment. @throws SnapshotLost when it is none of ours. */
export function scnOf(snapshot: Snapshot): string {
  const token = snapshot.token as { readonly scn?: unknown } | null;
  if (typeof token?.scn !== 'string' || !/^\d{1,20}$/.test(token.scn))
    throw new SnapshotLost('it was taken by another source');
  return token.scn;
}

/** What the server says when it cannot show the moment any more: its undo is gone, or the table's definition changed. */
export function lostOr(error: unknown): unknown {
  return isMomentGone(error) ? new SnapshotLost(wordsOf(error)) : error;
}
