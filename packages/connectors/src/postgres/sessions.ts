import type { Host } from '@sluice/core/connector/contract';
import type { Way } from '../jdbc/addresses.ts';
import { nameEnd } from '../jdbc/named-end.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { translateError } from './errors.ts';
import { PgSession } from './session.ts';

/**
 * Sessions of one connection: one for questions and definitions, kept; one for each slice that moves. One of the latter is
 * kept for the next slice: to sign in costs the server more than a small slice does.
 */
export class PgSessions {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #data = new Set<PgSession>();
  #control: PgSession | null = null;
  /** A data session that rests and waits for its next user. */
  #idle: PgSession | null = null;
  #isClosed = false;
  /** Ends when the control session is free again: its users take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#host = host;
  }

  /** Runs `work` on the control session, which nobody else uses meanwhile. @param passed see `Way`; hears of a session that is opened for it. */
  withControl<T>(work: (session: PgSession) => Promise<T>, passed?: Way['passed']): Promise<T> {
    const result = this.#turn.then(async () => {
      if (this.#control === null || this.#control.lost() !== null) this.#control = await this.#open(passed);
      try {
        return await work(this.#control);
      } catch (error) {
        throw this.#named(error);
      }
    });
    // The next in line does not care how this one ended.
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** A session of its own, for one slice; to be released. */
  async openData(): Promise<PgSession> {
    const idle = this.#idle;
    this.#idle = null;
    const session = idle?.isAtRest ? idle : await this.#open();
    this.#data.add(session);
    return session;
  }

  /** Keeps the session for the next user when it rests and no other is kept; ends it otherwise. Safe to repeat. */
  release(session: PgSession): void {
    if (!this.#data.delete(session)) return;
    if (session.isAtRest && this.#idle === null && !this.#isClosed) this.#idle = session;
    else session.destroy();
  }

  /** Ends a data session that nobody may get any more. Safe to repeat. */
  discard(session: PgSession): void {
    if (this.#data.delete(session)) session.destroy();
  }

  close(): void {
    this.#isClosed = true;
    this.#idle?.destroy();
    this.#idle = null;
    this.#control?.destroy();
    this.#control = null;
    for (const session of this.#data) session.destroy();
    this.#data.clear();
  }

  async #open(passed?: Way['passed']): Promise<PgSession> {
    const { resolve, signal } = this.#host;
    try {
      const session = await PgSession.open(this.#link, signal, {
        ...(resolve === undefined ? {} : { resolve }),
        ...(passed === undefined ? {} : { passed }),
      });
      // The server itself refuses what a statement, or a function that it calls, would change.
      if (this.#host.isReadOnly) await session.query('SET default_transaction_read_only = on');
      return session;
    } catch (error) {
      throw this.#named(translateError(error, 'sign in'));
    }
  }

  #named(error: unknown): unknown {
    return nameEnd(error, this.#host.end, `${this.#link.host}:${this.#link.port}`);
  }
}
