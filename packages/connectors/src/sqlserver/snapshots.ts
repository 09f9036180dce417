import { randomUUID } from 'node:crypto';
import type { Snapshot, SnapshotAnswer, Snapshots } from '@sluice/core/connector/contract';
import { SnapshotLost } from '@sluice/core/errors/sluice-error';
import { isConnectionLost, nativeWords, serverErrorNumber } from './errors.ts';
import { SNAPSHOT_LOCK_HELD_MS, SNAPSHOT_LOCK_WAIT_MS } from './limits.ts';
import { quoteTable } from './names.ts';
import type { Isolation, Session } from './session.ts';
import type { LentSession, Sessions } from './session-pool.ts';

const lockWaitTimedOut = 1222;
/**
 * The moment cannot be shown any more: versions of rows are gone (3958, 3966), the table was changed or emptied since (3961),
 * the database does not allow it any more (3952, 3955), a lock of the metadata of another moment (3964).
 */
const momentLost = new Set([3950, 3951, 3952, 3955, 3956, 3957, 3958, 3961, 3964, 3966]);

/** How the rows of a table are to be read, and why not better. */
export interface ReadIsolation {
  readonly isolation: Isolation;
  /** null: the rows are read at one moment. */
  readonly refusal: string | null;
}

/** Whether the database lets a transaction see one moment (`ALLOW_SNAPSHOT_ISOLATION`). */
export async function readIsolation(session: Session, database: string): Promise<ReadIsolation> {
  const [row] = await session.rows(
    'SELECT d.snapshot_isolation_state, d.is_read_committed_snapshot_on FROM sys.databases AS d WHERE d.database_id = DB_ID()',
    {},
    'metadata',
    database,
  );
  if (Number(row?.[0]) === 1) return { isolation: 'SNAPSHOT', refusal: null };
  const single =
    row?.[1] === true || Number(row?.[1]) === 1
      ? 'each slice sees one moment of its own'
      : 'a slice may miss rows, or read them twice, that are moved while it reads';
  return {
    isolation: 'READ COMMITTED',
    refusal: `the database ${database} does not allow SNAPSHOT isolation (ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON): ${single}`,
  };
}

export interface SnapshotTools {
  readonly sessions: Sessions;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/**
 * SNAPSHOT isolation. A moment belongs to the transaction that reads first at it, so each lane keeps one session over all its
 * slices, and for several lanes to begin at one moment the table is locked against writing while they do. Between slices
 * nothing is locked; the server keeps old versions of rows in tempdb until the run ends.
 */
export class SqlServerSnapshots implements Snapshots {
  readonly #tools: SnapshotTools;
  #keeper: { readonly session: LentSession; readonly timer: NodeJS.Timeout } | null = null;
  /** Ready to join. */
  #waiting: LentSession | null = null;
  #joined: { readonly id: string; readonly session: LentSession } | null = null;

  constructor(tools: SnapshotTools) {
    this.#tools = tools;
  }

  async take(): Promise<SnapshotAnswer> {
    const session = await this.#tools.sessions.open('read');
    try {
      const { refusal } = await readIsolation(session, this.#tools.database);
      if (refusal !== null) return { refusal };
      return { snapshot: { id: randomUUID(), token: null, isJoined: true } };
    } finally {
      await session.close();
    }
  }

  async ready(): Promise<void> {
    this.#waiting?.destroy();
    this.#waiting = await this.#tools.sessions.openOwn('read');
  }

  async hold(): Promise<string | null> {
    this.#letGo();
    const session = await this.#tools.sessions.openOwn('read');
    const target = this.#target;
    try {
      await session.run(`SET LOCK_TIMEOUT ${SNAPSHOT_LOCK_WAIT_MS}`, {}, 'metadata', target);
      await session.begin('READ COMMITTED', 'metadata', target);
      // HOLDLOCK keeps the shared lock to the end of the transaction, whatever the database's own isolation is.
      await session.rows(
        `SELECT TOP (1) 1 AS [one] FROM ${this.#from} WITH (TABLOCK, HOLDLOCK)`,
        {},
        'metadata',
        target,
      );
      // A lane that does not come must not keep others from writing: settling fails then.
      const timer = setTimeout(() => session.destroy(), SNAPSHOT_LOCK_HELD_MS);
      this.#keeper = { session, timer };
      return null;
    } catch (error) {
      session.destroy();
      if (isConnectionLost(error)) throw error;
      if (serverErrorNumber(error) === lockWaitTimedOut)
        return `others were writing to the table for more than ${SNAPSHOT_LOCK_WAIT_MS / 1000} s, so that the lanes could not begin at one moment`;
      return `the table cannot be locked while the lanes begin: ${nativeWords(error)}`;
    }
  }

  async join(snapshot: Snapshot): Promise<void> {
    this.#joined?.session.destroy();
    this.#joined = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    const session = waiting?.isUsable() ? waiting : await this.#tools.sessions.openOwn('read');
    try {
      await session.begin('SNAPSHOT', 'read', this.#target);
      // The moment is that of the first look at data, not of the beginning.
      await session.rows(`SELECT TOP (1) 1 AS [one] FROM ${this.#from}`, {}, 'read', this.#target);
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
      await keeper.session.commit('metadata', this.#target);
    } catch (error) {
      throw new SnapshotLost(`the table was not locked until all lanes had begun (${String(error)})`);
    } finally {
      keeper.session.destroy();
    }
  }

  /** This process's session at the moment, for one slice: it stays open. @throws SnapshotLost when there is none. */
  enter(snapshot: Snapshot): Session {
    const joined = this.#joined;
    if (joined?.id !== snapshot.id || !joined.session.isUsable() || !joined.session.inTransaction())
      throw new SnapshotLost('the session that had joined it is gone');
    return joined.session;
  }

  get #target(): string {
    return `${this.#tools.schema}.${this.#tools.table}`;
  }

  get #from(): string {
    return quoteTable(this.#tools.schema, this.#tools.table);
  }

  #letGo(): void {
    if (this.#keeper === null) return;
    clearTimeout(this.#keeper.timer);
    this.#keeper.session.destroy();
    this.#keeper = null;
  }
}

/** What the server says when it cannot show the moment any more. */
export function lostOr(error: unknown): unknown {
  const number = serverErrorNumber(error);
  return number !== null && momentLost.has(number) ? new SnapshotLost(nativeWords(error)) : error;
}
