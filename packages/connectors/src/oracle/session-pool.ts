import type { Host } from '@sluice/core/connector/contract';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { openSession, type Session } from './session.ts';

/** Where sources and sinks get their sessions from. */
export interface Sessions {
  /**
   * A session for one user: one that rests, or a new one. Closed in good order, it rests again.
   * @param schema where names without an owner are looked up; null: the user's own.
   * @throws as `openSession`.
   */
  open(schema: string | null): Promise<Session>;
  /** A session that nobody gets after its user. */
  openOwn(schema: string | null): Promise<Session>;
}

/** Sessions of one connection. One of each schema waits for the next user: to sign in costs the server more than a small slice does. */
export class SessionPool implements Sessions {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #idle = new Map<string | null, Session>();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#host = host;
  }

  async open(schema: string | null): Promise<Session> {
    const idle = this.#idle.get(schema);
    this.#idle.delete(schema);
    const session = idle?.isUsable() ? idle : await this.openOwn(schema);
    let isReturned = false;
    return {
      ...session,
      close: async () => {
        if (isReturned) return;
        isReturned = true;
        const rests = session.isUsable() && (await isRolledBack(session));
        if (rests && !this.#host.signal.aborted && !this.#idle.has(schema)) this.#idle.set(schema, session);
        else await session.close();
      },
    };
  }

  openOwn(schema: string | null): Promise<Session> {
    return openSession(this.#link, schema, this.#host);
  }

  /** Says goodbye to those that rest. */
  async close(): Promise<void> {
    const resting = [...this.#idle.values()];
    this.#idle.clear();
    await Promise.all(resting.map((session) => session.close()));
  }
}

/** Ends whatever transaction is open. */
async function isRolledBack(session: Session): Promise<boolean> {
  try {
    await session.rollback();
    return true;
  } catch {
    // The session is gone, and with it the transaction.
    return false;
  }
}
