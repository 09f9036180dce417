import type { Column } from '@sluice/core/data/column';

/**
 * The shapes that a value takes in a row of MySQL's binary protocol, little-endian:
 * - `i1` … `i8`: integers of that many bytes (MEDIUMINT travels as four); `f4`, `f8`: IEEE numbers.
 * - `decimal`: the number as text, `bits`: bytes, most significant first, `string`: bytes; all three behind their length.
 * - `date`, `datetime`: a length byte of 0, 4, 7 or 11, then year, month, day, hour, minute, second, microseconds.
 * - `time`: a length byte of 0, 8 or 12, then sign, days, hours, minutes, seconds, microseconds.
 */
export type WireShape =
  | 'i1'
  | 'i2'
  | 'i4'
  | 'i8'
  | 'f4'
  | 'f8'
  | 'decimal'
  | 'string'
  | 'bits'
  | 'date'
  | 'datetime'
  | 'time';

/** One column of a result as far as reading its bytes goes. */
export interface WireColumn {
  readonly shape: WireShape;
  readonly isUnsigned: boolean;
}

/** Type numbers of column definitions. */
const shapeByType: ReadonlyMap<number, WireShape> = new Map<number, WireShape>([
  [0, 'decimal'],
  [1, 'i1'],
  [2, 'i2'],
  [3, 'i4'],
  [4, 'f4'],
  [5, 'f8'],
  [7, 'datetime'],
  [8, 'i8'],
  [9, 'i4'],
  [10, 'date'],
  [11, 'time'],
  [12, 'datetime'],
  [13, 'i2'],
  [15, 'string'],
  [16, 'bits'],
  [245, 'string'],
  [246, 'decimal'],
  [247, 'string'],
  [248, 'string'],
  [249, 'string'],
  [250, 'string'],
  [251, 'string'],
  [252, 'string'],
  [253, 'string'],
  [254, 'string'],
]);

const UNSIGNED_FLAG = 0x20;

/** @returns null for a type whose bytes nobody here reads. */
export function wireColumnOf(typeNumber: number, flags: number): WireColumn | null {
  const shape = shapeByType.get(typeNumber);
  return shape === undefined ? null : { shape, isUnsigned: (flags & UNSIGNED_FLAG) !== 0 };
}

/** How a column of the catalog will travel when it is selected without a cast. */
export function expectedWire(column: Column): WireColumn {
  const { type } = column;
  switch (type.kind) {
    case 'boolean':
      return { shape: /^bit/i.test(column.native) ? 'bits' : 'i1', isUnsigned: false };
    case 'integer':
      return {
        shape: ({ 8: 'i1', 16: 'i2', 32: 'i4', 64: 'i8' } as const)[type.bits],
        isUnsigned: type.unsigned,
      };
    case 'decimal':
      return { shape: 'decimal', isUnsigned: false };
    case 'float':
      return { shape: type.bits === 32 ? 'f4' : 'f8', isUnsigned: false };
    case 'date':
      return { shape: 'date', isUnsigned: false };
    case 'time':
      return { shape: 'time', isUnsigned: false };
    case 'timestamp':
      return { shape: 'datetime', isUnsigned: false };
    case 'bits':
      return { shape: 'bits', isUnsigned: false };
    default:
      return { shape: 'string', isUnsigned: false };
  }
}
