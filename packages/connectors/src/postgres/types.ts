import type { Column, NeutralType } from '@sluice/core/data/column';
import { TEXT_WIDENING } from '../jdbc/sql-options.ts';

/** Longest length that `character varying(n)` and `character(n)` take. */
const TEXT_LENGTH_MAX = 10_485_760;
const NUMERIC_PRECISION_MAX = 1_000;
const FRACTION_MAX = 6;

/** A native type as `format_type` prints it: name, modifiers, suffix. `timestamp(3) without time zone`. */
interface NativeParts {
  /** Without modifiers: `timestamp without time zone`. */
  readonly base: string;
  readonly modifiers: readonly number[];
}

/** Takes a printed type apart; a name that is not built in comes back whole. */
export function partsOf(native: string): NativeParts {
  const match = /^([a-z_ "][a-z0-9_ "]*?)\((-?\d+)(?:,(-?\d+))?\)(.*)$/.exec(native);
  if (match === null) return { base: native, modifiers: [] };
  const [, head = '', first, second, tail = ''] = match;
  const modifiers = [first, second].filter((m) => m !== undefined).map(Number);
  return { base: `${head}${tail}`, modifiers };
}

/** Native to neutral, by base name. What is not here travels as its text form (`other`). */
const neutralByBase: ReadonlyMap<string, (modifiers: readonly number[]) => NeutralType> = new Map<
  string,
  (modifiers: readonly number[]) => NeutralType
>([
  ['boolean', () => ({ kind: 'boolean' })],
  ['smallint', () => ({ kind: 'integer', bits: 16, unsigned: false })],
  ['integer', () => ({ kind: 'integer', bits: 32, unsigned: false })],
  ['bigint', () => ({ kind: 'integer', bits: 64, unsigned: false })],
  [
    'numeric',
    ([precision, scale]) => ({ kind: 'decimal', precision: precision ?? null, scale: scale ?? null }),
  ],
  ['real', () => ({ kind: 'float', bits: 32 })],
  ['double precision', () => ({ kind: 'float', bits: 64 })],
  ['text', () => ({ kind: 'text', length: null, fixed: false })],
  ['character varying', ([length]) => ({ kind: 'text', length: length ?? null, fixed: false })],
  ['character', ([length]) => ({ kind: 'text', length: length ?? 1, fixed: true })],
  ['bytea', () => ({ kind: 'binary', length: null })],
  ['date', () => ({ kind: 'date' })],
  [
    'time without time zone',
    ([fraction]) => ({ kind: 'time', fraction: fraction ?? FRACTION_MAX, zoned: false }),
  ],
  [
    'time with time zone',
    ([fraction]) => ({ kind: 'time', fraction: fraction ?? FRACTION_MAX, zoned: true }),
  ],
  [
    'timestamp without time zone',
    ([fraction]) => ({ kind: 'timestamp', fraction: fraction ?? FRACTION_MAX, zoned: false }),
  ],
  [
    'timestamp with time zone',
    ([fraction]) => ({ kind: 'timestamp', fraction: fraction ?? FRACTION_MAX, zoned: true }),
  ],
  ['uuid', () => ({ kind: 'uuid' })],
  ['json', () => ({ kind: 'json' })],
  ['jsonb', () => ({ kind: 'json' })],
  ['bit', ([length]) => ({ kind: 'bits', length: length ?? 1 })],
  ['bit varying', ([length]) => ({ kind: 'bits', length: length ?? null })],
]);

/** @param native as `format_type` prints it with an empty search path. */
export function neutralOf(native: string): NeutralType {
  const { base, modifiers } = partsOf(native);
  return neutralByBase.get(base)?.(modifiers) ?? { kind: 'other' };
}

/**
 * Built-in types without a neutral kind whose binary form depends on nothing but the type. Arrays of built-in types
 * carry the type's number, which is the same on every server; those of users' types are not, nor are composites.
 */
