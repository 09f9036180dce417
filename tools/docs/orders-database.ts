import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const waitMs = 30_000;
const pollMs = 25;

/** Keeps a table to itself until it is released. */
export interface TableLock {
  release(): Promise<void>;
}

/** A database of its own with a table of orders and an empty copy, on a real PostgreSQL. */
export class OrdersDatabase {
  static readonly rowCount = 10_000;
  readonly name: string;
  /** Of the same user, to this database. */
  readonly url: URL;
  readonly #serverUrl: string;
  readonly #client: pg.Client;
  readonly #locks = new Set<TableLock>();

  private constructor(serverUrl: string, name: string) {
    this.name = name;
    this.#serverUrl = serverUrl;
    this.url = new URL(serverUrl);
    this.url.pathname = `/${name}`;
    this.#client = new pg.Client({ connectionString: this.url.href });
  }

  /** @param serverUrl of a superuser. */
  static async create(serverUrl: string): Promise<OrdersDatabase> {
    const name = `sluice_docs_${randomBytes(6).toString('hex')}`;
    await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    const database = new OrdersDatabase(serverUrl, name);
    await database.#client.connect();
    await database.#client.query(`
      CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, total numeric(12,2) NOT NULL, placed_at timestamp);
      CREATE TABLE orders_copy (LIKE orders INCLUDING ALL);
      INSERT INTO orders SELECT n, 'customer ' || n % 997, n * 1.25, timestamp '2026-01-01' + n * interval '1 minute'
        FROM generate_series(1, ${OrdersDatabase.rowCount}) AS n;
      ANALYZE orders`);
    return database;
  }

  /** Rows of the copy that are equal to the original's, by the database's own comparison. */
  async equalRows(): Promise<number> {
    const { rows } = await this.#client.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM (SELECT * FROM orders INTERSECT SELECT * FROM orders_copy) AS same',
    );
    return rows[0]?.count ?? 0;
  }

  /**
   * Holds a table in a transaction of its own. `SHARE`, as somebody does who reads it: others may read and write, but
   * not clear it. `EXCLUSIVE`, as maintenance does: nobody else may do anything.
   */
  async lock(table: string, mode: 'SHARE' | 'EXCLUSIVE'): Promise<TableLock> {
    const client = new pg.Client({ connectionString: this.url.href });
    await client.connect();
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS ${mode} MODE`);
    const lock: TableLock = {
      release: async () => {
        if (!this.#locks.delete(lock)) return;
        await client.query('ROLLBACK');
        await client.end();
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  /** Resolves when somebody waits for the table. */
  async untilAwaited(table: string): Promise<void> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const { rowCount } = await this.#client.query(
        'SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted',
        [table],
      );
      if (rowCount !== null && rowCount > 0) return;
      if (Date.now() > deadline) throw new Error(`nobody waits for ${table}`);
      await sleep(pollMs);
    }
  }

  async drop(): Promise<void> {
    for (const lock of this.#locks) await lock.release();
    await this.#client.end();
    await onServer(this.#serverUrl, `DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
