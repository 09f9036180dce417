import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** Prepared statements kept; the repositories know about a hundred. */
const statementsCachedMax = 256;

/** How long a statement waits for another process (a shell, a backup) that holds the file. */
const busyTimeoutMs = 5_000;

/** Between two tries where SQLite does not wait by itself. */
const busyPauseMs = 20;
const SQLITE_BUSY = 5;

/**
 * Opens the file the way the store's promise needs it: a commit returns when the write-ahead log is synced.
 * @throws node:sqlite's error when the file cannot be opened or is no database.
 */
export function openSqliteFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    keepWriteAheadLog(database);
    database.exec(
      // fullfsync acts on macOS only, where a plain fsync stops at the disk's cache.
      'pragma synchronous = full; pragma fullfsync = on; pragma checkpoint_fullfsync = on;' +
        // What is deleted, secrets above all, is overwritten and not only forgotten.
        'pragma secure_delete = on;',
    );
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Switches the file to a write-ahead log, where it is not yet. SQLite does not wait for a lock while it does so: of two starts
 * on a new file one would fail at once.
 */
function keepWriteAheadLog(database: DatabaseSync): void {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      const isBusy = (error as { readonly errcode?: number }).errcode === SQLITE_BUSY;
      if (!isBusy || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyPauseMs);
    }
  }
}

/** A further connection to the file, for looks alone: it sees what is committed. @throws as `openSqliteFile`. */
export function openSqliteForReading(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true });
}

/** Kysely over node:sqlite. One connection; Kysely's own mutex keeps statements out of each other's transactions. */
export class SqliteDialect implements Dialect {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  createDriver(): Driver {
    return new SqliteDriver(this.#database);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new SqliteAdapter();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the Dialect interface says any.
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#connection = new SqliteConnection(database);
  }

  async init(): Promise<void> {
    // The file is open already: whoever opened it wanted its errors before the first statement.
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // IMMEDIATE: a transaction that began by reading could not wait for its write lock later, it would fail.
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk makes SQLite roll back by itself; a second rollback would hide that error behind its own.
    if (this.#database.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {
    // There is one connection, and Kysely's mutex hands it on.
  }

  async destroy(): Promise<void> {
    this.#connection.forget();
    this.#database.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  /** In order of use, the longest unused first. */
  readonly #statements = new Map<string, CachedStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { statement, hasRows } = this.#prepare(query.sql);
    const parameters = query.parameters as readonly (string | number | bigint | null)[];
    if (hasRows) return { rows: statement.all(...parameters) as R[] };
    const { changes } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  // biome-ignore lint/correctness/useYield: it exists to refuse.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('The store reads whole answers, bounded by limits in its statements');
  }

  forget(): void {
    this.#statements.clear();
  }

  #prepare(sql: string): CachedStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql);
    const fresh: CachedStatement = { statement, hasRows: statement.columns().length > 0 };
    this.#statements.set(sql, fresh);
    if (this.#statements.size > statementsCachedMax) {
      const oldest = this.#statements.keys().next();
      if (oldest.done !== true) this.#statements.delete(oldest.value);
    }
    return fresh;
  }
}

interface CachedStatement {
  readonly statement: StatementSync;
  readonly hasRows: boolean;
}
