import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { CatalogTable } from './catalog.ts';
import { quoteName } from './names.ts';
import { type NativeColumn, printedType } from './types.ts';

/**
 * How a value of a key becomes text and comes back, exactly: `exact` by a plain cast; `moment` in the ODBC form; `float` with
 * 17 digits; `money` with four decimals; `bytes` in hexadecimal; `text` under the column's own collation.
 */
const keyKinds = ['exact', 'moment', 'float', 'money', 'bytes', 'text'] as const;
export type KeyKind = (typeof keyKinds)[number];

/** One column of a key that ranges are cut over or rows are read in the order of. Plain JSON. */
export interface KeyPart {
  readonly name: string;
  readonly kind: KeyKind;
  /** The column's type, for casts. */
  readonly native: string;
  /** Of texts. */
  readonly collation?: string;
}

const kindOf: ReadonlyMap<string, KeyKind> = new Map<string, KeyKind>([
  ...['bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'uniqueidentifier'].map(
    (type) => [type, 'exact'] as const,
  ),
  ...['date', 'time', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset'].map(
    (type) => [type, 'moment'] as const,
  ),
  ...['real', 'float'].map((type) => [type, 'float'] as const),
  ...['money', 'smallmoney'].map((type) => [type, 'money'] as const),
  ...['binary', 'varbinary'].map((type) => [type, 'bytes'] as const),
  ...['char', 'varchar', 'nchar', 'nvarchar'].map((type) => [type, 'text'] as const),
]);

/** Longest texts and bytes that a range may end at, in bytes of the column's declaration. */
const BOUND_BYTES_MAX = 2_000;

/** The column as part of a key; null when ranges of it cannot be cut: `max` types, long ones, those without an order. */
export function keyPartOf(table: CatalogTable, name: string): KeyPart | null {
  const at = table.shape.columns.findIndex((column) => column.name === name);
  const native = table.native[at];
  if (native === undefined) return null;
  const kind = kindOf.get(native.dataType);
  if (kind === undefined || !isShort(kind, native)) return null;
  const part = { name, kind, native: printedType(native) };
  if (kind !== 'text') return part;
  return native.collation === null ? null : { ...part, collation: native.collation };
}

function isShort(kind: KeyKind, { maxLength }: NativeColumn): boolean {
  return (kind !== 'text' && kind !== 'bytes') || (maxLength > 0 && maxLength <= BOUND_BYTES_MAX);
}

/** Kinds whose values, as a read gives them, are the texts of bounds too: a read can go on behind one. */
export function isPositionPart({ kind, native }: KeyPart): boolean {
  if (kind === 'moment') return !native.startsWith('datetimeoffset');
  return kind === 'exact' || kind === 'text' || kind === 'money';
}

/** A value of the part as text. @param expression the value, for instance the quoted column. */
export function printed({ kind }: KeyPart, expression: string): string {
  switch (kind) {
    case 'exact':
      return `CONVERT(nvarchar(60), ${expression})`;
    case 'moment':
      return `CONVERT(nvarchar(60), ${expression}, 121)`;
    case 'float':
      return `CONVERT(nvarchar(60), ${expression}, 3)`;
    case 'money':
      return `CONVERT(nvarchar(60), ${expression}, 2)`;
    case 'bytes':
      return `CONVERT(nvarchar(max), ${expression}, 1)`;
    case 'text':
      return `CAST(${expression} AS nvarchar(4000))`;
  }
}

const typeForm = /^[a-z][a-z0-9]*(?:\(\d{1,4}(?:,\d{1,2})?\))?$/;
const collationForm = /^[A-Za-z0-9_]{1,128}$/;

/** A parameter that holds the text of a value, as a value of the part's type. @param parameter `@from0`. */
export function read({ kind, native, collation }: KeyPart, parameter: string): string {
  // Parts come out of stored slices.
  if (!typeForm.test(native)) throw unreadable();
  switch (kind) {
    case 'exact':
    case 'float':
    case 'money':
      return `CAST(${parameter} AS ${native})`;
    case 'moment':
      return `CONVERT(${native}, ${parameter}, 121)`;
    case 'bytes':
      return `CONVERT(${native.replace(/^binary/, 'varbinary')}, ${parameter}, 1)`;
    case 'text':
      if (collation === undefined || !collationForm.test(collation)) throw unreadable();
      // The collation comes ahead of the cast: it decides the code page that the cast writes.
      return `CAST(${parameter} COLLATE ${collation} AS ${native})`;
  }
}

function unreadable(): SluiceError {
  return new SluiceError('Cdm.0233', { cause: 'a stored slice cannot be read' });
}

/** Where a key lies of a bound: at or above it, below it, above it. */
export type BoundSide = 'from' | 'below' | 'above';

/**
 * Where the key lies of a bound, by the comparison of the columns themselves. Of several columns it is spelled out; `from` and
 * `below` are complements of each other whatever a collation holds equal. A bound may name fewer columns than the key has.
 * @param bind names a parameter for a text.
 */
export function boundCondition(
  key: readonly KeyPart[],
  side: BoundSide,
  bound: readonly string[],
  bind: (text: string) => string,
): string {
  const parts = key.slice(0, bound.length);
  const left = parts.map(({ name }) => quoteName(name));
  const right = parts.map((part, at) => read(part, bind(bound[at] ?? '')));
  const strict = side === 'below' ? '<' : '>';
  const terms = left.map((column, at) => {
    const isLast = at === left.length - 1;
    const equals = left.slice(0, at).map((other, i) => `${other} = ${right[i]}`);
    const operator = isLast && side === 'from' ? '>=' : strict;
    return [...equals, `${column} ${operator} ${right[at]}`].join(' AND ');
  });
  return terms.length === 1 ? (terms[0] ?? '') : `(${terms.map((term) => `(${term})`).join(' OR ')})`;
}

/** Names parameters in the order in which texts come. */
export class Binder {
  readonly parameters: Record<string, string> = {};
  #count = 0;

  readonly bind = (text: string): string => {
    const name = `k${this.#count}`;
    this.#count += 1;
    this.parameters[name] = text;
    return `@${name}`;
  };
}

/** @throws Cdm.0233 for what is no key part. */
export function keyPartFromJson(json: unknown): KeyPart {
  if (typeof json !== 'object' || json === null) throw unreadable();
  const { name, kind, native, collation } = json as Partial<Record<string, unknown>>;
  const known = keyKinds.find((each) => each === kind);
  if (typeof name !== 'string' || known === undefined || typeof native !== 'string') throw unreadable();
  return { name, kind: known, native, ...(typeof collation === 'string' ? { collation } : {}) };
}
