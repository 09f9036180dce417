import type { Column, NeutralType } from '@sluice/core/data/column';
import { TEXT_WIDENING } from '../jdbc/sql-options.ts';

/** Texts of at least this length are long texts, as MySQL's TEXT is: they get no length of their own. */
const LONG_TEXT_LENGTH = 65_535;
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

/** One row of the table of types. */
interface TypeRow {
  /** Name without modifiers. */
  readonly base: string;
  /** Types of the row as `format_type` prints them, for the reference page. */
  readonly examples: readonly string[];
  readonly neutral: (modifiers: readonly number[]) => NeutralType;
}

function plainRow(base: string, type: NeutralType): TypeRow {
  return { base, examples: [base], neutral: () => type };
}

function clockRow(kind: 'time' | 'timestamp', zoned: boolean): TypeRow {
  const zone = zoned ? 'with time zone' : 'without time zone';
  return {
    base: `${kind} ${zone}`,
    examples: [`${kind} ${zone}`, `${kind}(3) ${zone}`],
    neutral: ([fraction]) => ({ kind, fraction: fraction ?? FRACTION_MAX, zoned }),
  };
}

/** Native to neutral: one row for each built-in type that has a kind. What is not here travels as its text (`other`). */
export const typeRows: readonly TypeRow[] = [
  plainRow('boolean', { kind: 'boolean' }),
  plainRow('smallint', { kind: 'integer', bits: 16, unsigned: false }),
  plainRow('integer', { kind: 'integer', bits: 32, unsigned: false }),
  plainRow('bigint', { kind: 'integer', bits: 64, unsigned: false }),
  {
    base: 'numeric',
    examples: ['numeric', 'numeric(10,2)'],
    neutral: ([precision, scale]) => ({
      kind: 'decimal',
      precision: precision ?? null,
      scale: scale ?? (precision === undefined ? null : 0),
    }),
  },
  plainRow('real', { kind: 'float', bits: 32 }),
  plainRow('double precision', { kind: 'float', bits: 64 }),
  plainRow('text', { kind: 'text', length: null, fixed: false }),
  {
    base: 'character varying',
    examples: ['character varying', 'character varying(20)'],
    neutral: ([length]) => ({ kind: 'text', length: length ?? null, fixed: false }),
  },
  {
    base: 'character',
    examples: ['character(20)'],
    neutral: ([length]) => ({ kind: 'text', length: length ?? 1, fixed: true }),
  },
  plainRow('bytea', { kind: 'binary', length: null }),
  plainRow('date', { kind: 'date' }),
  clockRow('time', false),
  clockRow('time', true),
  clockRow('timestamp', false),
  clockRow('timestamp', true),
  plainRow('uuid', { kind: 'uuid' }),
  plainRow('json', { kind: 'json' }),
  plainRow('jsonb', { kind: 'json' }),
  {
    base: 'bit',
    examples: ['bit(8)'],
    neutral: ([length]) => ({ kind: 'bits', length: length ?? 1 }),
  },
  {
    base: 'bit varying',
    examples: ['bit varying', 'bit varying(8)'],
    neutral: ([length]) => ({ kind: 'bits', length: length ?? null }),
  },
];
const neutralByBase = new Map(typeRows.map(({ base, neutral }) => [base, neutral]));

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

type TypeOf<K extends NeutralType['kind']> = Extract<NeutralType, { readonly kind: K }>;

const signedTypes = { 8: 'smallint', 16: 'smallint', 32: 'integer', 64: 'bigint' } as const;
/** Each is the smallest that holds the unsigned numbers too. */
const unsignedTypes = { 8: 'smallint', 16: 'integer', 32: 'bigint', 64: 'numeric(20,0)' } as const;

/** Neutral to native, for a created column: one row for each kind. */
const createdTypes: {
  readonly [K in NeutralType['kind']]: (type: TypeOf<K>, widensText: boolean) => string;
} = {
  boolean: () => 'boolean',
  integer: ({ bits, unsigned }) => (unsigned ? unsignedTypes : signedTypes)[bits],
  decimal: ({ precision, scale }) =>
    precision === null || precision > NUMERIC_PRECISION_MAX
      ? 'numeric'
      : `numeric(${precision},${scale ?? 0})`,
  float: ({ bits }) => (bits === 32 ? 'real' : 'double precision'),
  text: ({ length, fixed }, widensText) => {
    if (length === null || length >= LONG_TEXT_LENGTH) return 'text';
    const wide = Math.max(1, length) * (widensText ? TEXT_WIDENING : 1);
    return fixed ? `character(${wide})` : `character varying(${wide})`;
  },
  binary: () => 'bytea',
  date: () => 'date',
  time: ({ fraction, zoned }) => `time(${kept(fraction)}) ${zoned ? 'with' : 'without'} time zone`,
  timestamp: ({ fraction, zoned }) => `timestamp(${kept(fraction)}) ${zoned ? 'with' : 'without'} time zone`,
  uuid: () => 'uuid',
  json: () => 'jsonb',
  bits: ({ length }) => (length === null ? 'bit varying' : `bit varying(${Math.max(1, length)})`),
  other: () => 'text',
};

/**
 * Neutral to native, for tables that are created.
 * @param widensText text columns are made longer by `TEXT_WIDENING`.
 */
export function nativeOf(type: NeutralType, widensText: boolean): string {
  const made = createdTypes[type.kind] as (type: NeutralType, widensText: boolean) => string;
  return made(type, widensText);
}

/** Digits of a second that PostgreSQL keeps. */
function kept(digits: number): number {
  return Math.min(Math.max(digits, 0), FRACTION_MAX);
}

/** The type for a created column: the source's own where it is one of ours, else from the neutral type. */
export function createdTypeOf(column: Column, widensText: boolean): string {
  if (isOwnType(column) && !(widensText && column.type.kind === 'text')) return column.native;
  return nativeOf(column.type, widensText);
}
