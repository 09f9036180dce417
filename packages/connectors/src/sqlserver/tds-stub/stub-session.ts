import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readBulk } from './bulk-rows.ts';
import { addTable, columnsOf, countRows, dropTable } from './catalog.ts';
import { asServerError, describeBatch } from './describe.ts';
import { quoteKey, type Translated, tableKey, translate } from './dialect.ts';
import { addFunctions } from './functions.ts';
import { isWord, lex, nameAt } from './lexer.ts';
import type { Call, TransactionRequest } from './requests.ts';
import { resultColumns } from './result-types.ts';
import type { StubDatabase } from './stub-database.ts';
import { readCreateTable } from './table-definition.ts';
import { ServerError, type StubValue, type WireColumn } from './tokens.ts';

/** What a statement gave. */
export interface Answer {
  /** null: none, but a count. */
  readonly columns: readonly WireColumn[] | null;
  readonly rows: Iterable<readonly StubValue[]>;
  readonly count: number;
}

const nothing: Answer = { columns: null, rows: [], count: 0 };
/** Rows looked at to tell what is computed. */
const SAMPLE_ROWS = 200;
const POLL_MS = 5;
const SNAPSHOT = 5;

type State = 'none' | 'open' | 'reading' | 'writing';

/** One session of the stub: a connection of SQLite, with what T-SQL has and SQLite has not. */
export class StubSession {
  readonly id: number;
  readonly #database: StubDatabase;
  readonly #db: DatabaseSync;
  readonly #kill: (id: number) => void;
  #state: State = 'none';
  #isolation = 0;
  #snapshotAt = 0;
  /** Milliseconds to wait for locks; negative: for ever. */
  #lockTimeout = -1;
  #bulkTable: string | null = null;
  #isEnded = false;
  #raised: ServerError | null = null;
  /** Tables whose rows changed since the last look at their number. */
  readonly #touched = new Set<string>();

  constructor(database: StubDatabase, kill: (id: number) => void) {
    this.id = database.nextSession();
    this.#database = database;
    this.#kill = kill;
    this.#db = database.open();
    addFunctions(this.#db, {
      id: this.id,
      database: database.options.name,
      transactionCount: () => (this.#state === 'none' ? 0 : 1),
      transactionState: () => (this.#state === 'none' ? 0 : 1),
      locks: () => [...database.locks].map(([name, session]) => ({ session, name: `0:[${name}]:(stub)` })),
      raise: (error) => {
        this.#raised = error;
        throw error;
      },
    });
  }

  get inTransaction(): boolean {
    return this.#state !== 'none';
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const [name, session] of this.#database.locks) {
      if (session === this.id) this.#database.locks.delete(name);
    }
    // Rolls back what is open.
    this.#db.close();
  }

