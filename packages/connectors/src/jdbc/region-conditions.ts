import type { ComparedColumn, ComparedSide, KeyTexts, Region } from '@sluice/core/connector/comparison';

/** How a system writes what a region of a comparison is made of. */
export interface RegionSql {
  readonly quoteName: (name: string) => string;
  readonly quoteText: (text: string) => string;
  /** The hexadecimal digest of the key, whatever its columns, by the hash of the comparison. */
  readonly keyDigest: (side: ComparedSide) => string;
  /** One column of a key beside the text that a comparison has for it. */
  readonly equals: (column: ComparedColumn, text: string) => string;
}

/** Numbers come from our own arithmetic, but through stores and messages. @throws RangeError what is none. */
export function wholeText(text: string): string {
  if (!/^-?\d{1,70}$/.test(text)) throw new RangeError('a bound that is no whole number');
  return text;
}

/** Conditions of the rows in a region; below its first bound are those without a value too. */
export function regionConditions(
  side: ComparedSide,
  { range, prefixes }: Region,
  { quoteName, quoteText, keyDigest }: RegionSql,
): string[] {
  const conditions: string[] = [];
  const [first] = side.key;
  if (range !== null && first !== undefined) {
    const name = quoteName(first.name);
    if (range.from !== null) conditions.push(`${name} >= (${wholeText(range.from)})`);
    if (range.below !== null) {
      const below = `${name} < (${wholeText(range.below)})`;
      conditions.push(range.from === null ? `(${below} OR ${name} IS NULL)` : below);
    }
  }
  if (prefixes !== null) {
    const digits = prefixes[0]?.length ?? 0;
    const list = prefixes.map(quoteText).join(', ');
    conditions.push(`LEFT(${keyDigest(side)}, ${digits}) IN (${list})`);
  }
  return conditions;
}

/** Rows with one of these keys. */
export function keysCondition(
  key: readonly ComparedColumn[],
  keys: readonly KeyTexts[],
  { quoteName, equals }: RegionSql,
): string {
  const each = keys.map((texts) => {
    const equal = key.map((column, i) => {
      const text = texts[i] ?? null;
      return text === null ? `${quoteName(column.name)} IS NULL` : equals(column, text);
    });
    return `(${equal.join(' AND ')})`;
  });
  return `(${each.join(' OR ')})`;
}
