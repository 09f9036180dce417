import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Longest name of a table or column, in bytes: 30 up to Oracle 12.1, 128 since. Names of our own keep to the first. */
export const ownNameBytesMax = 30;

/**
 * A name as an identifier, in its very letters: in double quotes, which no name of Oracle can hold.
 * @throws Cdm.0902 for a name that is none.
 */
export function quoteName(name: string): string {
  if (name === '' || /["\0]/.test(name))
    throw new SluiceError('Cdm.0902', { cause: `${JSON.stringify(name)} is no name of Oracle` });
  return `"${name}"`;
}

/** "owner"."table", quoted. */
export function quoteTable(schema: string, table: string): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** A text as a literal. Oracle knows no escapes but the doubled quote, whatever the session's settings. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** How Oracle spells a name that was written without quotes; null: it cannot have been. */
export function folded(name: string): string | null {
  return /^[a-z][a-z0-9_$#]*$/i.test(name) && name !== name.toUpperCase() ? name.toUpperCase() : null;
}

/** Where a name is in a list: in its very letters, or else without regard to case, where that is one. -1: nowhere. */
export function findName(names: readonly string[], name: string): number {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  const wanted = name.toLowerCase();
  const alike = names.flatMap((each, at) => (each.toLowerCase() === wanted ? [at] : []));
  return alike.length === 1 ? (alike[0] ?? -1) : -1;
}
