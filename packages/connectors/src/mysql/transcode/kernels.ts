import type { Column, NeutralType } from '@sluice/core/data/column';
import { expectedWire, type WireColumn } from './wire-column.ts';

/**
 * What is done to the bytes of one column. The numbers are those of `kernel.as` as well; `argument` is described per entry.
 * A field of COPY BINARY is its length in four bytes, big-endian, then its bytes; null is the length -1.
 */
export const op = {
  /** Two, four or eight bytes turned round. */
  swap2: 0,
  swap4: 1,
  swap8: 2,
  /** An integer; the argument is `intArgument`. */
  integer: 3,
  /** Four bytes of float become eight. */
  widenFloat: 4,
  /** Digits become numeric: base 10000. */
  decimal: 5,
  /** Bytes as they are, without NUL. */
  text: 6,
  /** A version byte, then text. */
  jsonb: 7,
  /** Bytes as they are. */
  bytes: 8,
  /** Days since 2000. Argument: 1 reads dates that do not exist as null. */
  date: 9,
  /** Microseconds since 2000. Argument as for dates. */
  timestamp: 10,
  /** Microseconds since midnight. */
  time: 11,
  /** A bit string; the argument is its length in bits, at most 64. */
  bits: 12,
  /** Is any bit set? The argument is one of `intTarget`. */
  anyBit: 13,
  /** 36 characters become 16 bytes. */
  uuid: 14,
} as const;

/** What an integer becomes. */
export const intTarget = {
  smallint: 0,
  integer: 1,
  bigint: 2,
  numeric: 3,
  double: 4,
  /** 0 and 1 only. */
  boolean: 5,
} as const;

/** Bit of an integer's argument beside size (bits 0-3) and target (bits 8-15). */
export const UNSIGNED_BIT = 1 << 4;
export const TARGET_SHIFT = 8;

/** What to do to one column. */
export interface Kernel {
  readonly op: number;
  readonly argument: number;
}

/** Longest field that a kernel makes beside the bytes it copies or the digits it packs, with its length word. */
const fixedBytes: readonly number[] = [6, 8, 12, 22, 12, 16, 4, 5, 4, 8, 12, 12, 8, 12, 20];

/** Bytes that a row takes at most beside the length of its packet: each kernel makes at most one byte of each byte. */
export function rowOverhead(kernels: readonly Kernel[]): number {
  let bytes = 2;
  for (const kernel of kernels) bytes += fixedBytes[kernel.op] as number;
  return bytes;
}

const BITS_MAX = 64;
const intTargets: Readonly<Record<string, number>> = {
  smallint: intTarget.smallint,
  integer: intTarget.integer,
  bigint: intTarget.bigint,
  numeric: intTarget.numeric,
  'double precision': intTarget.double,
  boolean: intTarget.boolean,
};
const textTargets: ReadonlySet<string> = new Set(['text', 'character varying', 'character']);

/** `character varying(20)` as `character varying`: the destination applies its own length and scale as it reads. */
function withoutModifiers(wireType: string): string {
  return wireType.replace(/\([^)]*\)/, '');
}

/**
 * The kernel that turns a column into a type of PostgreSQL without bending a value; null: there is none.
 * @param meaning what the catalog says of the column; its bytes alone do not tell TINYINT(1) or JSON.
 * @param zeroDateIsNull dates that do not exist are read as null and not refused.
 */
export function kernelFor(
  wire: WireColumn,
  meaning: NeutralType,
  wireType: string,
  zeroDateIsNull: boolean,
): Kernel | null {
  const to = withoutModifiers(wireType);
  switch (wire.shape) {
    case 'i1':
    case 'i2':
    case 'i4':
    case 'i8':
      return integerKernel(wire, to);
    case 'f4':
      if (to === 'real') return plain(op.swap4);
      return to === 'double precision' ? plain(op.widenFloat) : null;
    case 'f8':
      return to === 'double precision' ? plain(op.swap8) : null;
    case 'decimal':
      return to === 'numeric' && meaning.kind === 'decimal' ? plain(op.decimal) : null;
    case 'bits':
      return bitsKernel(meaning, to);
    case 'string':
      return stringKernel(meaning, to);
    case 'date':
    case 'datetime': {
      const argument = zeroDateIsNull ? 1 : 0;
      if (to === 'date') return wire.shape === 'date' ? { op: op.date, argument } : null;
      return to === 'timestamp without time zone' || to === 'timestamp with time zone'
        ? { op: op.timestamp, argument }
        : null;
    }
    case 'time':
      return to === 'time without time zone' ? plain(op.time) : null;
  }
}

