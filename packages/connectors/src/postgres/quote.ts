/** A name as PostgreSQL's SQL spells it: in double quotes, always, so that nothing is folded or taken for a keyword. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0')) throw new RangeError('a name is empty or holds NUL');
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema.table`, both quoted. */
export function quoteTable(table: { readonly schema: string; readonly table: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.table)}`;
}

/** A text literal that means the same whatever `standard_conforming_strings` says. */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new RangeError('a text holds NUL');
  const doubled = text.replaceAll("'", "''");
  return doubled.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}
