import { randomUUID } from 'node:crypto';
import type { Snapshot, SnapshotAnswer, Snapshots } from '@sluice/core/connector/contract';
import { SnapshotLost } from '@sluice/core/errors/sluice-error';
import type { CatalogTable } from './catalog.ts';
import { isConnectionLost, serverErrorNumber } from './errors.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';
import { type Sessions, withStatements } from './session-pool.ts';

/** How long the lock waits for transactions that have written to the table, in seconds, the server's smallest unit. Others who want to write wait as long. */
const LOCK_WAIT_S = 2;
/** How long the lock is held at most while the lanes join, in milliseconds. */
const LOCK_HELD_MS = 3_000;

const lockWaitTimedOut = 1205;
/** The table was changed or emptied since the moment. */
const definitionChanged = 1412;
const noSuchSavepoint = 1305;

export interface SnapshotTools {
  readonly sessions: Sessions;
  readonly database: string;
  readonly table: string;
  describe(session: Session): Promise<CatalogTable>;
}

/**
 * Consistent reads of InnoDB. A moment belongs to the session that began it, so each lane keeps one session over all its
 * slices, and for several lanes to begin at one moment the table is locked against writing while they do.
 *
 * Between slices a session rolls back to a savepoint, which gives its lock of the definition back and keeps the moment:
 * nobody who changes the table waits longer than for a slice. Whoever changed it ends the moment, and the server says so.
 */
export class MysqlSnapshots implements Snapshots {
  readonly #tools: SnapshotTools;
  #keeper: { readonly session: Session; readonly timer: NodeJS.Timeout } | null = null;
  /** Ready to join. */
  #waiting: Session | null = null;
  #joined: { readonly id: string; readonly session: Session } | null = null;

  constructor(tools: SnapshotTools) {
    this.#tools = tools;
  }

  async take(): Promise<SnapshotAnswer> {
    const { sessions, database, describe } = this.#tools;
    const session = await sessions.open('read', database);
    try {
      const { engine } = await describe(session);
      if (engine?.toUpperCase() !== 'INNODB')
        return {
          refusal: `${engine === null ? 'a view' : `the engine ${engine}`} keeps no moment of its rows`,
        };
      return { snapshot: { id: randomUUID(), token: null, isJoined: true } };
    } finally {
      await session.close();
    }
  }

  async ready(): Promise<void> {
    this.#waiting?.destroy();
    this.#waiting = await this.#tools.sessions.openOwn('read', this.#tools.database);
  }

  async hold(): Promise<string | null> {
    this.#letGo();
    const { sessions, database, table } = this.#tools;
    const target = `${database}.${table}`;
    const session = await sessions.openOwn('read', database);
    try {
      await session.run(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_S}`, 'metadata', target);
      await session.run(`LOCK TABLES ${quoteTable(database, table)} READ`, 'metadata', target);
      // A lane that does not come must not keep others from writing: settling fails then.
      const timer = setTimeout(() => session.destroy(), LOCK_HELD_MS);
      this.#keeper = { session, timer };
      return null;
    } catch (error) {
      session.destroy();
      if (isConnectionLost(error)) throw error;
      if (serverErrorNumber(error) === lockWaitTimedOut)
        return `others were writing to the table for more than ${LOCK_WAIT_S} s, so that the lanes could not begin at one moment`;
      const why =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      return `the table cannot be locked while the lanes begin: ${why}`;
    }
  }

  async join(snapshot: Snapshot): Promise<void> {
    const { sessions, database, table } = this.#tools;
    this.#joined?.session.destroy();
    this.#joined = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    const session = waiting?.isUsable() ? waiting : await sessions.openOwn('read', database);
    try {
      await session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT', 'read', `${database}.${table}`);
      await session.run('SAVEPOINT sluice_slice', 'read', `${database}.${table}`);
      this.#joined = { id: snapshot.id, session };
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async settle(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === null) throw new SnapshotLost('the table was not locked');
    this.#keeper = null;
    clearTimeout(keeper.timer);
    try {
      // Answered on this session: until now nobody has written.
      await keeper.session.run('UNLOCK TABLES', 'metadata', `${this.#tools.database}.${this.#tools.table}`);
    } catch (error) {
      throw new SnapshotLost(`the table was not locked until all lanes had begun (${String(error)})`);
    } finally {
      await keeper.session.close();
    }
  }

  #letGo(): void {
    if (this.#keeper === null) return;
    clearTimeout(this.#keeper.timer);
    this.#keeper.session.destroy();
    this.#keeper = null;
  }

  /** This process's session at the moment, for one slice; to be closed like any other. @throws SnapshotLost when there is none. */
  enter(snapshot: Snapshot): Session {
    const joined = this.#joined;
    if (joined?.id !== snapshot.id || !joined.session.isUsable())
      throw new SnapshotLost('the session that had joined it is gone');
    const { session } = joined;
    const { lent, closeStatements } = withStatements(session);
    return {
      ...lent,
      close: async () => {
        closeStatements();
        try {
          await session.run('ROLLBACK TO SAVEPOINT sluice_slice', 'read', '');
        } catch (error) {
          session.destroy();
          throw lostOr(error);
        }
      },
    };
  }
}

/** What the server says when it cannot show the moment any more. */
export function lostOr(error: unknown): unknown {
  const number = serverErrorNumber(error);
  if (number === definitionChanged)
    return new SnapshotLost('the table was truncated or its definition changed');
  return number === noSuchSavepoint ? new SnapshotLost('the transaction had ended') : error;
}
