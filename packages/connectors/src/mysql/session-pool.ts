import type { Host } from '@sluice/core/connector/contract';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { openSession, type Session, type SessionRole } from './session.ts';

/** Where sources and sinks get their sessions from. */
export interface Sessions {
  /**
   * A session for one user: one that rests, or a new one.
   * @param database as for `openSession`.
   * @throws as `openSession`.
   */
  open(role: SessionRole, database: string | null): Promise<Session>;
  /** A session that nobody gets after its user. */
  openOwn(role: SessionRole, database: string | null): Promise<Session>;
}

/**
 * Sessions of one connection. A session that its user closes in good order waits for the next one with the same role and
 * database, at most one of each kind: to sign in costs the server more than a small slice does.
 */
export class SessionPool implements Sessions {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #idle = new Map<string, Session>();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#host = host;
  }

  async open(role: SessionRole, database: string | null): Promise<Session> {
    const kind = `${role} ${database ?? ''}`;
    const idle = this.#idle.get(kind);
    this.#idle.delete(kind);
    const session = idle?.isUsable() ? idle : await openSession(this.#link, role, database, this.#host);
    const { lent, closeStatements } = withStatements(session);
    let isReturned = false;
    return {
      ...lent,
      close: async () => {
        if (isReturned) return;
        isReturned = true;
        closeStatements();
        if ((await isAtRest(session, role)) && !this.#host.signal.aborted && !this.#idle.has(kind))
          this.#idle.set(kind, session);
        else await session.close();
      },
    };
  }

  openOwn(role: SessionRole, database: string | null): Promise<Session> {
    return openSession(this.#link, role, database, this.#host);
  }
}

/** Ends the transaction that a session without autocommit is always in: it would keep tables from being dropped. */
async function isAtRest(session: Session, role: SessionRole): Promise<boolean> {
  if (!session.isUsable()) return false;
  if (role === 'read') return true;
  try {
    await session.run('ROLLBACK', 'write', '');
    return true;
  } catch {
    // The session is gone, and with it the transaction.
    return false;
  }
}

/** The session for one user, and what closes the statements that he had prepared and left. */
export function withStatements(session: Session): { lent: Session; closeStatements: () => void } {
  const statements: string[] = [];
  return {
    lent: {
      ...session,
      prepare: (sql, ...more) => {
        statements.push(sql);
        return session.prepare(sql, ...more);
      },
    },
    // By their text: mysql2 would give a statement out again that was closed by itself.
    closeStatements: () => {
      for (const sql of statements.splice(0)) if (session.isUsable()) session.native.unprepare(sql);
    },
  };
}
