import { quoteText } from './names.ts';
import type { Session } from './session.ts';

export interface KeyPart {
  readonly name: string;
  /** Characters or bytes from the beginning that the key looks at; null: all. */
  readonly prefix: number | null;
}

/** A primary or unique key; keys on expressions are not among these. */
export type UniqueKey = readonly KeyPart[];

/** Keys of a table, the primary one first. */
export async function readUniqueKeys(
  session: Session,
  database: string,
  table: string,
): Promise<readonly UniqueKey[]> {
  const rows = await session.rows(
    `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)} AND NON_UNIQUE = 0
      ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`,
    'metadata',
    `${database}.${table}`,
  );
  const keys = new Map<string, (KeyPart | null)[]>();
  for (const [index, column, prefix] of rows) {
    const key = keys.get(String(index)) ?? [];
    // An expression has no column's name.
    key.push(
      column === null || column === undefined
        ? null
        : { name: String(column), prefix: prefix === null || prefix === undefined ? null : Number(prefix) },
    );
    keys.set(String(index), key);
  }
  return [...keys.values()].flatMap((key) => {
    const parts = key.filter((part) => part !== null);
    return parts.length === key.length ? [parts] : [];
  });
}
