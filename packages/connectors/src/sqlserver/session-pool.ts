import type { Host } from '@sluice/core/connector/contract';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { openSession, type Session, type SessionRole } from './session.ts';

/** A session that is handed back by whoever has it. */
export interface LentSession extends Session {
  /** Rolls back what is open, and lets the next one have the session. Safe to repeat; never throws. */
  close(): Promise<void>;
}

/** Where sources and sinks get their sessions from. */
export interface Sessions {
  /** A session for one user: one that rests, or a new one. @throws as `openSession`. */
  open(role: SessionRole): Promise<LentSession>;
  /** A session that nobody gets after its user: it may be left with settings of its own. */
  openOwn(role: SessionRole): Promise<LentSession>;
}

/**
 * Sessions of one connection. A session that its user closes in good order waits for the next one with the same role, at
 * most one of each: to sign in costs the server more than a small slice does.
 */
export class SessionPool implements Sessions {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #idle = new Map<SessionRole, Session>();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#host = host;
  }

  async open(role: SessionRole): Promise<LentSession> {
    const idle = this.#idle.get(role);
    this.#idle.delete(role);
    const session = idle?.isUsable() ? idle : await openSession(this.#link, role, this.#host);
    return this.#lend(session, (rested) => {
      if (this.#host.signal.aborted || this.#idle.has(role)) rested.destroy();
      else this.#idle.set(role, rested);
    });
  }

  async openOwn(role: SessionRole): Promise<LentSession> {
    const session = await openSession(this.#link, role, this.#host);
    return this.#lend(session, (rested) => rested.destroy());
  }

  #lend(session: Session, rest: (session: Session) => void): LentSession {
    let isReturned = false;
    return {
      ...session,
      close: async () => {
        if (isReturned) return;
        isReturned = true;
        if (session.isUsable()) await session.rollback();
        if (session.isUsable() && !session.inTransaction()) rest(session);
        else session.destroy();
      },
    };
  }
}
