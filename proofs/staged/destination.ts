import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Side } from '../kill/side-table.ts';
import { afterMark } from './crash-points.ts';

/** How rows that clash are treated; `EXCEPTION` goes to a table without a key, so that a row moved twice stays to be seen. */
export const conflicts = ['EXCEPTION', 'UPDATE', 'REPLACE'] as const;
export type Conflict = (typeof conflicts)[number];

/** What a destination holds before its run, and must hold after it, as the database's own digest. */
export interface Expected {
  readonly before: string;
  readonly after: string;
}

/** A quick look: rows, and rows of before that the run changes. */
type Glance = string;

type Query = (sql: string) => Promise<readonly (readonly unknown[])[]>;

/** A destination's tables, written and judged by the database's own SQL. */
export class StagedDestination {
  readonly side: Side;
  readonly #query: Query;
  readonly #close: () => Promise<void>;
  readonly #expected = new Map<Conflict, Expected>();
  readonly #glances = new Map<Conflict, { readonly before: Glance; readonly after: Glance }>();

  private constructor(side: Side, query: Query, close: () => Promise<void>) {
    this.side = side;
    this.#query = query;
    this.#close = close;
  }

  /** Works in the side's database, whose `source` is filled. Finds out what each way of writing must lead to. */
  static async open(side: Side): Promise<StagedDestination> {
    const destination = side.kind === 'postgres' ? await postgres(side) : await mysql(side);
    for (const conflict of conflicts) await destination.#expect(conflict);
    return destination;

    async function postgres(of: Side): Promise<StagedDestination> {
      const url = new URL(of.url);
      url.pathname = `/${of.database}`;
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      return new StagedDestination(
        of,
        async (sql) => (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][],
        () => client.end(),
      );
    }

    async function mysql(of: Side): Promise<StagedDestination> {
      const connection = await createConnection({ uri: of.url, rowsAsArray: true });
      await connection.query(`USE ${of.database}`);
      return new StagedDestination(
        of,
        async (sql) => {
          const [rows] = await connection.query(sql);
          return Array.isArray(rows) ? (rows as unknown as unknown[][]) : [];
        },
        () => connection.end(),
      );
    }
  }

  /** Makes the table with what is there before, and an empty log of statements. */
  async make(table: string, conflict: Conflict): Promise<void> {
    await this.side.makeTarget(table);
    if (conflict !== 'EXCEPTION') await this.#query(`ALTER TABLE ${table} ADD PRIMARY KEY (id)`);
    const old = (id: string, rows: number) =>
      `INSERT INTO ${table} SELECT ${id}, a, b, 'old', d, e, f, g, h FROM source WHERE id <= ${rows}`;
    await this.#query(old('-id', 300));
    if (conflict !== 'EXCEPTION') await this.#query(old('id', 300));
    await this.#query(`CREATE TABLE said_${table} (rows_then integer)`);
  }

  async drop(table: string): Promise<void> {
    await this.side.dropTarget(table);
    await this.side.dropTarget(`said_${table}`);
  }

  expected(conflict: Conflict): Expected {
    const expected = this.#expected.get(conflict);
    if (expected === undefined) throw new Error(`nothing is expected of ${conflict}`);
    return expected;
  }

  /** The statement after the import: it tells how many rows the table has by then. */
  statementAfter(table: string): string {
    return `INSERT INTO said_${table} ${afterMark} SELECT count(*) FROM ${table}`;
  }

  /** What the statements after the import told. */
  async said(table: string): Promise<number[]> {
    return (await this.#query(`SELECT rows_then FROM said_${table}`)).map(([rows]) => Number(rows));
  }

  /** `before` or `after`, as far as a quick look tells; otherwise what it saw. */
  async glance(table: string, conflict: Conflict): Promise<string> {
    const seen = await this.#look(table);
    const known = this.#glances.get(conflict);
    if (seen === known?.before) return 'before';
    return seen === known?.after ? 'after' : seen;
  }

  /** Staging and checkpoint tables that are there. */
  async leftovers(): Promise<string[]> {
    const where = this.side.kind === 'postgres' ? `'public'` : `'${this.side.database}'`;
    const rows = await this.#query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = ${where}
        AND (table_name LIKE '%cdm\\_stage' OR table_name LIKE '\\_sluice%')`,
    );
    return rows.map(([name]) => String(name));
  }

  async close(): Promise<void> {
    await this.#close();
  }

  async #look(table: string): Promise<Glance> {
    const [row] = await this.#query(`SELECT count(*), count(CASE WHEN c = 'old' THEN 1 END) FROM ${table}`);
    return (row ?? []).map(String).join(' rows, old: ');
  }

  /** What plain statements make of the same rows. */
  async #expect(conflict: Conflict): Promise<void> {
    const table = `expected_${conflict.toLowerCase()}`;
    await this.make(table, conflict);
    const [before, glanceBefore] = [(await this.side.digest(table)).text, await this.#look(table)];
    if (conflict !== 'EXCEPTION') await this.#query(`DELETE FROM ${table} WHERE id > 0`);
    await this.#query(`INSERT INTO ${table} SELECT * FROM source`);
    this.#expected.set(conflict, { before, after: (await this.side.digest(table)).text });
    this.#glances.set(conflict, { before: glanceBefore, after: await this.#look(table) });
    await this.drop(table);
  }
}
