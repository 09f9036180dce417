import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** What is wrong with a planted row, and what the reason must say. */
export const kinds = {
  'too long': /too long/i,
  null: /null/i,
  'no date': /date/i,
  'out of range': /out of range/i,
  'key taken': /duplicate|exists/i,
  'rule broken': /constraint/i,
} as const satisfies Readonly<Record<string, RegExp>>;
export type Kind = keyof typeof kinds;
export const allKinds = Object.keys(kinds) as readonly Kind[];

/** The key that the target holds before the run. */
const takenKey = 2_000_000_000;

/** A database of the proof, with source tables that hold planted rows and targets that refuse them. */
export interface DirtySide {
  readonly kind: 'postgres' | 'mysql';
  readonly url: string;
  readonly database: string;
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export async function postgresSide(url: string, database: string): Promise<DirtySide> {
  const once = async (text: string): Promise<void> => {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query(text);
    await admin.end();
  };
  await once(`CREATE DATABASE ${database}`);
  const own = new URL(url);
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  return {
    kind: 'postgres',
    url,
    database,
    sql: async (text) => (await client.query(text)).rows,
    async close() {
      await client.end();
      await once(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    },
  };
}

export async function mysqlSide(url: string, database: string): Promise<DirtySide> {
  const client = await createConnection({ uri: url, dateStrings: true });
  await client.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await client.query(`USE ${database}`);
  return {
    kind: 'mysql',
    url,
    database,
    async sql(text) {
      const [rows] = await client.query(text);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    async close() {
      await client.query(`DROP DATABASE IF EXISTS ${database}`);
      await client.end();
    },
  };
}

/** Rows 1 to `rows`, those of `planted` with something wrong. Any value fits the source. */
export async function makeSource(
  side: DirtySide,
  table: string,
  rows: number,
  planted: ReadonlyMap<number, Kind>,
): Promise<void> {
  await side.sql(
    `CREATE TABLE ${table} (id integer PRIMARY KEY, name varchar(40), day varchar(20), small integer, k bigint)`,
  );
  const rowsPerStatement = 1_000;
  for (let first = 1; first <= rows; first += rowsPerStatement) {
    const values = Array.from({ length: Math.min(rowsPerStatement, rows - first + 1) }, (_, i) =>
      literals(first + i, planted.get(first + i) ?? null),
    );
    await side.sql(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
  }
  await side.sql(side.kind === 'postgres' ? `ANALYZE ${table}` : `ANALYZE TABLE ${table}`);
}

function literals(id: number, kind: Kind | null): string {
  const name =
    kind === 'too long' ? `'row ${id} is too long'` : kind === 'null' ? 'NULL' : `'n${id % 1_000}'`;
  const day = kind === 'no date' ? `'2023-02-29'` : `'2024-02-${String(1 + (id % 29)).padStart(2, '0')}'`;
  const small = kind === 'out of range' ? 70_000 : kind === 'rule broken' ? -1 - (id % 9) : id % 30_000;
  const key = kind === 'key taken' ? takenKey : id;
  return `(${id}, ${name}, ${day}, ${small}, ${key})`;
}

export async function makeTarget(side: DirtySide, table: string): Promise<void> {
  await side.sql(
    `CREATE TABLE ${table} (id integer NOT NULL, name varchar(5) NOT NULL, day date, small smallint,
       k bigint PRIMARY KEY, CONSTRAINT ${table}_rule CHECK (small >= 0))`,
  );
  await side.sql(`INSERT INTO ${table} VALUES (0, 'old', '2024-01-01', 0, ${takenKey})`);
}

/** Every row that was moved as one text, made by the database, in the order of ids. */
export async function rowTexts(side: DirtySide, table: string): Promise<readonly string[]> {
  const day = side.kind === 'postgres' ? 'day::text' : 'cast(day AS char)';
  const rows = await side.sql(
    `SELECT concat_ws('|', id, name, ${day}, small, k) AS line FROM ${table} WHERE id > 0 ORDER BY id, k`,
  );
  return rows.map(({ line }) => String(line));
}

/** What of a run is left in the database. */
export async function leftovers(side: DirtySide): Promise<readonly string[]> {
  const schema = side.kind === 'postgres' ? 'public' : side.database;
  const rows = await side.sql(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = '${schema}' AND table_name LIKE '%sluice%'`,
  );
  return rows.map(({ name }) => String(name));
}
