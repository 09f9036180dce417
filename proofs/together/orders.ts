import type { DirtySide } from '../dirty/dirty-table.ts';

/** Rows `first` to `last` of a table `id, code, name, amount`; the table is made with its first rows. */
export async function makeOrders(
  side: DirtySide,
  table: string,
  last: number,
  { first = 1, hasKey = true }: { readonly first?: number; readonly hasKey?: boolean } = {},
): Promise<void> {
  if (first === 1)
    await side.sql(
      `CREATE TABLE ${table} (id integer NOT NULL ${hasKey ? 'PRIMARY KEY' : ''}, code varchar(12), name varchar(40), amount decimal(10,2))`,
    );
  const rowsPerStatement = 2_000;
  for (let from = first; from <= last; from += rowsPerStatement) {
    const values = Array.from({ length: Math.min(rowsPerStatement, last - from + 1) }, (_, i) => {
      const id = from + i;
      return `(${id}, 'c${id}', 'n${id % 1_000}', ${id % 900}.25)`;
    });
    await side.sql(`INSERT INTO ${table} VALUES ${values.join(', ')}`);
  }
  await side.sql(side.kind === 'postgres' ? `ANALYZE ${table}` : `ANALYZE TABLE ${table}`);
}

/** A table that refuses names of more than ten characters, amounts below zero and codes that are there. */
export async function makeOrdersTarget(
  side: DirtySide,
  table: string,
  { hasKey = true }: { readonly hasKey?: boolean } = {},
): Promise<void> {
  const key = hasKey ? `, PRIMARY KEY (id), CONSTRAINT ${table}_code UNIQUE (code)` : '';
  await side.sql(
    `CREATE TABLE ${table} (id integer NOT NULL, code varchar(12), name varchar(10), amount decimal(10,2),
       note varchar(40), CONSTRAINT ${table}_rule CHECK (amount >= 0)${key})`,
  );
}

/** Every row as one text, made by the database, in the order of ids. */
export async function lines(side: DirtySide, table: string, where = 'true'): Promise<readonly string[]> {
  const rows = await side.sql(
    `SELECT concat_ws('|', id, coalesce(code, '~'), coalesce(name, '~'), coalesce(amount, 0)) AS line FROM ${table} WHERE ${where} ORDER BY id`,
  );
  return rows.map(({ line }) => String(line));
}

/** How many rows a condition holds for. */
export async function contents(side: DirtySide, table: string, where: string): Promise<number> {
  const [row] = await side.sql(`SELECT count(*) AS n FROM ${table} WHERE ${where}`);
  return Number(row?.n);
}