  async transaction(request: TransactionRequest): Promise<void> {
    switch (request.kind) {
      case 'begin':
        this.#state = 'open';
        this.#isolation = request.isolation;
        return;
      case 'save':
        await this.#lockForWriting();
        this.#db.exec(`SAVEPOINT ${quoteKey(request.name)}`);
        return;
      case 'commit':
        this.#countTouched();
        if (this.#state === 'reading' || this.#state === 'writing') this.#db.exec('COMMIT');
        this.#state = 'none';
        return;
      case 'rollback':
        if (request.name !== '') {
          this.#db.exec(`ROLLBACK TO ${quoteKey(request.name)}`);
          return;
        }
        if (this.#state === 'reading' || this.#state === 'writing') this.#db.exec('ROLLBACK');
        this.#touched.clear();
        this.#state = 'none';
        return;
    }
  }

  async call({ procedure, parameters }: Call): Promise<{ readonly answer: Answer; readonly status: number }> {
    const named = new Map(parameters.map(({ name, value }) => [name.toLowerCase(), value]));
    if (procedure === 'sp_getapplock') return { answer: nothing, status: await this.#lockName(named) };
    if (procedure !== 'sp_executesql')
      throw new ServerError(2812, `Could not find stored procedure '${procedure}'.`);
    const values: Record<string, string | null> = {};
    for (const { name, value } of parameters.slice(2)) values[`@${name}`] = value;
    return { answer: await this.execute(parameters[0]?.value ?? '', values), status: 0 };
  }

  async #lockName(named: ReadonlyMap<string, string | null>): Promise<number> {
    const name = named.get('resource') ?? '';
    const until = performance.now() + Number(named.get('locktimeout') ?? 0);
    const { locks } = this.#database;
    while ((locks.get(name) ?? this.id) !== this.id) {
      if (performance.now() >= until) return -1;
      await pause();
      this.#requireAlive();
    }
    locks.set(name, this.id);
    return 0;
  }

  /** One statement. @throws ServerError. */
  async execute(sql: string, parameters: Readonly<Record<string, string | null>> = {}): Promise<Answer> {
    this.#raised = null;
    if (/^set ansi_nulls/i.test(sql)) return nothing;
    if (/sys\.dm_exec_describe_first_result_set/i.test(sql))
      return this.#described(parameters['@tsql'] ?? '');
    const pieces = lex(sql);
    const [first, second] = pieces;
    if (isWord(first, 'SET')) return this.#set(pieces.map(({ value }) => value.toUpperCase()));
    if (isWord(first, 'KILL')) {
      this.#kill(Number(second?.value));
      return nothing;
    }
    if (isWord(first, 'PRINT')) return nothing;
    if (isWord(first, 'INSERT') && isWord(second, 'BULK')) {
      const name = nameAt(pieces, 2);
      this.#bulkTable = tableKey(name?.schema ?? '', name?.name ?? '');
      if (columnsOf(this.#db, this.#bulkTable).length === 0)
        throw new ServerError(208, `Invalid object name '${this.#bulkTable}'.`);
      return nothing;
    }
    if (isWord(first, 'CREATE', 'DROP', 'TRUNCATE')) return await this.#define(sql);
    return await this.#query(translate(sql), parameters);
  }

  #set(words: readonly string[]): Answer {
    if (words[1] === 'LOCK_TIMEOUT') this.#lockTimeout = Number(words[2] === '-' ? -1 : words[2]);
    return nothing;
  }

  #described(tsql: string): Answer {
    const names = ['name', 'system_type_name', 'max_length', 'precision', 'scale', 'is_nullable'];
    const more = ['collation_name', 'error_number', 'error_type', 'error_message'];
    const texts = new Set(['name', 'system_type_name', 'collation_name', 'error_message']);
    const columns = [...names, ...more].map(
      (name): WireColumn => ({
        name,
        type: texts.has(name) ? { as: 'nvarchar', length: null } : { as: 'int', bytes: 4 },
      }),
    );
    const rows = describeBatch(this.#db, tsql);
    return { columns, rows, count: rows.length };
  }

  /** Definitions: they and the catalogue's rows are of one transaction. */
  async #define(sql: string): Promise<Answer> {
    const pieces = lex(sql);
    const [first, second] = pieces;
    await this.#writing(() => {
      if (isWord(first, 'CREATE') && isWord(second, 'SCHEMA')) {
        this.#db.prepare('INSERT INTO "sys.schemas" (name) VALUES (?)').run(pieces[2]?.value ?? '');
        return;
      }
      if (isWord(first, 'CREATE') && isWord(second, 'TABLE')) {
        addTable(this.#db, readCreateTable(sql));
        return;
      }
      const isForgiving = isWord(first, 'DROP') && isWord(pieces[2], 'IF');
      const name = nameAt(pieces, isForgiving ? 4 : 2);
      if (name === null || !isWord(second, 'TABLE')) throw new ServerError(102, 'Incorrect syntax.');
      const key = tableKey(name.schema, name.name);
      if (isWord(first, 'TRUNCATE')) {
        if (columnsOf(this.#db, key).length === 0)
          throw new ServerError(4701, `Cannot find the object "${name.name}" because it does not exist.`);
        this.#db.exec(`DELETE FROM ${quoteKey(key)}`);
        this.#touched.add(key);
      } else if (!isForgiving || columnsOf(this.#db, key).length > 0)
        dropTable(this.#db, name.schema, name.name);
      this.#database.changed(key);
    });
    return nothing;
  }

  async #query(translated: Translated, parameters: Readonly<Record<string, string | null>>): Promise<Answer> {
    for (const name of translated.parameters) {
      if (!(name in parameters)) throw new ServerError(137, `Must declare the scalar variable "${name}".`);
    }
    const bound = Object.fromEntries(translated.parameters.map((name) => [name, parameters[name] ?? null]));
    if (!/^\s*SELECT/i.test(translated.sql)) {
      const count = await this.#writing(() => Number(this.#prepare(translated.sql).run(bound).changes));
      for (const key of translated.tables) this.#touched.add(key);
      if (this.#state === 'none') this.#countTouched();
      return { columns: null, rows: [], count };
    }
    await this.#look(translated);
    const statement = this.#prepare(translated.sql);
    statement.setReturnArrays(true);
    const rows = statement.iterate(bound) as unknown as Iterator<readonly StubValue[]>;
    return this.#select(statement, rows);
  }

  #select(statement: StatementSync, rows: Iterator<readonly StubValue[]>): Answer {
    const first: (readonly StubValue[])[] = [];
    const next = (): readonly StubValue[] | null => {
      try {
        const { done, value } = rows.next();
        return done === true ? null : (value as readonly StubValue[]);
      } catch (error) {
        throw this.#raised ?? asServerError(error);
      }
    };
    while (first.length < SAMPLE_ROWS) {
      const row = next();
      if (row === null) break;
      first.push(row);
    }
    const columns = resultColumns(statement, (key) => columnsOf(this.#db, key), first);
    function* all(): Generator<readonly StubValue[]> {
      yield* first;
      if (first.length < SAMPLE_ROWS) return;
      for (let row = next(); row !== null; row = next()) yield row;
    }
    return { columns, rows: all(), count: 0 };
  }

  #prepare(sql: string): StatementSync {
    try {
      const statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      return statement;
    } catch (error) {
      throw asServerError(error);
    }
  }

  /** Begins to read, at one moment where that was asked for. */
  async #look({ holdsLock, tables }: Translated): Promise<void> {
    if (holdsLock) {
      await this.#lockForWriting();
      return;
    }
    if (this.#isolation !== SNAPSHOT) return;
    if (this.#state === 'open') {
      this.#db.exec('BEGIN');
      this.#state = 'reading';
      this.#snapshotAt = this.#database.now();
    }
    if (this.#state !== 'reading') return;
    const lost = tables.find((key) => (this.#database.changes.get(key) ?? 0) > this.#snapshotAt);
    if (lost !== undefined)
      throw new ServerError(
        3961,
        `Snapshot isolation transaction failed in database because the object '${lost}' was modified by DDL.`,
      );
  }

  /** Changes something, in the transaction that is open or one of its own. */
  async #writing<T>(work: () => T): Promise<T> {
    const isAlone = this.#state === 'none';
    await this.#lockForWriting();
    this.#db.exec('SAVEPOINT stub_statement');
    try {
      const result = work();
      this.#db.exec('RELEASE stub_statement');
      if (isAlone) {
        this.#countTouched();
        this.#db.exec('COMMIT');
      }
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK TO stub_statement');
      this.#db.exec('RELEASE stub_statement');
      if (isAlone) this.#db.exec('ROLLBACK');
      throw this.#raised ?? asServerError(error);
    } finally {
      if (isAlone) this.#state = 'none';
    }
  }

  /** @throws 1222. */
  async #lockForWriting(): Promise<void> {
    if (this.#state === 'writing') return;
    const until = this.#lockTimeout < 0 ? Number.POSITIVE_INFINITY : performance.now() + this.#lockTimeout;
    while (true) {
      this.#requireAlive();
      try {
        this.#db.exec('BEGIN IMMEDIATE');
        this.#state = 'writing';
        return;
      } catch (error) {
        if (!/locked|busy/i.test(String(error))) throw error;
        if (performance.now() >= until) throw new ServerError(1222, 'Lock request time out period exceeded.');
      }
      await pause();
    }
  }

  #requireAlive(): void {
    if (this.#isEnded)
      throw new ServerError(596, 'Cannot continue the execution because the session is in the kill state.');
  }

  #countTouched(): void {
    for (const key of this.#touched) countRows(this.#db, key);
    this.#touched.clear();
  }

  /** The rows of a bulk load, all or none of them. */
  async bulk(payload: Buffer): Promise<number> {
    const key = this.#bulkTable;
    this.#bulkTable = null;
    if (key === null) throw new ServerError(4022, 'Bulk load data was sent without INSERT BULK.');
    const { names, rows } = readBulk(payload);
    await this.#writing(() => {
      const list = names.map(quoteKey).join(', ');
      const values = names.map(() => '?').join(', ');
      const insert = this.#db.prepare(`INSERT INTO ${quoteKey(key)} (${list}) VALUES (${values})`);
      for (const row of rows) insert.run(...(row as StubValue[]));
    });
    this.#touched.add(key);
    if (this.#state === 'none') this.#countTouched();
    return rows.length;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
