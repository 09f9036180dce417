// Data types of MySQL, by how a value of theirs is written; names as information_schema has them.

export const approximateTypes: ReadonlySet<string> = new Set(['float', 'double']);

export const wholeTypes: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'year',
]);

export const numericTypes: ReadonlySet<string> = new Set([...wholeTypes, ...approximateTypes, 'decimal']);

export const momentTypes: ReadonlySet<string> = new Set(['time', 'datetime', 'timestamp']);

export const binaryTypes: ReadonlySet<string> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
]);

/** Texts of which the column takes a fixed choice only. */
export const memberTypes: ReadonlySet<string> = new Set(['enum', 'set']);

/** Types that read a text as a value of their own, and refuse what they cannot read. */
export const readTypes: ReadonlySet<string> = new Set(['json', 'uuid', 'inet4', 'inet6']);

export const textTypes: ReadonlySet<string> = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  ...memberTypes,
  ...readTypes,
]);

/** `FLOAT(7,2)` and `DOUBLE(7,2)` round to their digits and say nothing. @returns the digits behind the point; null: it keeps any. */
export function roundedScale(columnType: string): number | null {
  const scale = /^(?:float|double)\(\d+,(\d+)\)/i.exec(columnType)?.[1];
  return scale === undefined ? null : Number(scale);
}

/** Digits behind the point of a DECIMAL as its column type says it. */
export function decimalScale(columnType: string): number {
  return Number(/^decimal\(\d+,(\d+)\)/i.exec(columnType)?.[1] ?? 0);
}

/** The values that an ENUM or SET lists, in its order. */
export function membersOf(columnType: string): readonly string[] {
  const list = /^(?:enum|set)\((.*)\)/is.exec(columnType)?.[1] ?? '';
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, member = '']) => member.replaceAll("''", "'"));
}
