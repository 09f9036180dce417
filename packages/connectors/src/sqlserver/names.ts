/** Longest name of an object or column, in UTF-16 units (`sysname`). */
export const NAME_LENGTH_MAX = 128;

/** A name in brackets; `]` within it is doubled. */
export function quoteName(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

export function quoteTable(schema: string, table: string): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}