const plainOthers = [
  '"char"',
  'name',
  'oid',
  'interval',
  'money',
  'xml',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  'point',
  'line',
  'lseg',
  'box',
  'path',
  'polygon',
  'circle',
  'tsvector',
  'tsquery',
  'jsonpath',
  'pg_lsn',
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
  'int4multirange',
  'int8multirange',
  'nummultirange',
  'tsmultirange',
  'tstzmultirange',
  'datemultirange',
];
const builtIn: ReadonlySet<string> = new Set([...neutralByBase.keys(), ...plainOthers]);

/** Is the type built in, so that its binary form means the same on every server? `numeric(10,2)[]` is. */
export function isBuiltIn(native: string): boolean {
  const element = native.replace(/(\[\])+$/, '');
  return builtIn.has(partsOf(element).base);
}

/** Built-in names that another database uses for a type of its own with another text form. */
const ambiguousNames: ReadonlySet<string> = new Set(['point', 'polygon']);

/**
 * Would a column of this native type be created as it stands? Yes when the name is one of ours and means what the
 * source says it means: the plan does not say what kind of database the source is, and a MySQL `bigint` is a `bigint`.
 */
export function isOwnType(column: Column): boolean {
  if (!isBuiltIn(column.native) || ambiguousNames.has(column.native)) return false;
  return JSON.stringify(neutralOf(column.native)) === JSON.stringify(column.type);
}

/** A type that users made, as `format_type` prints it: `public.mood`, `"Odd"."Type"[]`. */
const userTypePattern = /^("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)\.("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)(\[\])*$/;

export function isUserType(native: string): boolean {
  return userTypePattern.test(native);
}

/**
 * Neutral to native, for tables that are created.
 * @param widensText text columns are made longer by `TEXT_WIDENING`.
 */
export function nativeOf(type: NeutralType, widensText: boolean): string {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'integer':
      return integerOf(type.bits, type.unsigned);
    case 'decimal':
      if (type.precision === null || type.precision > NUMERIC_PRECISION_MAX) return 'numeric';
      return `numeric(${type.precision},${type.scale ?? 0})`;
    case 'float':
      return type.bits === 32 ? 'real' : 'double precision';
    case 'text': {
      if (type.length === null) return 'text';
      const length = Math.max(1, type.length) * (widensText ? TEXT_WIDENING : 1);
      if (length > TEXT_LENGTH_MAX) return 'text';
      return type.fixed ? `character(${length})` : `character varying(${length})`;
    }
    case 'binary':
      return 'bytea';
    case 'date':
      return 'date';
    case 'time':
      return `time(${fraction(type.fraction)}) ${type.zoned ? 'with' : 'without'} time zone`;
    case 'timestamp':
      return `timestamp(${fraction(type.fraction)}) ${type.zoned ? 'with' : 'without'} time zone`;
    case 'uuid':
      return 'uuid';
    case 'json':
      return 'jsonb';
    case 'bits':
      return type.length === null ? 'bit varying' : `bit varying(${Math.max(1, type.length)})`;
    case 'other':
      return 'text';
  }
}

function integerOf(bits: 8 | 16 | 32 | 64, isUnsigned: boolean): string {
  switch (bits) {
    case 8:
      return 'smallint';
    case 16:
      return isUnsigned ? 'integer' : 'smallint';
    case 32:
      return isUnsigned ? 'bigint' : 'integer';
    case 64:
      return isUnsigned ? 'numeric(20,0)' : 'bigint';
  }
}

function fraction(digits: number): number {
  return Math.min(Math.max(digits, 0), FRACTION_MAX);
}

/** The type for a created column: the source's own where it is one of ours, else from the neutral type. */
export function createdTypeOf(column: Column, widensText: boolean): string {
  if (isOwnType(column) && !(widensText && column.type.kind === 'text')) return column.native;
  return nativeOf(column.type, widensText);
}
