import type { Column, NeutralType } from '@sluice/core/data/column';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import type { CreatedColumn } from '../postgres/ddl.ts';
import { neutralOf, partsOf } from '../postgres/types.ts';

/** `extendCharLength` makes text columns of GaussDB and DWS this many times as long: their lengths count bytes. */
export const GAUSS_TEXT_WIDENING = 4;

const TEXT_LENGTH_MAX = 10_485_760;
const LONG_TEXT_LENGTH = 65_535;
const NUMERIC_PRECISION_MAX = 1_000;
const FRACTION_MAX = 6;

/** Types that PostgreSQL does not have. What is not here either travels as its text. */
const ownTypes: Readonly<Record<string, (modifiers: readonly number[]) => NeutralType>> = {
  tinyint: () => ({ kind: 'integer', bits: 8, unsigned: true }),
  nvarchar2: ([length]) => ({ kind: 'text', length: length ?? null, fixed: false }),
  clob: () => ({ kind: 'text', length: null, fixed: false }),
  smalldatetime: () => ({ kind: 'timestamp', fraction: 0, zoned: false }),
};

/** @param native as `format_type` prints it with an empty search path. */
export function gaussNeutralOf(native: string): NeutralType {
  const { base, modifiers } = partsOf(native);
  return ownTypes[base]?.(modifiers) ?? neutralOf(native);
}

/** What a native type of this server holds. */
export function neutralOn(server: { readonly isGauss: boolean }, native: string): NeutralType {
  return server.isGauss ? gaussNeutralOf(native) : neutralOf(native);
}

type TypeOf<K extends NeutralType['kind']> = Extract<NeutralType, { readonly kind: K }>;

const signedTypes = { 8: 'smallint', 16: 'smallint', 32: 'integer', 64: 'bigint' } as const;
/** Each is the smallest that holds the unsigned numbers too. */
const unsignedTypes = { 8: 'smallint', 16: 'integer', 32: 'bigint', 64: 'numeric(20,0)' } as const;

/** Neutral to native, for a created column: one row for each kind. Names as `format_type` prints them: FLOAT4 is `real`. */
const createdTypes: {
  readonly [K in NeutralType['kind']]: (type: TypeOf<K>, widening: number) => string;
} = {
  boolean: () => 'boolean',
  integer: ({ bits, unsigned }) => (unsigned ? unsignedTypes : signedTypes)[bits],
  decimal: ({ precision, scale }) =>
    precision === null || precision > NUMERIC_PRECISION_MAX
      ? 'numeric'
      : `numeric(${precision},${Math.max(0, scale ?? 0)})`,
  float: ({ bits }) => (bits === 32 ? 'real' : 'double precision'),
  text: ({ length, fixed }, widening) => {
    if (length === null || length >= LONG_TEXT_LENGTH) return 'text';
    const wide = Math.max(1, length) * widening;
    if (wide > TEXT_LENGTH_MAX) return 'text';
    return fixed ? `character(${wide})` : `character varying(${wide})`;
  },
  binary: () => 'bytea',
  // A date of theirs has a time where the database is compatible with Oracle, and none where it is with others.
  date: () => 'timestamp(0) without time zone',
  time: ({ fraction, zoned }) => `time(${kept(fraction)}) ${zoned ? 'with' : 'without'} time zone`,
  timestamp: ({ fraction, zoned }) => `timestamp(${kept(fraction)}) ${zoned ? 'with' : 'without'} time zone`,
  uuid: () => 'uuid',
  json: () => 'text',
  bits: ({ length }) => (length === null ? 'bit varying' : `bit varying(${Math.max(1, length)})`),
  other: () => 'text',
};

/** Digits of a second that are kept. */
function kept(digits: number): number {
  return Math.min(Math.max(digits, 0), FRACTION_MAX);
}

/**
 * The type for a created column, by the published table of pairs. It speaks of the source's own names where one kind goes two
 * ways: whole decimals of MySQL and Oracle become integers, those of others stay.
 * @param widening text columns are made so many times as long.
 */
export function gaussTypeOf({ native, type }: Column, widening: number): string {
  const name = native.toLowerCase();
  if (name === 'money') return 'money';
  if (/^year\b/.test(name)) return 'smallint';
  if (/^mediumint\b/.test(name)) return 'integer';
  if (type.kind === 'decimal' && type.precision !== null && (type.scale ?? 0) === 0) {
    const { precision } = type;
    if (/^number\b/.test(name)) return wholeNumber(precision) ?? `numeric(${precision},0)`;
    if (/^decimal\b/.test(name) && precision <= LONG_PRECISION_MAX) return 'bigint';
  }
  const made = createdTypes[type.kind] as (type: NeutralType, widening: number) => string;
  return made(type, widening);
}

/** The columns of a table that would be created in PostgreSQL, as those of GaussDB. NOT NULL only where the job copies it. */
export function createdGaussColumns<T extends { readonly columns: readonly CreatedColumn[] }>(
  created: T,
  sourceColumns: readonly Column[],
  { widensText, copiesNotNull }: Pick<SqlSinkOptions, 'widensText' | 'copiesNotNull'>,
): T {
  const widening = widensText ? GAUSS_TEXT_WIDENING : 1;
  const columns = created.columns.map((column, i) => {
    const source = sourceColumns[i];
    if (source === undefined) return column;
    return {
      ...column,
      native: gaussTypeOf(source, widening),
      isNotNull: copiesNotNull && !source.isNullable,
    };
  });
  return { ...created, columns };
}

/** Decimal digits that 16, 32 and 64 bits hold whatever they are. */
const SHORT_PRECISION_MAX = 4;
const INTEGER_PRECISION_MAX = 9;
const LONG_PRECISION_MAX = 18;

function wholeNumber(precision: number): string | null {
  if (precision <= SHORT_PRECISION_MAX) return 'smallint';
  if (precision <= INTEGER_PRECISION_MAX) return 'integer';
  return precision <= LONG_PRECISION_MAX ? 'bigint' : null;
}
