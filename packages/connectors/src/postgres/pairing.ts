import type { NeutralType } from '@sluice/core/data/column';
import { isBuiltIn, partsOf } from './types.ts';

/** A destination column as far as sending data to it goes. */
export interface TargetColumn {
  readonly name: string;
  /** Its type, domains resolved to what they rest on. */
  readonly native: string;
  readonly type: NeutralType;
  /** A user's enumeration: its binary form is its label. */
  readonly isEnum: boolean;
  readonly isNullable: boolean;
  readonly isGenerated: boolean;
  readonly hasDefault: boolean;
}

/** Types whose binary forms are the same bytes: plain text. `character` sends its padding, which text would keep. */
const textFamily: ReadonlySet<string> = new Set(['text', 'character varying']);

/**
 * Casts that the source may do so that tuples stay binary: each either keeps the value or raises an error. Rounding ones
 * (numeric to integer, timestamp to date) are not here: the slow lane reports the value where a cast would bend it in
 * silence. Nor is real to double precision: as text 0.1 stays 0.1, as a cast it becomes 0.10000000149011612.
 */
const safeCasts: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    smallint: ['integer', 'bigint', 'numeric', 'double precision'],
    integer: ['smallint', 'bigint', 'numeric', 'double precision'],
    bigint: ['smallint', 'integer', 'numeric'],
    date: ['timestamp without time zone', 'timestamp with time zone'],
    'timestamp without time zone': ['timestamp with time zone'],
    'timestamp with time zone': ['timestamp without time zone'],
    json: ['jsonb'],
    jsonb: ['json'],
    cidr: ['inet'],
    bit: ['bit varying'],
    text: ['character'],
    'character varying': ['character'],
    character: ['text', 'character varying'],
  } satisfies Record<string, string[]>).map(([from, to]) => [from, new Set(to)]),
);

/**
 * How a column of PostgreSQL is sent as another of its types in COPY BINARY; null: it cannot be without bending values.
 * @param wireType a built-in type; labels of an enumeration are asked for as text.
 */
export function binaryCast(native: string, wireType: string): { readonly cast: string | null } | null {
  if (!isBuiltIn(wireType)) return null;
  const to = wireBase(wireType);
  if (!isBuiltIn(native)) return textFamily.has(to) ? { cast: 'text' } : null;
  const from = wireBase(native);
  if (from === to || (textFamily.has(from) && textFamily.has(to))) return { cast: null };
  // Bytes as text are their hexadecimal form, which nobody means: the planner refuses that pair.
  if (textFamily.has(to) && from !== 'bytea') return { cast: 'text' };
  if (safeCasts.get(from)?.has(to) === true) return { cast: to === 'character' ? 'text' : to };
  return null;
}

/** Without modifiers: the target enforces its own length and scale as it reads, which a cast to them would do in silence. */
function wireBase(native: string): string {
  const suffix = /(\[\])+$/.exec(native)?.[0] ?? '';
  return partsOf(native.slice(0, native.length - suffix.length)).base + suffix;
}

/** What a pair of neutral types does to the values. */
export type Fit =
  | { readonly kind: 'keeps' }
  /** It can be tried; some values may be refused or change. */
  | { readonly kind: 'risks'; readonly what: string }
  | { readonly kind: 'impossible' };

const keeps: Fit = { kind: 'keeps' };
const impossible: Fit = { kind: 'impossible' };

function risks(what: string): Fit {
  return { kind: 'risks', what };
}

/** How values of one neutral type fare in a column of another. `other` pairs by the database's own judgement. */
export function fitOf(source: NeutralType, target: NeutralType): Fit {
  if (source.kind === 'binary' || target.kind === 'binary')
    return source.kind === target.kind ? keeps : impossible;
  if (target.kind === 'text') return fitText(source, target.length);
  if (target.kind === 'other' || source.kind === 'other')
    return source.kind === target.kind ? keeps : risks('every value must be one that the column accepts');
  if (source.kind === 'text')
    return target.kind === 'json'
      ? risks('values that are no JSON are refused')
      : risks(`values that are no ${target.kind} are refused`);
  switch (source.kind) {
    case 'boolean':
      return target.kind === 'boolean' || target.kind === 'integer' || target.kind === 'decimal'
        ? keeps
        : impossible;
    case 'integer':
    case 'decimal':
    case 'float':
      return fitNumber(source, target);
    case 'date':
    case 'timestamp':
      if (target.kind === 'timestamp')
        return fitFraction(source.kind === 'date' ? 0 : source.fraction, target.fraction);
      return target.kind === 'date'
        ? source.kind === 'date'
          ? keeps
          : risks('the time of day is lost')
        : impossible;
    case 'time':
      if (target.kind !== 'time') return impossible;
      return source.zoned && !target.zoned
        ? risks('the offset is lost')
        : fitFraction(source.fraction, target.fraction);
    case 'bits':
      return target.kind !== 'bits' ? impossible : fitLength(source.length, target.length);
    case 'uuid':
    case 'json':
      return source.kind === target.kind ? keeps : impossible;
  }
}

function fitText(source: NeutralType, length: number | null): Fit {
  if (source.kind === 'text') return fitLength(source.length, length);
  if (length === null) return keeps;
  return risks(`values whose text is longer than ${length} characters are refused`);
}

function fitLength(from: number | null, to: number | null): Fit {
  if (to === null || (from !== null && from <= to)) return keeps;
  return risks(`values longer than ${to} are refused`);
}

function fitFraction(from: number, to: number): Fit {
  return from <= to ? keeps : risks(`fractions of a second are rounded to ${to} digits`);
}

function fitNumber(
  source: NeutralType & { kind: 'integer' | 'decimal' | 'float' },
  target: NeutralType,
): Fit {
  switch (target.kind) {
    case 'boolean':
      return source.kind === 'integer' ? risks('values other than 0 and 1 are refused') : impossible;
    case 'integer':
      if (source.kind !== 'integer') return risks('values with a fraction or out of range are refused');
      return signedBits(source.bits, source.unsigned) <= signedBits(target.bits, target.unsigned)
        ? keeps
        : risks('values out of range are refused');
    case 'float':
      if (source.kind === 'float') return source.bits <= target.bits ? keeps : risks('values lose digits');
      return source.kind === 'integer' && source.bits <= (target.bits === 64 ? 32 : 16)
        ? keeps
        : risks('values may lose digits');
    case 'decimal':
      return fitDecimal(source, target);
    default:
      return impossible;
  }
}

/** Bits of the smallest signed integer that holds the type. */
function signedBits(bits: number, isUnsigned: boolean): number {
  return isUnsigned ? bits + 1 : bits;
}

function fitDecimal(
  source: NeutralType & { kind: 'integer' | 'decimal' | 'float' },
  target: NeutralType & { kind: 'decimal' },
): Fit {
  if (target.precision === null) return keeps;
  const wholeDigits = target.precision - (target.scale ?? 0);
  const risk = risks(
    `values are rounded to ${target.scale ?? 0} decimal places, and refused beyond ${wholeDigits} digits before them`,
  );
  if (source.kind === 'float') return risk;
  if (source.kind === 'integer') {
    const digits = { 8: 3, 16: 5, 32: 10, 64: source.unsigned ? 20 : 19 }[source.bits];
    return digits <= wholeDigits ? keeps : risk;
  }
  if (source.precision === null) return risk;
  const scale = source.scale ?? 0;
  return scale <= (target.scale ?? 0) && source.precision - scale <= wholeDigits ? keeps : risk;
}
