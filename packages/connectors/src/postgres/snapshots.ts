import { randomUUID } from 'node:crypto';
import type { Snapshot, SnapshotAnswer, Snapshots } from '@sluice/core/connector/contract';
import { SnapshotLost } from '@sluice/core/errors/sluice-error';
import { translateError } from './errors.ts';
import { quoteTable, quoteText } from './quote.ts';
import type { TableName } from './relation.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';

/** What pg_export_snapshot gives: `00000003-0000001B-1`. */
const exportedForm = /^[0-9A-F]+(?:-[0-9A-F]+)*$/;
/** The server may end long transactions since then, by a setting of its own. */
const TRANSACTION_TIMEOUT_SINCE = 170_000;

interface Token {
  readonly exported: string;
  /** The files that the table's rows lay in before the moment. */
  readonly files: string;
}

/**
 * Exported snapshots. The keeper is a transaction that does nothing but stay open; each slice's transaction takes its
 * snapshot over and sees what it sees.
 *
 * The keeper takes no lock of the table: whoever waited to change its definition would wait for the keeper, and the next
 * slice for him. So the table may be truncated or rewritten in between, which no snapshot survives: rows are gone or have
 * moved to other blocks. Each slice finds that out behind its last row, while it holds its own lock, by the table's files.
 */
export class PgSnapshots implements Snapshots {
  readonly #sessions: PgSessions;
  readonly #table: TableName;

  constructor(sessions: PgSessions, table: TableName) {
    this.#sessions = sessions;
    this.#table = table;
  }

  async take(): Promise<SnapshotAnswer> {
    const keeper = await this.#sessions.openData();
    try {
      if (keeper.isGauss) {
        this.#sessions.release(keeper);
        return { refusal: 'no moment is shared by sessions of GaussDB: each data node has its own' };
      }
      if (await this.#hasForeignParts(keeper)) {
        this.#sessions.release(keeper);
        return { refusal: 'a foreign table is read as its own server is when its turn comes' };
      }
      // First the files: a table that is rewritten between the two statements counts as changed.
      const files = await this.#files(keeper);
      if (keeper.serverVersion >= TRANSACTION_TIMEOUT_SINCE)
        await keeper.query('SET transaction_timeout = 0');
      await keeper.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { rows } = await keeper.query('SELECT pg_export_snapshot()');
      const token: Token = { exported: rows[0]?.[0] ?? '', files };
      // From here on the session stays as it is until the connection closes.
      return { snapshot: { id: randomUUID(), token: { ...token }, isJoined: false } };
    } catch (error) {
      this.#sessions.release(keeper);
      if (error instanceof ServerError && !error.isFatal)
        return { refusal: `the source exports no snapshot: ${error.message}` };
      throw translateError(error, 'metadata', `${this.#table.schema}.${this.#table.table}`);
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

  /** Begins a transaction at the moment. @throws SnapshotLost when its keeper is gone. */
  async enter(session: PgSession, snapshot: Snapshot): Promise<void> {
    const { exported } = tokenOf(snapshot);
    try {
      await session.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ${quoteText(exported)}`,
      );
    } catch (error) {
      if (error instanceof ServerError && !error.isFatal) throw new SnapshotLost(error.message);
      throw error;
    }
  }

  /** Ends such a transaction, in which the table was read. @throws SnapshotLost when the table is not the one of the moment. */
  async leave(session: PgSession, snapshot: Snapshot): Promise<void> {
    const files = await this.#files(session);
    await session.query('COMMIT');
    if (files !== tokenOf(snapshot).files) throw new SnapshotLost('the table was truncated or rewritten');
  }

  /** The table with all that inherit from it. */
  #tree(): string {
    return `WITH RECURSIVE tree(oid) AS (
       SELECT ${quoteText(quoteTable(this.#table))}::regclass::oid
       UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)`;
  }

  /** The function looks past the transaction's snapshot, as it should. */
  async #files(session: PgSession): Promise<string> {
    const { rows } = await session.query(
      `${this.#tree()} SELECT md5(string_agg(oid || ':' || coalesce(pg_relation_filenode(oid)::text, '-'), ',' ORDER BY oid)) FROM tree`,
    );
    return rows[0]?.[0] ?? '';
  }

  async #hasForeignParts(session: PgSession): Promise<boolean> {
    const { rows } = await session.query(
      `${this.#tree()} SELECT 1 FROM tree JOIN pg_class c USING (oid) WHERE c.relkind = 'f' LIMIT 1`,
    );
    return rows.length > 0;
  }
}

function tokenOf(snapshot: Snapshot): Token {
  const token = snapshot.token as unknown as Partial<Token> | null;
  if (
    typeof token?.exported !== 'string' ||
    typeof token.files !== 'string' ||
    !exportedForm.test(token.exported)
  )
    throw new SnapshotLost('it was taken by another source');
  return token as Token;
}
