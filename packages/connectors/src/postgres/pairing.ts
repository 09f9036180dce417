import type { Column, NeutralType } from '@sluice/core/data/column';
import type { OddValue } from '@sluice/core/data/loss';
import {
  fractionLosses,
  isNumber,
  lengthLosses,
  mayEndInBlanks,
  numberLosses,
  oddLosses,
  type PairLoss,
} from '../jdbc/losses.ts';
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
  // The cast of an address to text adds its mask, which its own printing does not.
  if (textFamily.has(to) && from !== 'bytea' && from !== 'inet') return { cast: 'text' };
  if (safeCasts.get(from)?.has(to) === true) return { cast: to };
  return null;
}

/** Without modifiers: where the target's own would bend a value, the sink asks for rows (`isBentByPostgres`). */
function wireBase(native: string): string {
  const suffix = /(\[\])+$/.exec(native)?.[0] ?? '';
  return partsOf(native.slice(0, native.length - suffix.length)).base + suffix;
}

/** What values of a type lose in a column of another; null: no value of the one can be one of the other. */
export type Fit = readonly PairLoss[] | null;

/** The odd values that PostgreSQL's own types hold. */
export const heldOddValues: ReadonlySet<OddValue> = new Set<OddValue>(['farDate', 'notANumber']);

/**
 * How values of one neutral type fare in a column of another.
 * @param sent odd values that the source may send.
 */
export function fitOf(source: NeutralType, target: NeutralType, sent: ReadonlySet<OddValue>): Fit {
  const losses = pairLosses(source, target);
  return losses === null ? null : [...losses, ...oddLosses(source, target, sent, heldOddValues)];
}

function pairLosses(source: NeutralType, target: NeutralType): Fit {
  if (source.kind === 'binary' || target.kind === 'binary') return source.kind === target.kind ? [] : null;
  if (target.kind === 'text') return intoText(source, target);
  if (target.kind === 'other' || source.kind === 'other')
    return source.kind === target.kind ? [] : [{ kind: 'form' }];
  if (source.kind === 'text') {
    const isKeptJson = target.kind === 'json';
    return isKeptJson ? [{ kind: 'form' }, { kind: 'json' }] : [{ kind: 'form' }];
  }
  if (isNumber(source) && isNumber(target)) return numberLosses(source, target);
  switch (source.kind) {
    case 'boolean':
      return target.kind === 'integer' || target.kind === 'decimal'
        ? [{ kind: 'booleanAsNumber' }]
        : target.kind === 'boolean'
          ? []
          : null;
    case 'integer':
      return target.kind === 'boolean' ? [{ kind: 'boolean' }] : null;
    case 'date':
    case 'timestamp':
      return momentLosses(source, target);
    case 'time':
      if (target.kind !== 'time') return null;
      return [
        ...(source.zoned && !target.zoned ? [{ kind: 'offset' } as const] : []),
        ...(target.zoned && !source.zoned ? [{ kind: 'assumedZone' } as const] : []),
        ...fractionLosses(source.fraction, target.fraction),
      ];
    case 'bits':
      return target.kind !== 'bits' ? null : lengthLosses(source.length, target.length, 'bits');
    case 'uuid':
    case 'json':
      return source.kind === target.kind ? [] : null;
    default:
      return null;
  }
}

function momentLosses(source: NeutralType & { kind: 'date' | 'timestamp' }, target: NeutralType): Fit {
  if (target.kind === 'date') return source.kind === 'date' ? [] : [{ kind: 'timeOfDay' }];
  if (target.kind !== 'timestamp') return null;
  const isZoned = source.kind === 'timestamp' && source.zoned;
  return [
    ...(isZoned && !target.zoned ? [{ kind: 'zone' } as const] : []),
    ...(target.zoned && !isZoned ? [{ kind: 'assumedZone' } as const] : []),
    ...fractionLosses(source.kind === 'date' ? 0 : source.fraction, target.fraction),
  ];
}

function intoText(source: NeutralType, target: NeutralType & { kind: 'text' }): Fit {
  const losses: PairLoss[] = [
    ...lengthLosses(source.kind === 'text' ? source.length : null, target.length, 'characters'),
  ];
  if (target.fixed && mayEndInBlanks(source)) losses.push({ kind: 'trailingBlanks' });
  if (source.kind === 'text' && source.fixed && !target.fixed) losses.push({ kind: 'padding' });
  return losses;
}

/**
 * Types without a neutral kind that have modifiers, `interval(3)`, `numeric(10,2)[]`: PostgreSQL rounds and cuts to them without
 * a word, and nobody here could look at the value first. Only the very same type is kept.
 */
export function isBentWithinOther(source: Column, target: Pick<TargetColumn, 'native' | 'type'>): boolean {
  return target.type.kind === 'other' && /\(\d/.test(target.native) && source.native !== target.native;
}