function plain(number: number): Kernel {
  return { op: number, argument: 0 };
}

function integerKernel(wire: WireColumn, to: string): Kernel | null {
  const target = intTargets[to];
  if (target === undefined) return null;
  const size = Number(wire.shape.slice(1));
  if (!wire.isUnsigned) {
    if (size === 2 && target === intTarget.smallint) return plain(op.swap2);
    if (size === 4 && target === intTarget.integer) return plain(op.swap4);
    if (size === 8 && target === intTarget.bigint) return plain(op.swap8);
  }
  const flags = wire.isUnsigned ? UNSIGNED_BIT : 0;
  return { op: op.integer, argument: size | flags | (target << TARGET_SHIFT) };
}

function bitsKernel(meaning: NeutralType, to: string): Kernel | null {
  if (meaning.kind === 'boolean') {
    const target = intTargets[to];
    if (target === undefined || target === intTarget.numeric || target === intTarget.double) return null;
    return { op: op.anyBit, argument: target };
  }
  if (meaning.kind !== 'bits' || meaning.length === null || meaning.length > BITS_MAX) return null;
  return to === 'bit' || to === 'bit varying' ? { op: op.bits, argument: meaning.length } : null;
}

function stringKernel(meaning: NeutralType, to: string): Kernel | null {
  if (meaning.kind === 'binary') return to === 'bytea' ? plain(op.bytes) : null;
  // As bytes, text keeps the character 0, which PostgreSQL's own text cannot hold.
  if (meaning.kind === 'text' && to === 'bytea') return plain(op.bytes);
  if (textTargets.has(to)) return plain(op.text);
  switch (meaning.kind) {
    case 'json':
    case 'text':
      if (to === 'json') return plain(op.text);
      return to === 'jsonb' ? plain(op.jsonb) : null;
    case 'uuid':
      return to === 'uuid' ? plain(op.uuid) : null;
    default:
      return null;
  }
}

/** Casts of the source that print a number as PostgreSQL would, a time as MySQL reads it: then it travels as text. */
const TEXT_CAST = 'char';

/**
 * Whether a column can travel as a type of PostgreSQL, and what the source must cast it to for that; null: it cannot.
 * ZEROFILL is left out of the cast, which would print its zeros.
 */
export function sendAs(
  column: Column,
  wireType: string,
  zeroDateIsNull: boolean,
): { readonly cast: string | null } | null {
  if (kernelFor(expectedWire(column), column.type, wireType, zeroDateIsNull) !== null) return { cast: null };
  const isNumber = column.type.kind === 'integer' || column.type.kind === 'decimal';
  const isText = textTargets.has(withoutModifiers(wireType));
  // For a destination of MySQL's own family: as bytes, for PostgreSQL's texts have another spelling, without zeros at the end.
  if (column.type.kind === 'time' && wireType === 'bytea') return { cast: TEXT_CAST };
  return isNumber && isText && !/\b(?:zerofill|year)\b/i.test(column.native) ? { cast: TEXT_CAST } : null;
}

/** What a column travels as when nobody names a type: the type that keeps every value of it. */
export function naturalWireType(type: NeutralType): string {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'integer': {
      const bits = type.unsigned ? type.bits + 1 : type.bits;
      if (bits <= 16) return 'smallint';
      if (bits <= 32) return 'integer';
      return bits <= 64 ? 'bigint' : 'numeric';
    }
    case 'decimal':
      return 'numeric';
    case 'float':
      return type.bits === 32 ? 'real' : 'double precision';
    case 'binary':
      return 'bytea';
    case 'date':
      return 'date';
    case 'time':
      return 'time without time zone';
    case 'timestamp':
      return `timestamp ${type.zoned ? 'with' : 'without'} time zone`;
    case 'uuid':
      return 'uuid';
    case 'json':
      return 'json';
    case 'bits':
      return 'bit varying';
    case 'text':
    case 'other':
      return 'text';
  }
}
