import type { Host } from '@sluice/core/connector/contract';
import { nameEnd } from '../jdbc/named-end.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { translateError } from './errors.ts';
import { PgSession } from './session.ts';

/** Sessions of one connection: one for questions and definitions, kept; one for each slice that moves. */
export class PgSessions {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #data = new Set<PgSession>();
  #control: PgSession | null = null;
  /** Ends when the control session is free again: its users take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#host = host;
  }

  /** See `Host`. */
  get isRepeated(): boolean {
    return this.#host.isRepeated === true;
  }

  /** Runs `work` on the control session, which nobody else uses meanwhile. */
  withControl<T>(work: (session: PgSession) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      if (this.#control === null || this.#control.lost() !== null) this.#control = await this.#open();
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
    const session = await this.#open();
    this.#data.add(session);
    return session;
  }

  release(session: PgSession): void {
    this.#data.delete(session);
    session.destroy();
  }

  close(): void {
    this.#control?.destroy();
    this.#control = null;
    for (const session of this.#data) session.destroy();
    this.#data.clear();
  }

  async #open(): Promise<PgSession> {
    try {
      return await PgSession.open(this.#link, this.#host.signal);
    } catch (error) {
      throw this.#named(translateError(error, 'sign in'));
    }
  }

  #named(error: unknown): unknown {
    return nameEnd(error, this.#host.end, `${this.#link.host}:${this.#link.port}`);
  }
}
